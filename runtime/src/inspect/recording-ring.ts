import { EVENT_BYTES } from "@asyncscope/protocol";
import { base64, List } from "./primordials.js";

const WORDS = EVENT_BYTES / 4;

/** The last events of a recording, in memory of fixed size. Events are numbered from 0. */
export class RecordingRing {
  readonly capacity: number;
  /** How many have been written. */
  next = 0;
  readonly #mask: number;
  readonly #memory: ArrayBuffer;
  readonly #times: Float64Array;
  readonly #words: Uint32Array;
  readonly #labels: (string | null)[];

  /** @param capacity a power of two. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#mask = capacity - 1;
    this.#memory = new ArrayBuffer(capacity * EVENT_BYTES);
    this.#times = new Float64Array(this.#memory);
    this.#words = new Uint32Array(this.#memory);
    this.#labels = new List<string | null>(capacity);
    for (let i = 0; i < capacity; i++) this.#labels[i] = null;
  }

  /** Number of the oldest one that is still there. */
  get oldest(): number {
    return Math.max(0, this.next - this.capacity);
  }

  /** Writes one event over the oldest; see the protocol for what the fields mean. */
  add(
    time: number,
    head: number,
    task: number,
    a: number,
    b: number,
    fn: number,
    site: number,
    label: string | null,
  ): void {
    const slot = this.next++ & this.#mask;
    const at = slot * WORDS;
    this.#times[slot * (WORDS / 2)] = time;
    const words = this.#words;
    words[at + 2] = head;
    words[at + 3] = task;
    words[at + 4] = a;
    words[at + 5] = b;
    words[at + 6] = fn;
    words[at + 7] = site;
    this.#labels[slot] = label;
  }

  /** Whether the newest event is of this task, and says just this. */
  lastIs(head: number, task: number, a: number, site: number): boolean {
    if (this.next === 0) return false;
    const at = ((this.next - 1) & this.#mask) * WORDS;
    const words = this.#words;
    return words[at + 2] === head && words[at + 3] === task && words[at + 4] === a && words[at + 7] === site;
  }

  label(event: number): string | null {
    return this.#labels[event & this.#mask]!;
  }

  /** Events `from` to before `to` in base64: in two pieces where the ring begins anew. */
  pieces(from: number, to: number): string[] {
    const pieces: string[] = [];
    for (let at = from; at < to;) {
      const slot = at & this.#mask;
      const count = Math.min(to - at, this.capacity - slot);
      pieces[pieces.length] = base64(this.#memory, slot * EVENT_BYTES, count * EVENT_BYTES);
      at += count;
    }
    return pieces;
  }
}
