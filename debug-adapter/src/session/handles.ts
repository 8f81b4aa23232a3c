/**
 * Numbers for things a client asks about later. Numbers are never used twice, so a stale one is noticed instead of
 * meaning something else.
 */
export class Handles<T> {
  readonly #values = new Map<number, T>();
  #next: number;

  constructor(first = 1) {
    this.#next = first;
  }

  add(value: T): number {
    const handle = this.#next++;
    this.#values.set(handle, value);
    return handle;
  }

  get(handle: number): T | undefined {
    return this.#values.get(handle);
  }

  delete(handle: number): void {
    this.#values.delete(handle);
  }

  /** Forgets those for which `drop` holds. */
  prune(drop: (value: T) => boolean): void {
    for (const [handle, value] of this.#values) if (drop(value)) this.#values.delete(handle);
  }
}
