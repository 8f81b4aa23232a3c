import type { TimerHandle } from "./handle.js";

/** Fewer cancelled timers than this are not worth a compaction (rule TM-06). */
const COMPACT_FROM = 100;

/** @internal Timers ordered by deadline, equal deadlines in the order of registration (rules TM-01, TM-02). */
export class TimerHeap {
  #heap: TimerHandle[] = [];
  #sequence = 0;
  #cancelled = 0;

  get size(): number {
    return this.#heap.length;
  }

  push(timer: TimerHandle): void {
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
  peek(): TimerHandle | null {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return null;
      if (!top.cancelled()) return top;
      this.pop();
      this.#cancelled--;
    }
  }

  pop(): TimerHandle | undefined {
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
    const live: TimerHandle[] = [];
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

  #sink(timer: TimerHandle, from: number): void {
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

function before(a: TimerHandle, b: TimerHandle): boolean {
  return a._when < b._when || (a._when === b._when && a._sequence < b._sequence);
}
