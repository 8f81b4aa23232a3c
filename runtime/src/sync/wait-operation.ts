import type { Suspension } from "../core/awaitable.js";
import { suspend } from "../core/awaitable.js";
import { Operation } from "../core/coroutine.js";
import type { Waiter, WaitQueue } from "./wait-queue.js";

/**
 * @internal An operation that may have to wait in a {@link WaitQueue}. It keeps the promise that all primitives
 * make: a waiter leaves the queue however its wait ends, and a wake-up that it cannot use is not lost.
 */
export abstract class WaitOperation<On, T> extends Operation<T> {
  /** What it is an operation of. */
  protected readonly on: On;
  // Not `#`: operations are made all the time, and V8 defines private fields one by one.
  /** @internal */ readonly _queue: WaitQueue;
  /** @internal */ _waiter: Waiter | null;

  constructor(on: On, queue: WaitQueue) {
    super();
    this.on = on;
    this._queue = queue;
    this._waiter = null;
  }

  /** First attempt: completes without suspending, or `return this.wait()`. */
  abstract start(): IteratorResult<Suspension, T>;

  /** It was woken; completes, or waits again. */
  abstract woken(): IteratorResult<Suspension, T>;

  /**
   * It was cancelled and has left the queue.
   * @param woken whether it had been woken before: then that wake-up may be due to the next one.
   */
  gaveUp?(woken: boolean): void;

  wait(): IteratorResult<Suspension, T> {
    return suspend((this._waiter = this._queue.enqueue()));
  }

  override next(): IteratorResult<Suspension, T> {
    const waiter = this._waiter;
    if (waiter === null) return this.start();
    this._waiter = null;
    this._queue.remove(waiter);
    if (waiter.cancelled()) {
      this.gaveUp?.(false);
      throw waiter._cancelledError();
    }
    return this.woken();
  }

  /** The cancellation came after it was woken and before it went on (rule CA-15). */
  override throw(error: unknown): IteratorResult<Suspension, T> {
    const waiter = this._waiter;
    if (waiter !== null) {
      this._waiter = null;
      const woken = waiter.done() && !waiter.cancelled();
      this._queue.remove(waiter);
      this.gaveUp?.(woken);
    }
    return super.throw(error);
  }
}
