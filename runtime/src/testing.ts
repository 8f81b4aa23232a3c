import type { Clock } from "./core/clock.js";

/**
 * Time for tests: stands still while anything is ready, and jumps to the next deadline when nothing is. A program
 * of hours runs in milliseconds, in the order in which it would have run.
 * @example await run(main, { loopFactory: () => new EventLoop({ clock: new VirtualClock() }) });
 */
export class VirtualClock implements Clock {
  #now: number;
  #pending: NodeJS.Immediate | null = null;

  /** @param start what `loop.time()` says at first, milliseconds. */
  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Moves time forward by hand. */
  advance(ms: number): void {
    this.#now += ms;
  }

  wakeAt(when: number, wake: () => void): void {
    this.cancelWake();
    this.#pending = setImmediate(() => {
      this.#pending = null;
      this.#now = Math.max(this.#now, when);
      wake();
    });
  }

  cancelWake(): void {
    if (this.#pending !== null) clearImmediate(this.#pending);
    this.#pending = null;
  }
}
