import { given } from "../core/arguments.js";
import type { PrimitiveOptions } from "../sync/primitive.js";
import { compareNaturally } from "./natural-order.js";
import { Queue } from "./queue.js";
import { SortedList } from "./sorted-list.js";
import type { Store } from "./store.js";
import type { Compare } from "./sorted-list.js";

/**
 * A {@link Queue} that gives the smallest item first; equal items in the order in which they were put (rule QU-10).
 *
 * Without a comparator it orders numbers, bigints, strings and Dates, and arrays element by element, so that
 * `[priority, job]` works as long as priorities differ.
 * @example
 * const jobs = new PriorityQueue<Job>(0, (a, b) => a.priority - b.priority, { name: "jobs" });
 */
export class PriorityQueue<T> extends Queue<T> {
  /**
   * @param maxsize how many items fit in; 0 or less: any number.
   * @param compare negative when `a` comes before `b`, 0 when they are equal. It is called by `put` only.
   */
  constructor(maxsize = 0, compare?: Compare<T> | null, options?: PrimitiveOptions) {
    super(maxsize, options);
    if (compare === undefined || compare === null) return;
    if (typeof compare !== "function")
      throw new TypeError(
        `a priority queue takes a comparator (a, b) => number as its second argument, got ${given(compare)}`,
      );
    const store: Store<T> = this._store;
    if (store instanceof SortedList) store.compare = compare;
  }

  /**
   * @throws QueueFull, QueueShutDown as {@link Queue.putNowait}; TypeError when there is no comparator and the
   * item has no natural order. The queue is as before then.
   */
  override putNowait(item: T): void {
    super.putNowait(item);
  }

  /** @internal */
  override get _kind(): "priority-queue" {
    return "priority-queue";
  }

  /** @internal */
  override _createStore(): SortedList<T> {
    return new SortedList<T>(compareNaturally);
  }
}
