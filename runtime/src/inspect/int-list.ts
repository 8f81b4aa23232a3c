/** A list of small integers outside of the garbage collector's way: a million of them cost nothing to keep or move. */
export class IntList {
  #items: Int32Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#items = new Int32Array(capacity);
  }

  /** @param room for how many more */
  static of(values: readonly number[], room = 64): IntList {
    const list = new IntList(values.length + room);
    for (let i = 0; i < values.length; i++) list.push(values[i]!);
    return list;
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#items[index]!;
  }

  push(value: number): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[this.#length++] = value;
  }

  #grow(): void {
    const before = this.#items;
    this.#items = new Int32Array(2 * before.length);
    for (let i = 0; i < before.length; i++) this.#items[i] = before[i]!;
  }
}
