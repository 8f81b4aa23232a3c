/** Something the user is told in one sentence that says what to do next. */
export class CliError extends Error {
  /** @param exitCode 1: it could not be done; 2: the command was wrong. */
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
    this.name = "CliError";
  }
}
