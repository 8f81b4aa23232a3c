import type { Body } from "../core/async-call.js";
import type { Suspension } from "../core/awaitable.js";
import { complete } from "../core/awaitable.js";
import type { Coroutine } from "../core/coroutine.js";
import { currentTaskOrNull } from "../core/current-task.js";
import { RuntimeError } from "../core/errors.js";
import type { InspectedWaiter, Inspection } from "../core/inspectable.js";
import { instrument } from "../core/instrument.js";
import { tryGetRunningLoop } from "../core/running-loop.js";
import type { Task } from "../core/task.js";
import { Primitive } from "./primitive.js";
import type { PrimitiveOptions, PrimitiveStatistics } from "./primitive.js";
import { WaitOperation } from "./wait-operation.js";
import { WaitQueue } from "./wait-queue.js";
import { whileHeld } from "./while-held.js";

/** What {@link Lock.statistics} says. */
export interface LockStatistics extends PrimitiveStatistics {
  /** Whether somebody holds it. */
  readonly locked: boolean;
  /** The task that acquired it; null when it is free or was not acquired by a task. */
  readonly owner: Task<unknown> | null;
  /** How many wait for it. */
  readonly waiters: number;
}

/**
 * Lets one task at a time through. Not re-entrant, and not owned: any task may release it. Those who wait get it
 * in the order in which they came (rule LK-01). Belongs to the loop in which somebody first had to wait for it.
 * @example
 * const lock = new Lock({ name: "db" });
 * yield* lock.withLock(function* () { yield* save(); });
 */
export class Lock extends Primitive {
  #locked = false;
  /** @internal Who acquired it, for views: a lock as such has no owner. */ _owner: Task<unknown> | null =
    null;
  /** @internal Loop time. */ _ownedSince = 0;
  /** @internal */ readonly _queue = new WaitQueue(this, { kind: "lock", resource: this }, "waiter");

  constructor(options?: PrimitiveOptions) {
    super(options);
    if (instrument !== null) instrument.primitiveCreated(this, this._kind);
  }

  /**
   * Waits until the lock is free and takes it. Does not suspend when it is free and nobody waits (rule LK-03).
   * @returns true.
   * @throws RuntimeError when it has to wait in another loop than those before (rule LK-08).
   * @example yield* lock.acquire(); try { … } finally { lock.release(); }
   */
  acquire(): Coroutine<true> {
    return new Acquire(this, this._queue);
  }

  /**
   * Frees the lock and wakes the first that waits; until that one runs, the lock reads as not locked (rule LK-02).
   * @throws RuntimeError when it is not locked (rule LK-04).
   */
  release(): void {
    if (!this.#locked) throw new RuntimeError(`${this._describe()} is not acquired: release() it only once`);
    this.#locked = false;
    this._owner = null;
    this._queue.wakeFirst();
    this._changed();
  }

  /** May be false while a woken waiter is about to take it. */
  locked(): boolean {
    return this.#locked;
  }

  /**
   * Runs `body` while holding the lock, and releases it however the body ends.
   * @returns what the body returns.
   * @example await lock.withLock(async () => { await save(); });
   */
  withLock<T>(body: Body<[Lock], T>): Coroutine<T> {
    return whileHeld(this, body);
  }

  /**
   * Takes the lock until the end of the block.
   * @returns a guard that releases it when it is disposed, once.
   * @example await using _ = await lock.hold(); // in a coroutine: using _ = yield* lock.hold();
   */
  hold(): Coroutine<LockGuard> {
    return new Hold(this, this._queue);
  }

  statistics(): LockStatistics {
    return { locked: this.#locked, owner: this._owner, waiters: this._queue.pending };
  }

  /** @internal */
  get _kind(): "lock" {
    return "lock";
  }

  /** @internal */
  _inspect(): Inspection {
    return this.#locked
      ? { state: "locked", owner: this._owner, ownedSince: this._ownedSince }
      : { state: "unlocked", owner: null };
  }

  /** @internal */
  _waiters(): Iterable<InspectedWaiter> {
    return this._queue.inspect();
  }

  /** @internal Whether a newcomer may have it at once: not while somebody who was here before may. */
  get _free(): boolean {
    return !this.#locked && this._queue.live === 0;
  }

  /** @internal */
  _take(operation: object = this): void {
    if (instrument !== null) instrument.acquired(this, operation);
    this.#locked = true;
    this._owner = currentTaskOrNull();
    this._ownedSince = tryGetRunningLoop()?._iterationTime ?? 0;
    this._changed();
  }

  /** @internal Somebody who waited was cancelled: if it had been woken, the next one must be. */
  _passOn(): void {
    if (!this.#locked) this._queue.wakeFirst();
  }
}

/** Releases a {@link Lock} at the end of a `using` block; see {@link Lock.hold}. */
export class LockGuard {
  #lock: Lock | null;

  /** @internal */
  constructor(lock: Lock) {
    this.#lock = lock;
  }

  [Symbol.dispose](): void {
    const lock = this.#lock;
    this.#lock = null;
    lock?.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }
}

abstract class AcquireOperation<T> extends WaitOperation<Lock, T> {
  abstract acquired(lock: Lock): T;

  override get _needsAsyncScope(): boolean {
    return false;
  }

  start(): IteratorResult<Suspension, T> {
    return this.on._free ? this.woken() : this.wait();
  }

  woken(): IteratorResult<Suspension, T> {
    this.on._take(this);
    return complete(this.acquired(this.on));
  }

  override gaveUp(): void {
    this.on._passOn();
  }
}

class Acquire extends AcquireOperation<true> {
  get _name(): string {
    return "Lock.acquire";
  }

  acquired(): true {
    return true;
  }
}

class Hold extends AcquireOperation<LockGuard> {
  get _name(): string {
    return "Lock.hold";
  }

  acquired(lock: Lock): LockGuard {
    return new LockGuard(lock);
  }
}
