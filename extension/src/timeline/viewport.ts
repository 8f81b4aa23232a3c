/** Which piece of time a timeline shows, and how it moves. Times are ticks (0.1 µs), widths pixels. */

/** Pixels a tick takes at most: one microsecond is then 100 pixels wide. */
const MOST_PIXELS_PER_TICK = 10;
/** What is left free beside the recording when all of it is shown. */
const MARGIN = 0.02;

export class Viewport {
  from = 0;
  to = 1;
  width = 1;
  /** End of the recording. */
  end = 1;

  get ticksPerPixel(): number {
    return (this.to - this.from) / this.width;
  }

  /** All of it is shown, so that more to come is shown too. */
  get isAll(): boolean {
    return this.from <= 0 && this.to >= this.end;
  }

  xOf(time: number): number {
    return (time - this.from) / this.ticksPerPixel;
  }

  timeAt(x: number): number {
    return this.from + x * this.ticksPerPixel;
  }

  /** Shows the whole recording. */
  fit(): void {
    const margin = this.end * MARGIN;
    this.#show(-margin / 4, this.end + margin);
  }

  /** Makes what is shown `factor` times as wide, around a place that stays where it is. */
  zoom(factor: number, x = this.width / 2): void {
    const shortest = this.width / MOST_PIXELS_PER_TICK;
    const length = Math.max(shortest, Math.min(this.#longest, (this.to - this.from) / factor));
    const time = this.timeAt(x);
    const from = time - (x / this.width) * length;
    this.#show(from, from + length);
  }

  pan(pixels: number): void {
    const ticks = pixels * this.ticksPerPixel;
    this.#show(this.from + ticks, this.to + ticks);
  }

  /** Moves to the begin (-1) or the end (1) of the recording without a change of scale. */
  goTo(side: -1 | 1): void {
    const length = this.to - this.from;
    const margin = length * MARGIN;
    if (side < 0) this.#show(-margin, length - margin);
    else this.#show(this.end + margin - length, this.end + margin);
  }

  /** Brings a piece of time into view; a longer or much shorter one changes the scale. */
  reveal(from: number, to: number): void {
    const length = this.to - this.from;
    const piece = Math.max(1, to - from);
    if (piece > length || piece / this.ticksPerPixel < 3) {
      const wanted = Math.max(this.width / MOST_PIXELS_PER_TICK, Math.min(this.#longest, piece * 4));
      this.#show(from - (wanted - piece) / 2, from + (wanted + piece) / 2);
    } else if (from < this.from || to > this.to) {
      const start = from - (length - piece) / 2;
      this.#show(start, start + length);
    }
  }

  get #longest(): number {
    return Math.max(this.width / MOST_PIXELS_PER_TICK, this.end * (1 + 2 * MARGIN));
  }

  /** Something of the recording is always in view. */
  #show(from: number, to: number): void {
    const length = to - from;
    const first = -length / 2;
    const last = Math.max(first, this.end - length / 2);
    this.from = Math.min(last, Math.max(first, from));
    this.to = this.from + length;
  }
}
