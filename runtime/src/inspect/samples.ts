import type { TaskId } from "@asyncscope/protocol";
import { imul } from "./primordials.js";

/**
 * A few of many tasks: those whose numbers, shaken up, are the smallest. They are the same ones each time while they
 * live, so that what was found out about them can be kept; and no pattern in which a program makes its tasks (every
 * fourth one is a writer) can hide from them, as it can from every n-th.
 */
export class Samples {
  readonly #ids: TaskId[] = [];
  /** Of the ids, ascending. */
  readonly #keys: number[] = [];

  constructor(private readonly most: number) {}

  add(id: TaskId): void {
    const key = shaken(id);
    const { length } = this.#ids;
    if (length === this.most && key >= this.#keys[length - 1]!) return;
    let at = length < this.most ? length : length - 1;
    for (; at > 0 && this.#keys[at - 1]! > key; at--) {
      this.#keys[at] = this.#keys[at - 1]!;
      this.#ids[at] = this.#ids[at - 1]!;
    }
    this.#keys[at] = key;
    this.#ids[at] = id;
  }

  /** At most that many of them. */
  first(most: number): TaskId[] {
    const ids: TaskId[] = [];
    for (let i = 0; i < this.#ids.length && i < most; i++) ids[i] = this.#ids[i]!;
    return ids;
  }
}

/** Bits of the number mixed, the same for the same number: the finalizer of MurmurHash3. */
function shaken(id: number): number {
  let key = imul(id ^ (id >>> 16), 0x85ebca6b);
  key = imul(key ^ (key >>> 13), 0xc2b2ae35);
  return (key ^ (key >>> 16)) >>> 0;
}
