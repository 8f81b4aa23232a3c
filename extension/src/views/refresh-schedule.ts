/** Timers of a {@link RefreshSchedule}; replaced in tests. Times are milliseconds. */
export interface Timers {
  now(): number;
  /** Returns what cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Refreshes are at least this far apart: four a second. Milliseconds. */
export const REFRESH_INTERVAL = 250;
/** Under changes that do not end, refreshes are this far apart. Milliseconds. */
export const SUSTAINED_INTERVAL = 1000;
/** So many refreshes may follow each other at {@link REFRESH_INTERVAL} after some quiet. */
export const BURST = 4;

/**
 * Decides when a view asks the program again: after a change, one request at a time, never while the view is hidden
 * (a change is then remembered until it is shown). A burst of changes is followed four times a second; a program
 * that never rests once a second, because rows that are redrawn more often can neither be read nor hovered.
 */
export class RefreshSchedule {
  #visible = false;
  #dirty = false;
  #urgent = false;
  #running = false;
  #disposed = false;
  #lastStart = Number.NEGATIVE_INFINITY;
  /** What is left of the burst, as of `lastStart`. */
  #burst = BURST;
  #cancelTimer: (() => void) | undefined;

  /** `run` handles its own errors: whatever it rejects with is ignored here. */
  constructor(
    private readonly run: () => Promise<void>,
    private readonly timers: Timers = systemTimers,
  ) {}

  get visible(): boolean {
    return this.#visible;
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.#arm();
    else this.#disarm();
  }

  /** Something changed: refresh soon. */
  invalidate(): void {
    this.#dirty = true;
    this.#arm();
  }

  /** Refresh now (the program stopped or went on, or the user asked for something else). */
  invalidateNow(): void {
    this.#dirty = true;
    this.#urgent = true;
    this.#disarm();
    this.#arm();
  }

  dispose(): void {
    this.#disposed = true;
    this.#disarm();
  }

  #arm(): void {
    if (this.#disposed || !this.#visible || !this.#dirty || this.#running || this.#cancelTimer) return;
    const wait = this.#urgent ? 0 : this.#wait();
    if (wait <= 0) void this.#start();
    else
      this.#cancelTimer = this.timers.after(wait, () => {
        this.#cancelTimer = undefined;
        this.#arm();
      });
  }

  #wait(): number {
    const elapsed = this.timers.now() - this.#lastStart;
    const burst = this.#burst + elapsed / SUSTAINED_INTERVAL;
    return Math.max(REFRESH_INTERVAL - elapsed, (1 - burst) * SUSTAINED_INTERVAL);
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  async #start(): Promise<void> {
    this.#running = true;
    this.#dirty = false;
    this.#urgent = false;
    const now = this.timers.now();
    this.#burst = Math.max(
      0,
      Math.min(BURST, this.#burst + (now - this.#lastStart) / SUSTAINED_INTERVAL) - 1,
    );
    this.#lastStart = now;
    try {
      await this.run();
    } catch {
      // The view has shown it; the next change tries again.
    }
    this.#running = false;
    this.#arm();
  }
}
