import type { RecordingChunk, RecordingOptions, RecordingQuery, RecordingState } from "@asyncscope/protocol";
import { Recording } from "./recording.js";
import type { Registry } from "./registry.js";

/** The recording under way, or the one that has ended and has not been dropped yet. */
export class Recorder {
  #registry: Registry | null = null;
  #recording: Recording | null = null;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(registry: Registry, options: RecordingOptions | undefined): RecordingState {
    this.drop();
    this.#registry = registry;
    registry.recordAll();
    this.#recording = new Recording(registry, options, this.#now());
    registry.setRecording(this.#recording);
    return this.state();
  }

  end(): RecordingState {
    if (this.#isOn) {
      this.#registry!.setRecording(null);
      this.#recording!.stopped(this.#now());
    }
    return this.state();
  }

  drop(): void {
    if (this.#isOn) this.#registry!.setRecording(null);
    this.#recording = this.#registry = null;
  }

  state(): RecordingState {
    const none = { recording: false, start: 0, capacity: 0, next: 0, oldest: 0, hiddenTasks: 0 };
    return this.#recording?.state(this.#isOn, this.#now()) ?? { ...none, now: this.#now() };
  }

  chunk(query: RecordingQuery): RecordingChunk {
    const nothing = { from: 0, to: 0, events: [], labels: [], functions: [], resources: [], sites: [] };
    return this.#recording?.chunk(query, this.#isOn, this.#now()) ?? { ...this.state(), ...nothing };
  }

  get #isOn(): boolean {
    return this.#recording !== null && this.#registry?.recording === this.#recording;
  }
}
