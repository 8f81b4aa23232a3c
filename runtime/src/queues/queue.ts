import { given } from "../core/arguments.js";
import type { Suspension } from "../core/awaitable.js";
import { awaitNatively, complete } from "../core/awaitable.js";
import type { Coroutine } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { InspectedWaiter, Inspection, PrimitiveKind } from "../core/inspectable.js";
import { instrument } from "../core/instrument.js";
import { Primitive } from "../sync/primitive.js";
import type { PrimitiveOptions, PrimitiveStatistics } from "../sync/primitive.js";
import { WaitOperation } from "../sync/wait-operation.js";
import { WaitQueue } from "../sync/wait-queue.js";
import { QueueEmpty, QueueFull, QueueShutDown } from "./errors.js";
import { RingBuffer } from "./ring-buffer.js";
import type { Store } from "./store.js";

/** What {@link Queue.statistics} says. */
export interface QueueStatistics extends PrimitiveStatistics {
  /** Items in it. */
  readonly size: number;
  /** 0 when it has no bound. */
  readonly maxsize: number;
  /** Items put whose `taskDone()` is missing. */
  readonly unfinished: number;
  /** How many wait for an item. */
  readonly getters: number;
  /** How many wait for room. */
  readonly putters: number;
  /** How many wait in `join()`. */
  readonly joiners: number;
  /** Getters, putters and joiners. */
  readonly waiters: number;
  /** Whether `shutdown()` was called. */
  readonly shutDown: boolean;
}

/**
 * Hands items from tasks to tasks, first in, first out. With a bound, `put` waits while it is full: producers
 * cannot run away. Getters and putters are served in the order in which they came (rule QU-01); cancelling one
 * never loses an item (rule QU-03).
 * @example
 * const jobs = new Queue<string>(10, { name: "jobs" });
 * yield* jobs.put("a");
 * const job = yield* jobs.get();
 * jobs.taskDone();
 */
export class Queue<T> extends Primitive {
  /** The bound as given; 0 or less means none (rule QU-09). */
  readonly maxsize: number;
  /** @internal */ readonly _store: Store<T>;
  /** @internal */ readonly _getters = new WaitQueue(this, { kind: "queue-get", resource: this }, "getter");
  /** @internal */ readonly _putters = new WaitQueue(this, { kind: "queue-put", resource: this }, "putter");
  /** @internal */ readonly _joiners = new WaitQueue(this, { kind: "queue-join", resource: this }, "joiner");
  /** @internal */ _takings: object | null = null;
  /** @internal For views: called when the next item is put. */ _onPut: (() => void) | null = null;
  #unfinished = 0;
  #isShutDown = false;

  /** @param maxsize how many items fit in; 0 or less: any number. */
  constructor(maxsize = 0, options?: PrimitiveOptions) {
    super(options);
    if (typeof maxsize !== "number" || Number.isNaN(maxsize))
      throw new TypeError(`a queue takes its bound as a number, got ${given(maxsize)}`);
    this.maxsize = maxsize;
    this._store = this._createStore();
    if (instrument !== null) instrument.primitiveCreated(this, this._kind);
  }

  /** How many items are in it. */
  qsize(): number {
    return this._store.length;
  }

  /** As {@link qsize}. */
  get size(): number {
    return this._store.length;
  }

  /** Whether `getNowait()` would find nothing. */
  empty(): boolean {
    return this._store.length === 0;
  }

  /** Always false without a bound. */
  full(): boolean {
    return this.maxsize > 0 && this._store.length >= this.maxsize;
  }

  /**
   * Puts an item in; waits while the queue is full, does not suspend when it is not (rule QU-02).
   * @throws QueueShutDown after {@link shutdown}, also when it was waiting (rule QS-01).
   */
  put(item: T): Coroutine<void> {
    return new Put(this, item);
  }

  /** @throws QueueFull when there is no room, QueueShutDown after {@link shutdown}. */
  putNowait(item: T): void {
    if (this.#isShutDown) throw this._shutDownError();
    if (this.full())
      throw new QueueFull(`${this._describe()} is full (${this.maxsize}): wait for room with put()`);
    this._store.push(item);
    this.#unfinished++;
    if (this._onPut !== null) this._onPut();
    this._getters.wakeNext();
    this._changed();
  }

  /**
   * Takes the next item out; waits while there is none, does not suspend when there is one (rule QU-02).
   * @throws QueueShutDown when it is empty and shut down, also when it was waiting (rules QS-02, QS-03).
   */
  get(): Coroutine<T> {
    return new Get(this, this._getters);
  }

  /** @throws QueueEmpty when there is no item; QueueShutDown when there will be none any more. */
  getNowait(): T {
    if (this._store.length === 0) {
      if (this.#isShutDown) throw this._shutDownError();
      throw new QueueEmpty(`${this._describe()} is empty: wait for an item with get()`);
    }
    return this._take(null);
  }

  /** One item that was got has been dealt with. @throws ValueError when called more often than items were put. */
  taskDone(): void {
    if (this.#unfinished <= 0)
      throw new ValueError(`taskDone() of ${this._describe()} was called more often than items were put`);
    this.#unfinished--;
    if (instrument !== null) instrument.givenBack(this);
    if (this.#unfinished === 0) this._joiners.wakeAll();
    this._changed();
  }

  /** Waits until every item put has had its {@link taskDone}; does not suspend when that is so (rule QU-12). */
  join(): Coroutine<void> {
    return new Join(this, this._joiners);
  }

  /**
   * Ends the queue: `put` throws from now on, `get` as soon as the items in it are gone, and everybody who waits
   * is woken to see it.
   * @param options.immediate drops the items in it; they count as dealt with (rule QS-04).
   */
  shutdown(options?: { readonly immediate?: boolean }): void {
    this.#isShutDown = true;
    if (options?.immediate === true) {
      this.#unfinished = Math.max(0, this.#unfinished - this._store.length);
      this._store.clear();
      if (this.#unfinished === 0) this._joiners.wakeAll();
    }
    this._getters.wakeAll();
    this._putters.wakeAll();
    this._changed();
  }

  /**
   * Takes item after item until the queue is shut down and empty.
   * @example for await (const job of jobs) { await work(job); jobs.taskDone(); }
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, void, undefined> {
    return {
      next: () => awaitNatively(new NextItem(this, this._getters)),
      return: () => Promise.resolve({ done: true, value: undefined }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  statistics(): QueueStatistics {
    const getters = this._getters.pending;
    const putters = this._putters.pending;
    const joiners = this._joiners.pending;
    return {
      size: this._store.length,
      maxsize: Math.max(0, this.maxsize),
      unfinished: this.#unfinished,
      getters,
      putters,
      joiners,
      waiters: getters + putters + joiners,
      shutDown: this.#isShutDown,
    };
  }

  /** @internal The next item; there is one. `operation`: what was awaited for it, null when nothing was. */
  _take(operation: object | null): T {
    const item = this._store.shift();
    if (instrument !== null) instrument.taken(this, operation);
    this._putters.wakeNext();
    this._changed();
    return item;
  }

  /** @internal */
  get _kind(): PrimitiveKind {
    return "queue";
  }

  /** @internal */
  _inspect(): Inspection {
    const size = this._store.length;
    const maxsize = Math.max(0, this.maxsize);
    const count = maxsize === 0 ? String(size) : `${size}/${maxsize}`;
    return {
      state: this.#isShutDown ? `${count}, shut down` : count,
      size,
      maxsize,
      unfinished: this.#unfinished,
    };
  }

  /** @internal */
  *_waiters(): Iterable<InspectedWaiter> {
    yield* this._getters.inspect();
    yield* this._putters.inspect();
    yield* this._joiners.inspect();
  }

  /** @internal */
  _items(offset: number, limit: number): unknown[] {
    return this._store.page(offset, limit);
  }

  /** @internal */
  _createStore(): Store<T> {
    return new RingBuffer<T>();
  }

  /** @internal */
  get _isShutDown(): boolean {
    return this.#isShutDown;
  }

  /** @internal */
  get _unfinished(): number {
    return this.#unfinished;
  }

  /** @internal */
  _shutDownError(): QueueShutDown {
    return new QueueShutDown(`${this._describe()} is shut down`);
  }
}

class Put<T> extends WaitOperation<Queue<T>, void> {
  readonly _item: T;

  constructor(queue: Queue<T>, item: T) {
    super(queue, queue._putters);
    this._item = item;
  }

  get _name(): string {
    return "Queue.put";
  }

  start(): IteratorResult<Suspension, void> {
    const queue = this.on;
    if (queue.full()) {
      if (!queue._isShutDown) return this.wait();
      throw queue._shutDownError();
    }
    queue.putNowait(this._item);
    return complete(undefined);
  }

  /** The room may be taken again by a `putNowait` that was faster: then it waits at the end. */
  woken(): IteratorResult<Suspension, void> {
    try {
      return this.start();
    } catch (error) {
      // A comparator may refuse the item: the room is for the next one.
      this.gaveUp(true);
      throw error;
    }
  }

  override gaveUp(woken: boolean): void {
    // It was to take the room that a get made: the next one may (rule QU-05).
    if (woken && !this.on.full()) this.on._putters.wakeNext();
  }
}

abstract class Take<T, R> extends WaitOperation<Queue<T>, R> {
  get _name(): string {
    return "Queue.get";
  }

  abstract taken(item: T): R;
  abstract ended(error: QueueShutDown): R;

  start(): IteratorResult<Suspension, R> {
    const queue = this.on;
    if (queue._store.length > 0) return complete(this.taken(queue._take(this)));
    return queue._isShutDown ? complete(this.ended(queue._shutDownError())) : this.wait();
  }

  /** The item may be taken by a `getNowait` that was faster: then it waits at the end (rule QU-07). */
  woken(): IteratorResult<Suspension, R> {
    return this.start();
  }

  override gaveUp(woken: boolean): void {
    // The item that it was woken for stays in the queue, for the next one (rules QU-03, QU-04).
    if (woken && this.on._store.length > 0) this.on._getters.wakeNext();
  }
}

class Get<T> extends Take<T, T> {
  taken(item: T): T {
    return item;
  }

  ended(error: QueueShutDown): never {
    throw error;
  }
}

/** A step of the async iterator. Its result is an object, so that an item that is a promise stays one (JS-19). */
class NextItem<T> extends Take<T, IteratorResult<T, void>> {
  taken(item: T): IteratorResult<T, void> {
    return { done: false, value: item };
  }

  ended(): IteratorResult<T, void> {
    return { done: true, value: undefined };
  }
}

class Join<T> extends WaitOperation<Queue<T>, void> {
  get _name(): string {
    return "Queue.join";
  }

  override get _needsAsyncScope(): boolean {
    return false;
  }

  start(): IteratorResult<Suspension, void> {
    return this.on._unfinished > 0 ? this.wait() : complete(undefined);
  }

  woken(): IteratorResult<Suspension, void> {
    return complete(undefined);
  }
}
