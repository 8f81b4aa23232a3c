import type { Runnable } from "./handle.js";

/** @internal What runs at a time: a handle, or the future of a sleep. */
export interface Timer extends Runnable {
  /** Deadline on the loop's clock, milliseconds. */
  readonly _when: number;
  /** In the heap. */
  _scheduled: boolean;
  /** Order among equal deadlines: that of registration (rule TM-02). */
  _sequence: number;
  /** Asked of one in the heap: it need not run. */
  cancelled(): boolean;
}

/** Fewer cancelled timers than this are not worth a compaction (rule TM-06). */
const COMPACT_FROM = 100;

/** @internal Timers ordered by deadline, equal deadlines in the order of registration (rules TM-01, TM-02). */
export class TimerHeap {
  #heap: Timer[] = [];
  #sequence = 0;
  #cancelled = 0;

  get size(): number {
    return this.#heap.length;
  }

  push(timer: Timer): void {
    timer._sequence = this.#sequence++;
    timer._scheduled = true;
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up]!;
      if (!before(timer, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  }

  /** The earliest timer that was not cancelled, or null. Cancelled ones at the head leave here (rule TM-05). */
  peek(): Timer | null {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return null;
      if (!top.cancelled()) return top;
      this.pop();
      this.#cancelled--;
    }
  }

  pop(): Timer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    if (top === undefined) return undefined;
    top._scheduled = false;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last, 0);
    return top;
  }

  /** A timer inside was cancelled: it stays until it reaches the head, or until over half of them are (TM-06). */
  cancelled(): void {
    this.#cancelled++;
    if (this.#heap.length <= COMPACT_FROM || this.#cancelled * 2 <= this.#heap.length) return;
    const live: Timer[] = [];
    for (const timer of this.#heap)
      if (timer.cancelled()) timer._scheduled = false;
      else live.push(timer);
    this.#heap = live;
    this.#cancelled = 0;
    for (let at = (live.length >> 1) - 1; at >= 0; at--) this.#sink(live[at]!, at);
  }

  clear(): void {
    for (const timer of this.#heap) timer._scheduled = false;
    this.#heap = [];
    this.#cancelled = 0;
  }

  #sink(timer: Timer, from: number): void {
    const heap = this.#heap;
    const half = heap.length >> 1;
    let at = from;
    while (at < half) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, timer)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = timer;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a._when < b._when || (a._when === b._when && a._sequence < b._sequence);
}
