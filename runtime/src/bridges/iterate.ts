import { Readable } from "node:stream";
import { awaitNatively } from "../core/awaitable.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { getRunningLoop } from "../core/running-loop.js";
import { adopt } from "../tasks/until.js";
import { waitFor } from "../transports/node-events.js";
import type { WaitOrigin } from "../core/instrument.js";
import { className, given } from "../core/arguments.js";

/**
 * The items of something async iterable, to be waited for one by one. A wait that is cancelled loses none: the next
 * one gets the item.
 */
export class AsyncItems<T> {
  readonly #source: AsyncIterable<T>;
  readonly #iterator: AsyncIterator<T, unknown>;
  readonly #origin: WaitOrigin;
  /** The item that was asked for and not yet handed over. */
  #asked: Promise<IteratorResult<T, unknown>> | null = null;

  /** @internal */
  constructor(source: AsyncIterable<T>) {
    this.#source = source;
    this.#iterator = source[Symbol.asyncIterator]();
    const name = `item of ${className(source)}`;
    this.#origin = waitFor("other", () => name);
  }

  /** @throws what the source throws. */
  next(): Coroutine<IteratorResult<T, undefined>> {
    return taking(this) as Coroutine<IteratorResult<T, undefined>>;
  }

  /** Tells the source that no more is wanted; a stream of Node's is destroyed. */
  close(): void {
    if (this.#source instanceof Readable) this.#source.destroy();
    else {
      const returned = this.#iterator.return?.();
      // Nobody waits for it.
      if (returned !== undefined) Promise.resolve(returned).catch(() => undefined);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The items, until there are no more. Leaving the loop closes the source. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined, undefined> {
    return {
      next: async () => awaitNatively(this.next()),
      return: async () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** @internal */
  *_take(): CoroutineGenerator<IteratorResult<T, unknown>> {
    const asked = (this.#asked ??= Promise.resolve(this.#iterator.next()));
    const future = adopt(asked, getRunningLoop());
    future._origin = this.#origin;
    try {
      return yield* future;
    } finally {
      if (future.done() && !future.cancelled() && this.#asked === asked) this.#asked = null;
    }
  }
}

const taking = coroInternal(function* next(
  items: AsyncItems<unknown>,
): CoroutineGenerator<IteratorResult<unknown, unknown>> {
  return yield* items._take();
});

/**
 * Reads anything async iterable (a stream of objects, lines of `readline`, a directory, an async generator) item by
 * item, so that a cancel arrives at once and views say what is waited for. Generator coroutines have no `for await`.
 * @example
 * const rows = iterate(parser);
 * for (let row = yield* rows.next(); !row.done; row = yield* rows.next()) insert(row.value);
 */
export function iterate<T>(source: AsyncIterable<T>): AsyncItems<T> {
  if (typeof source?.[Symbol.asyncIterator] !== "function")
    throw new TypeError(
      `iterate() takes something async iterable, a stream or an async generator; got ${given(source)}`,
    );
  return new AsyncItems(source);
}
