/**
 * Tells the newest of several calls about the same thing from those that it has overtaken. A tree view may ask for
 * the children of a row again while its first question is under way, and refuses rows that it gets twice
 * ("Element with id … is already registered").
 */
export class LatestCalls {
  readonly #newest = new Map<string, object>();

  /** A call about `key` begins. @returns whether it is still the newest one, to be asked once, at its end. */
  begin(key: string): () => boolean {
    const call = {};
    this.#newest.set(key, call);
    return () => {
      const isNewest = this.#newest.get(key) === call;
      if (isNewest) this.#newest.delete(key);
      return isNewest;
    };
  }

  /** Overtakes the call about `key` that is under way: another one is sure to come. */
  overtake(key: string): void {
    this.#newest.delete(key);
  }
}
