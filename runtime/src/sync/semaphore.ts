import { given } from "../core/arguments.js";
import type { Body } from "../core/async-call.js";
import { callBody, checkBody } from "../core/async-call.js";
import type { Suspension } from "../core/awaitable.js";
import { complete } from "../core/awaitable.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { coroInternal } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { InspectedWaiter, Inspection } from "../core/inspectable.js";
import { instrument } from "../core/instrument.js";
import { Primitive } from "./primitive.js";
import type { PrimitiveOptions, PrimitiveStatistics } from "./primitive.js";
import { WaitOperation } from "./wait-operation.js";
import { WaitQueue } from "./wait-queue.js";

/** What {@link Semaphore.statistics} says. */
export interface SemaphoreStatistics extends PrimitiveStatistics {
  /** Free permits. */
  readonly value: number;
  /** Most permits there can be; null for a {@link Semaphore}, which has no such bound. */
  readonly bound: number | null;
  /** How many wait for one. */
  readonly waiters: number;
}

/**
 * A number of permits: as many tasks at once get through. Strictly first come first served: a newcomer waits
 * behind those who wait already, also when a permit is free (rule SE-01).
 * @example
 * const limit = new Semaphore(10, { name: "fetch" });
 * yield* limit.withPermit(function* () { yield* fetchPage(url); });
 */
export class Semaphore extends Primitive {
  /** @internal */ _takings: object | null = null;
  /** @internal */ _value: number;
  /** @internal Permits at the start. */ readonly _permits: number;
  /** @internal */ readonly _queue = new WaitQueue(this, { kind: "semaphore", resource: this }, "waiter");

  /**
   * @param value permits at the start.
   * @throws ValueError when it is negative or no integer (rule SE-06).
   */
  constructor(value = 1, options?: PrimitiveOptions) {
    super(options);
    if (typeof value !== "number" || !(value >= 0) || (!Number.isInteger(value) && value !== Infinity))
      throw new ValueError(
        `a ${this._kind.replace("-", " ")} starts with 0 or more permits, got ${given(value)}`,
      );
    this._value = this._permits = value;
    if (instrument !== null) instrument.primitiveCreated(this, this._kind);
  }

  /** Free permits. 0 while a released one is on its way to a waiter (rule SE-02). */
  get value(): number {
    return this._value;
  }

  /**
   * Waits for a permit and takes it. Does not suspend when one is free and nobody waits.
   * @returns true.
   * @throws RuntimeError when it has to wait in another loop than those before.
   */
  acquire(): Coroutine<true> {
    return new Acquire(this, this._queue);
  }

  /** Gives a permit back, to the first that waits if there is one. May exceed the initial value. */
  release(): void {
    this._value++;
    if (instrument !== null) instrument.givenBack(this);
    this._wakeNext();
    this._changed();
  }

  /** Whether {@link acquire} would have to wait. */
  locked(): boolean {
    return this._value === 0 || this._queue.live > 0;
  }

  /**
   * Runs `body` with a permit, and gives it back however the body ends.
   * @returns what the body returns.
   * @example await limit.withPermit(async () => { await fetchPage(url); });
   */
  withPermit<T>(body: Body<[this], T>): Coroutine<T> {
    checkBody(body, "withPermit()");
    return whilePermitted(this, body as Body<[Semaphore], unknown>) as Coroutine<T>;
  }

  statistics(): SemaphoreStatistics {
    return { value: this._value, bound: null, waiters: this._queue.pending };
  }

  /** @internal */
  get _kind(): "semaphore" | "bounded-semaphore" {
    return "semaphore";
  }

  /** @internal */
  _inspect(): Inspection {
    return { state: `${this._value} free`, value: this._value, permits: this._permits };
  }

  /** @internal */
  _waiters(): Iterable<InspectedWaiter> {
    return this._queue.inspect();
  }

  /** @internal Hands the permit over at once: in between nobody else can take it. */
  _wakeNext(): boolean {
    if (!this._queue.wakeNext()) return false;
    this._value--;
    return true;
  }

  /** @internal Those who had to queue although permits were free get them when the ones before have gone on. */
  _wakeAllowed(): void {
    while (this._value > 0 && this._wakeNext());
  }
}

/**
 * A {@link Semaphore} that notices a release too many.
 * @example const slots = new BoundedSemaphore(4);
 */
export class BoundedSemaphore extends Semaphore {
  readonly #bound: number;

  /** @param value permits at the start, and at most. @throws ValueError when it is negative or no integer. */
  constructor(value = 1, options?: PrimitiveOptions) {
    super(value, options);
    this.#bound = value;
  }

  /** @throws ValueError when all permits are free already (rule SE-06). */
  override release(): void {
    if (this._value >= this.#bound)
      throw new ValueError(`${this._describe()} was released too many times: all its permits are free`);
    super.release();
  }

  override statistics(): SemaphoreStatistics {
    return { ...super.statistics(), bound: this.#bound };
  }

  /** @internal */
  override get _kind(): "bounded-semaphore" {
    return "bounded-semaphore";
  }

  /** @internal */
  override _inspect(): Inspection {
    return { state: `${this._value} of ${this.#bound} free`, value: this._value, permits: this.#bound };
  }
}

class Acquire extends WaitOperation<Semaphore, true> {
  get _name(): string {
    return "Semaphore.acquire";
  }

  override get _needsAsyncScope(): boolean {
    return false;
  }

  start(): IteratorResult<Suspension, true> {
    const semaphore = this.on;
    if (semaphore.locked()) return this.wait();
    semaphore._value--;
    if (instrument !== null) instrument.taken(semaphore, this);
    semaphore._changed();
    return complete<true>(true);
  }

  woken(): IteratorResult<Suspension, true> {
    if (instrument !== null) instrument.taken(this.on, this);
    this.on._wakeAllowed();
    return complete<true>(true);
  }

  override gaveUp(woken: boolean): void {
    // Its permit goes back (rule SE-04).
    if (woken) this.on._value++;
    this.on._wakeAllowed();
    this.on._changed();
  }
}

const whilePermitted = coroInternal(function* withPermit(
  semaphore: Semaphore,
  body: Body<[Semaphore], unknown>,
): CoroutineGenerator<unknown> {
  yield* semaphore.acquire();
  try {
    return yield* callBody(body, [semaphore], "withPermit()");
  } finally {
    semaphore.release();
  }
});
