/** Why a program cannot be reached, in one sentence that says what to do next. */
export class ProcessError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProcessError";
  }
}
