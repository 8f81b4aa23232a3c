/** Where a loop takes its time from and who wakes it. Times are milliseconds. */
export interface Clock {
  /** Monotonic. */
  now(): number;
  /** Calls `wake` once when `now() >= when`. At most one is outstanding: a new call replaces the last one. */
  wakeAt(when: number, wake: () => void): void;
  /** Withdraws the outstanding wake-up, if any. */
  cancelWake(): void;
}

/** Node's longest timer; a longer one would fire after 1 ms (rule JS-11). */
const LONGEST = 2 ** 31 - 1;

/** `performance.now()` and one Node timer. */
export class SystemClock implements Clock {
  #timer: NodeJS.Timeout | null = null;

  now(): number {
    return performance.now();
  }

  wakeAt(when: number, wake: () => void): void {
    this.cancelWake();
    const arm = (): void => {
      // Rounded up, and armed again where Node fires early (rule TM-08): a sleep is never short.
      const delay = Math.ceil(when - performance.now());
      this.#timer = setTimeout(
        () => {
          if (performance.now() < when) arm();
          else {
            this.#timer = null;
            wake();
          }
        },
        Math.max(1, Math.min(delay, LONGEST)),
      );
    };
    arm();
  }

  cancelWake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
