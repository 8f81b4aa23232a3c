/** Runs an action at most once per interval: at once when it has been quiet, else at the end of the interval. */
export class RateLimit {
  readonly #interval: number;
  readonly #action: () => void;
  #last = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** @param interval milliseconds */
  constructor(interval: number, action: () => void) {
    this.#interval = interval;
    this.#action = action;
  }

  request(): void {
    if (this.#timer !== undefined) return;
    const wait = this.#last + this.#interval - performance.now();
    if (wait <= 0) this.#run();
    else this.#timer = setTimeout(() => this.#run(), wait).unref();
  }

  #run(): void {
    this.#timer = undefined;
    this.#last = performance.now();
    this.#action();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
