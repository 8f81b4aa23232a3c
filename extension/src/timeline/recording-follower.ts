import { systemTimers, type Timers } from "../views/refresh-schedule.js";

/** Between two looks for more while it records. Milliseconds. */
const MORE_MS = 500;
/** Characters of an answer behind which there is more, most likely. */
const MUCH = 1_000_000;

/** Where a recording is read from. */
export interface Readable {
  readonly isRecording: boolean;
  /** The lines from a number on, as many as come at once; "" when there are no more. */
  read(from: number): Promise<{ readonly text: string; readonly next: number }>;
}

/** Who is shown what is read. */
export interface Viewer {
  /** Nothing is read while it is hidden. */
  readonly visible: boolean;
  /** @param fresh it is the beginning of a recording */
  text(text: string, fresh: boolean): PromiseLike<unknown>;
  state(recording: boolean): PromiseLike<unknown>;
}

/** Reads a recording from its beginning, each line once, and follows it while it goes on. */
export class RecordingFollower {
  #source: Readable;
  readonly #viewer: Viewer;
  readonly #timers: Timers;
  #from = 0;
  /** Another recording, or the viewer was loaded again: who still reads for the last one stops. */
  #generation = 0;
  #cancel: () => void = () => undefined;
  /** One after the other: two at once would read the same lines. */
  #reading: Promise<void> = Promise.resolve();

  constructor(source: Readable, viewer: Viewer, timers: Timers = systemTimers) {
    this.#source = source;
    this.#viewer = viewer;
    this.#timers = timers;
  }

  /** From the beginning, of this recording or another one. */
  restart(source: Readable = this.#source): void {
    this.#source = source;
    this.#generation++;
    this.#from = 0;
    // Whoever reads still finds out that it is not wanted.
    this.#reading = Promise.resolve();
    this.refresh();
  }

  /** There may be more, or it has ended, or it can be seen again. */
  refresh(): void {
    this.#soon(0);
  }

  stop(): void {
    this.#generation++;
    this.#cancel();
  }

  #soon(milliseconds: number): void {
    this.#cancel();
    const generation = this.#generation;
    this.#cancel = this.#timers.after(milliseconds, () => {
      this.#reading = this.#reading.then(() => this.#read(generation));
    });
  }

  async #read(generation: number): Promise<void> {
    const source = this.#source;
    try {
      while (generation === this.#generation && this.#viewer.visible) {
        const from = this.#from;
        const { text, next } = await source.read(from);
        if (generation !== this.#generation) return;
        const recording = source.isRecording;
        this.#from = next;
        if (text !== "") await this.#viewer.text(text, from === 0);
        // Of one that goes on there is always a little more.
        if (text !== "" && (!recording || text.length > MUCH)) continue;
        await this.#viewer.state(recording);
        if (recording) this.#soon(MORE_MS);
        return;
      }
    } catch {
      // The program or its debug adapter is slow, or gone.
      if (generation === this.#generation && source.isRecording) this.#soon(MORE_MS);
    }
  }
}
