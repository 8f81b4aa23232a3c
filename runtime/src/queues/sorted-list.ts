import type { Store } from "./store.js";

/** Negative when `a` comes before `b`, 0 when they are equal. */
export type Compare<T> = (a: T, b: T) => number;

/** Longest chunk: what an insertion moves at most. */
const LONGEST = 512;

/**
 * @internal Items in order, equal ones in the order of their arrival. Unlike a heap it can be read in order
 * without calling the comparator, which is the program's code and not the debugger's to run; and it compares only
 * on insertion (log n times), not on removal.
 *
 * Short arrays in a row, the largest item first: taking the smallest is a pop, an insertion moves one chunk.
 */
export class SortedList<T> implements Store<T> {
  compare: Compare<T>;
  /** None is empty but the only one. */
  #chunks: T[][] = [[]];
  #length = 0;

  constructor(compare: Compare<T>) {
    this.compare = compare;
  }

  get length(): number {
    return this.#length;
  }

  /** @throws what the comparator throws; nothing has changed then. */
  push(item: T): void {
    const chunks = this.#chunks;
    // Compared with itself when there is nothing else: an item without an order is refused at once.
    if (this.#length === 0) this.#isDue(item, item);
    let at = this.#search(
      chunks,
      (chunk) => chunk.length === 0 || this.#isDue(chunk[chunk.length - 1]!, item),
    );
    if (at === chunks.length) at--;
    const chunk = chunks[at]!;
    const index = this.#search(chunk, (other) => this.#isDue(other, item));
    if (index === chunk.length) chunk.push(item);
    else chunk.splice(index, 0, item);
    this.#length++;
    if (chunk.length > LONGEST) chunks.splice(at + 1, 0, chunk.splice(LONGEST / 2));
  }

  shift(): T {
    const chunk = this.#chunks[this.#chunks.length - 1]!;
    const item = chunk.pop() as T;
    this.#length--;
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.pop();
    return item;
  }

  page(offset: number, limit: number): T[] {
    const items: T[] = [];
    let skip = Math.max(0, offset);
    for (let at = this.#chunks.length - 1; at >= 0 && items.length < limit; at--) {
      const chunk = this.#chunks[at]!;
      for (let i = chunk.length - 1 - skip; i >= 0 && items.length < limit; i--)
        items[items.length] = chunk[i]!;
      skip = Math.max(0, skip - chunk.length);
    }
    return items;
  }

  clear(): void {
    this.#chunks = [[]];
    this.#length = 0;
  }

  /** Whether `item`, which is here, is got before `newcomer`. */
  #isDue(item: T, newcomer: T): boolean {
    const order: unknown = this.compare(item, newcomer);
    if (typeof order !== "number" || Number.isNaN(order))
      throw new TypeError(
        `the comparator of a priority queue must return a number (negative, 0 or positive), got ${typeof order === "number" ? "NaN" : typeof order}`,
      );
    return order <= 0;
  }

  /** Index of the first element for which `test` holds; it holds for all that follow. */
  #search<E>(elements: readonly E[], test: (element: E) => boolean): number {
    let low = 0;
    let high = elements.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (test(elements[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
