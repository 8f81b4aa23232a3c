import { awaitNatively } from "../core/awaitable.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { RuntimeError, ValueError } from "../core/errors.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { EventLoop } from "../core/event-loop.js";
import { RingBuffer } from "../queues/ring-buffer.js";
import { waitFor } from "../transports/node-events.js";
import { Waiters } from "../transports/waiters.js";
import { checkOptions, className, given, itemsOf } from "../core/arguments.js";
import { checkEmitter, listen } from "./emitter.js";
import type { Emitter } from "./emitter.js";

const DEFAULT_LIMIT = 10_000;

/** Options of {@link EventReader}. */
export interface EventReaderOptions {
  /** Events after which no more come. Default: `end` and `close`. */
  readonly end?: string | readonly string[] | undefined;
  /** How many events may wait to be read. Default 10,000. */
  readonly limit?: number | undefined;
}

/**
 * The events of an EventEmitter or EventTarget, one after the other: none is lost between two reads. It listens until
 * an event that ends it, an error, {@link close} or the end of the loop.
 * @example
 * using clicks = new EventReader<[MouseEvent]>(button, "click");
 * let click;
 * while ((click = yield* clicks.next()) !== null) handle(click[0]);
 * for await (const [socket] of new EventReader<[Socket]>(server, "connection")) …
 */
export class EventReader<A extends readonly unknown[] = unknown[]> {
  readonly #loop: EventLoop;
  readonly #events = new RingBuffer<A>();
  readonly #limit: number;
  readonly #name: string;
  readonly #waiters: Waiters;
  #stops: (() => void)[] = [];
  #error: { readonly error: unknown } | null = null;

  /** @throws ValueError when the limit is not positive. */
  constructor(source: Emitter | EventTarget, event: string | symbol, options: EventReaderOptions = {}) {
    checkEmitter(source);
    checkOptions(options, "new EventReader()");
    const limit = (this.#limit = options.limit ?? DEFAULT_LIMIT);
    if (typeof limit !== "number" || !(limit > 0))
      throw new ValueError(`the limit of an EventReader must be a positive number, got ${given(limit)}`);
    this.#loop = getRunningLoop();
    const name = (this.#name = `event ${String(event)} of ${className(source)}`);
    this.#waiters = new Waiters(
      this.#loop,
      waitFor("other", () => name),
    );
    this.#listen(source, event, (...args) => this.#add(args as unknown as A));
    const { end = ["end", "close"] } = options;
    for (const ending of typeof end === "string"
      ? [end]
      : itemsOf(end, "an EventReader takes its end as the name of an event or several"))
      if (ending !== event) this.#listen(source, ending, () => this.close());
    if (event !== "error" && !(source instanceof EventTarget))
      this.#listen(source, "error", (error) => this.#fail(error));
    this.#loop._resources.add(this);
  }

  /**
   * The arguments of the next event; null when there will be none.
   * @throws the emitter's `error` event, after the events before it; RuntimeError when more than the limit wait.
   */
  next(): Coroutine<A | null> {
    return reading(this as unknown as EventReader) as Coroutine<A | null>;
  }

  /** Stops listening. What is there can still be read. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#loop._resources.delete(this);
    if (!this.#loop.isClosed()) this.#waiters.wakeAll();
  }

  /** @internal */
  _loopClosed(): void {
    this.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The events, until there will be none. Leaving the loop closes the reader. */
  [Symbol.asyncIterator](): AsyncIterableIterator<A, undefined, undefined> {
    return {
      next: async () => {
        const event = await awaitNatively(this.next());
        return event === null ? { done: true, value: undefined } : { done: false, value: event };
      },
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
  *_next(): CoroutineGenerator<A | null> {
    for (;;) {
      if (this.#events.length > 0) return this.#events.shift();
      if (this.#error !== null) {
        const { error } = this.#error;
        this.#error = null;
        throw error;
      }
      if (this.#stops.length === 0) return null;
      yield* this.#waiters.wait();
    }
  }

  #listen(
    source: Emitter | EventTarget,
    event: string | symbol,
    listener: (...args: unknown[]) => void,
  ): void {
    this.#stops.push(listen(source, event, listener));
  }

  #add(event: A): void {
    if (this.#events.length >= this.#limit)
      this.#fail(
        new RuntimeError(
          `more than ${this.#limit} events wait to be read (${this.#name}): read faster, or give a larger limit`,
        ),
      );
    else {
      this.#events.push(event);
      this.#waiters.wakeAll();
    }
  }

  #fail(error: unknown): void {
    this.#error = { error };
    this.close();
  }
}

const reading = coroInternal(function* next(reader: EventReader): CoroutineGenerator<unknown> {
  return yield* reader._next();
});
