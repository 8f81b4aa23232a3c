import { List, mapDelete, mapForEach, mapGet, mapSet } from "./primordials.js";

/** Ids in one chunk: few enough that a lone survivor wastes little, enough that a chunk's own cost vanishes. */
const BITS = 5;
const SIZE = 1 << BITS;

interface Chunk<T> {
  readonly items: (T | undefined)[];
  count: number;
}

/** Things by an id that only grows: about 10 bytes each, where a Map takes 40. */
export class IdTable<T> {
  readonly #chunks = new Map<number, Chunk<T>>();
  /** The chunk written to last: ids grow. */
  #last: Chunk<T> = { items: [], count: 0 };
  #lastKey = -1;

  get(id: number): T | undefined {
    return mapGet(this.#chunks, Math.floor(id / SIZE))?.items[id % SIZE];
  }

  add(id: number, item: T): void {
    const key = Math.floor(id / SIZE);
    if (key !== this.#lastKey) {
      // Made in its full size: one that grows takes room for a third more.
      const items = new List<T | undefined>(SIZE);
      for (let i = 0; i < SIZE; i++) items[i] = undefined;
      this.#last = { items, count: 0 };
      this.#lastKey = key;
      mapSet(this.#chunks, key, this.#last);
    }
    this.#last.items[id % SIZE] = item;
    this.#last.count++;
  }

  delete(id: number): void {
    const key = Math.floor(id / SIZE);
    const chunk = mapGet(this.#chunks, key);
    if (chunk?.items[id % SIZE] === undefined) return;
    chunk.items[id % SIZE] = undefined;
    if (--chunk.count === 0 && key !== this.#lastKey) mapDelete(this.#chunks, key);
  }

  /** Calls `visit` with each, in the order of their ids. */
  forEach(visit: (item: T) => void): void {
    mapForEach(this.#chunks, ({ items }) => {
      for (let i = 0; i < SIZE; i++) {
        const item = items[i];
        if (item !== undefined) visit(item);
      }
    });
  }
}
