/** Commands that run code in the program, in which it may stop. */
const RUN_CODE: ReadonlySet<string> = new Set(["Runtime.evaluate", "Runtime.callFunctionOn"]);
/** Commands that let a stopped program go on: the news that it does may be on its way when the next one is sent. */
const GO_ON: ReadonlySet<string> = new Set([
  "Debugger.resume",
  "Debugger.stepInto",
  "Debugger.stepOver",
  "Debugger.stepOut",
]);
/** One that waits for a promise keeps others back for this long, in milliseconds. */
const AWAITED_MS = 100;

/**
 * A command in which the program may stop travels alone.
 *
 * Node (20 to 24) forgets to look at a message that comes while it carries out another one, once that one stops in the
 * debugger: it then waits for messages in the middle of them, at full speed and for ever, and no `Debugger.resume`
 * reaches it. So nothing is sent between a command that runs code and its answer, or the news of the stop, as long as
 * the program can stop at all.
 */
export class SoleCommand {
  readonly #over: () => void;
  #canStop = false;
  #paused = false;
  #id: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param over is called when others may be sent again */
  constructor(over: () => void) {
    this.#over = over;
  }

  /** True while nothing may be sent. */
  get busy(): boolean {
    return this.#id !== undefined;
  }

  /** To be told of each command that is sent. */
  sent(id: number, method: string, params: object): void {
    if (method === "Debugger.enable") this.#canStop = true;
    else if (method === "Debugger.disable") this.#canStop = false;
    else if (GO_ON.has(method)) this.#paused = false;
    if (!this.#canStop || this.#paused || !RUN_CODE.has(method)) return;
    this.#id = id;
    // Its answer comes when a promise has settled, which may be never.
    if ((params as { awaitPromise?: boolean }).awaitPromise === true)
      this.#timer = setTimeout(() => this.#end(), AWAITED_MS).unref();
  }

  /** To be told of each message that comes. */
  received(message: { readonly id?: number; readonly method?: string }): void {
    if (message.method === "Debugger.paused") this.#paused = true;
    else if (message.method === "Debugger.resumed") this.#paused = false;
    if (message.method === "Debugger.paused" || (message.id !== undefined && message.id === this.#id))
      this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    if (this.#id === undefined) return;
    this.#id = undefined;
    this.#over();
  }
}
