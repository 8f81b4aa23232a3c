import { systemTimers, type Timers } from "./refresh-schedule.js";

/** A hover stays for at least this long, whatever the program does meanwhile. Milliseconds. */
export const HOLD = 5000;

/**
 * Redrawing a tree closes the hover that is open over it, so that nobody could read one while the program runs.
 * So redrawing waits for a while after a hover was opened; {@link release} ends the wait.
 */
export class HoverHold {
  #cancel: (() => void) | undefined;
  #pending = false;

  constructor(
    private readonly draw: () => void,
    private readonly timers: Timers = systemTimers,
  ) {}

  /** A hover has been opened. */
  hovered(): void {
    this.#cancel?.();
    this.#cancel = this.timers.after(HOLD, () => this.release());
  }

  redraw(): void {
    if (this.#cancel) this.#pending = true;
    else this.draw();
  }

  /** Something happened that must be seen at once. */
  release(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.#pending) return;
    this.#pending = false;
    this.draw();
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#pending = false;
  }
}
