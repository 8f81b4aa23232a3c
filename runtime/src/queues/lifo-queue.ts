import { Queue } from "./queue.js";
import type { Store } from "./store.js";

/**
 * A {@link Queue} that gives the newest item first (rule QU-10).
 * @example const stack = new LifoQueue<number>();
 */
export class LifoQueue<T> extends Queue<T> {
  /** @internal */
  override get _kind(): "lifo-queue" {
    return "lifo-queue";
  }

  /** @internal */
  override _createStore(): Store<T> {
    return new Stack<T>();
  }
}

class Stack<T> implements Store<T> {
  #items: T[] = [];

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T {
    return this.#items.pop() as T;
  }

  page(offset: number, limit: number): T[] {
    const items: T[] = [];
    for (let at = this.#items.length - 1 - Math.max(0, offset); at >= 0 && items.length < limit; at--)
      items[items.length] = this.#items[at]!;
    return items;
  }

  clear(): void {
    this.#items = [];
  }
}
