import type { Store } from "./store.js";

const SMALLEST = 8;
/**
 * A buffer of up to so many slots keeps them: one that shrank whenever its queue ran empty would grow and shrink with
 * every burst between producers and consumers (10 of each over a queue of 100: 20 % of their time).
 */
const KEPT = 256;

/** @internal First in, first out, in O(1): `Array.shift` moves every item of a large array. */
export class RingBuffer<T> implements Store<T> {
  /** Its length is a power of two. */
  #slots: (T | undefined)[] = new Array<undefined>(SMALLEST).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#resize(this.#length * 2);
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  shift(): T {
    const slots = this.#slots;
    const item = slots[this.#head] as T;
    slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (slots.length - 1);
    this.#length--;
    // A burst that is over must not hold its memory.
    if (slots.length > KEPT && this.#length <= slots.length >> 2) this.#resize(slots.length >> 1);
    return item;
  }

  page(offset: number, limit: number): T[] {
    const items: T[] = [];
    const end = Math.min(this.#length, offset + limit);
    for (let at = Math.max(0, offset); at < end; at++)
      items[items.length] = this.#slots[(this.#head + at) & (this.#slots.length - 1)] as T;
    return items;
  }

  clear(): void {
    this.#slots = new Array<undefined>(SMALLEST).fill(undefined);
    this.#head = this.#length = 0;
  }

  #resize(capacity: number): void {
    const items: (T | undefined)[] = this.page(0, this.#length);
    // Filled by push, it stays an array without holes.
    while (items.length < capacity) items.push(undefined);
    this.#slots = items;
    this.#head = 0;
  }
}
