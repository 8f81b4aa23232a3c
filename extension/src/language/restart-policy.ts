/** When a language server that ended unasked is started again. Nothing in this file knows the editor. */

/** Ends that come within so long of each other count, in milliseconds. */
const MEMORY_MS = 180_000;
const MOST_RESTARTS = 5;
const FIRST_DELAY_MS = 250;

export class RestartPolicy {
  readonly #now: () => number;
  #ends: number[] = [];

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The server has ended: how long to wait before the next start, in milliseconds; undefined to give up. */
  ended(): number | undefined {
    const now = this.#now();
    this.#ends = [...this.#ends.filter((end) => now - end < MEMORY_MS), now];
    if (this.#ends.length > MOST_RESTARTS) return undefined;
    // 0.25, 1, 4, 16, 64 s
    return FIRST_DELAY_MS * 4 ** (this.#ends.length - 1);
  }
}
