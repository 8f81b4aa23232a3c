import { checkCallable, checkNumber, given } from "../core/arguments.js";
import { isThenable } from "../core/async-call.js";
import type { Body } from "../core/async-call.js";
import type { Suspension } from "../core/awaitable.js";
import { complete } from "../core/awaitable.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { coroInternal, isGenerator } from "../core/coroutine.js";
import { isCancelled, RuntimeError } from "../core/errors.js";
import type { InspectedWaiter, Inspection } from "../core/inspectable.js";
import { instrument } from "../core/instrument.js";
import { Lock } from "./lock.js";
import type { LockGuard, LockStatistics } from "./lock.js";
import { Primitive } from "./primitive.js";
import type { PrimitiveOptions } from "./primitive.js";
import { WaitOperation } from "./wait-operation.js";
import { WaitQueue } from "./wait-queue.js";
import { whileHeld } from "./while-held.js";

/** Options of a {@link Condition}. */
export interface ConditionOptions extends PrimitiveOptions {
  /** The lock to use, by reference: several conditions may share one (rule CO-08). Default: one of its own. */
  readonly lock?: Lock | undefined;
}

/** What {@link Condition.statistics} says: `locked` and `owner` of its lock, `waiters` of its own. */
export interface ConditionStatistics extends LockStatistics {
  /** How many wait to be notified. */
  readonly waiters: number;
  /** How many wait for the lock; those who were notified are among them. */
  readonly acquiring: number;
}

/** What a predicate gives when it holds. */
export type Truthy<T> = T extends false | "" | 0 | 0n | null | undefined ? never : T;

/**
 * A lock together with a place to wait until something has changed under it: who waits gives the lock up, and has
 * it again when the wait ends, however it ends (rule CO-03).
 * @example
 * const stock = new Condition({ name: "stock" });
 * // who waits:
 * yield* stock.withLock(function* () { yield* stock.waitFor(() => items.length > 0); return items.pop(); });
 * // who changes something:
 * yield* stock.withLock(function* () { items.push(item); stock.notify(); });
 */
export class Condition extends Primitive {
  /** @internal */ readonly _lock: Lock;
  /** @internal */ readonly _queue = new WaitQueue(this, { kind: "condition", resource: this }, "waiter");

  /** @throws TypeError when `lock` is no {@link Lock}. */
  constructor(options?: ConditionOptions) {
    super(options);
    const lock = options?.lock;
    if (lock !== undefined && !(lock instanceof Lock))
      throw new TypeError(
        `a condition takes a Lock as its lock, new Condition({ lock: new Lock() }); got ${given(lock)}`,
      );
    this._lock = lock ?? new Lock(this._name === null ? {} : { name: `${this._name}.lock` });
    if (instrument !== null) instrument.primitiveCreated(this, this._kind);
  }

  /** Waits until its lock is free and takes it: {@link Lock.acquire}. @returns true. */
  acquire(): Coroutine<true> {
    return this._lock.acquire();
  }

  /** Frees its lock: {@link Lock.release}. @throws RuntimeError when it is not locked. */
  release(): void {
    this._lock.release();
  }

  /** Whether its lock is taken: {@link Lock.locked}. */
  locked(): boolean {
    return this._lock.locked();
  }

  /**
   * Gives the lock up, waits for a {@link notify} and takes the lock again: notified waiters go on one by one. May
   * wake without reason: what was waited for need not hold, so prefer {@link waitFor}.
   *
   * A cancellation, or whatever else ends the wait, is thrown when the lock is held again, and further ones in between
   * are swallowed: the last is thrown (rules CO-03, CO-04). A cancelled waiter that has the lock again wakes the next one: it may have been
   * notified itself (rule CO-05).
   * @returns true.
   * @throws RuntimeError when nobody holds the lock (rule CO-01), or in another loop than those before.
   */
  wait(): Coroutine<true> {
    return untilNotified(this);
  }

  /**
   * Waits until `predicate()` gives a true value; it is called with the lock held, and again after each wake-up.
   * Needs no lock when it gives one at once (rule CO-06).
   * @returns that value.
   * @throws TypeError when the predicate is async: it could not be called without letting others in.
   */
  waitFor<T>(predicate: () => T): Coroutine<Truthy<T>> {
    checkCallable(predicate, "waitFor() of a condition takes a function that returns its answer");
    return untilTrue(this, predicate) as Coroutine<Truthy<T>>;
  }

  /**
   * Wakes the `n` that wait longest, or as many as there are. They go on when they get the lock: it is up to the
   * caller to release it.
   * @throws RuntimeError when nobody holds the lock (rule CO-01).
   */
  notify(n = 1): void {
    checkNumber(n, "notify() takes a number of waiters");
    this._mustBeLocked("notify");
    for (let woken = 0; woken < n && this._queue.wakeNext(); woken++);
  }

  /** As {@link notify}, for all that wait. */
  notifyAll(): void {
    this.notify(Infinity);
  }

  /**
   * Runs `body` while holding the lock, and releases it however the body ends.
   * @returns what the body returns.
   * @example await stock.withLock(async () => { items.push(item); stock.notify(); });
   */
  withLock<T>(body: Body<[Condition], T>): Coroutine<T> {
    return whileHeld(this, body);
  }

  /**
   * Takes the lock until the end of the block.
   * @returns a guard that releases it when it is disposed, once.
   * @example await using _ = await stock.hold(); // in a coroutine: using _ = yield* stock.hold();
   */
  hold(): Coroutine<LockGuard> {
    return this._lock.hold();
  }

  statistics(): ConditionStatistics {
    const { locked, owner, waiters: acquiring } = this._lock.statistics();
    return { locked, owner, waiters: this._queue.pending, acquiring };
  }

  /** @internal */
  get _kind(): "condition" {
    return "condition";
  }

  /** @internal */
  _inspect(): Inspection {
    return { ...this._lock._inspect(), lock: this._lock };
  }

  /** @internal */
  _waiters(): Iterable<InspectedWaiter> {
    return this._queue.inspect();
  }

  /** @internal */
  _mustBeLocked(to: string): void {
    if (!this._lock.locked())
      throw new RuntimeError(
        `cannot ${to} on ${this._describe()} whose lock is not acquired: use withLock()`,
      );
  }
}

/** The first half of `wait()`: without the lock. */
class Notification extends WaitOperation<Condition, true> {
  get _name(): string {
    return "Condition.wait";
  }

  start(): IteratorResult<Suspension, true> {
    return this.wait();
  }

  woken(): IteratorResult<Suspension, true> {
    return complete<true>(true);
  }
}

const untilNotified = coroInternal(function* wait(condition: Condition): CoroutineGenerator<true> {
  condition._mustBeLocked("wait");
  // A condition of another loop must be noticed while the lock is still held.
  condition._bindLoop();
  condition.release();
  let failure: { readonly error: unknown } | null = null;
  try {
    yield* new Notification(condition, condition._queue);
  } catch (error) {
    failure = { error };
  }
  for (;;)
    try {
      yield* condition.acquire();
      break;
    } catch (error) {
      failure = { error };
      // Whatever else prevents it would prevent it again.
      if (!isCancelled(error)) break;
    }
  if (failure === null) return true;
  // It may have been notified: then the notification is for the next one (rule CO-05). If not, that one wakes without
  // reason, as in asyncio.
  condition._queue.wakeNext();
  throw failure.error;
}, "Condition.wait");

const untilTrue = coroInternal(function* waitFor(
  condition: Condition,
  predicate: () => unknown,
): CoroutineGenerator<unknown> {
  for (;;) {
    const result = predicate();
    if (isThenable(result) || isGenerator(result))
      throw new TypeError(
        "waitFor() of a condition needs a predicate that returns its answer, not a promise of it",
      );
    if (result) return result;
    yield* condition.wait();
  }
}, "Condition.waitFor");
