import type { CancelledError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { InspectedWaiter } from "../core/inspectable.js";
import type { WaitOrigin } from "../core/instrument.js";

/** @internal Whose wait queue it is. */
export interface WaitQueueOwner {
  /** The loop of all its waiters. @throws RuntimeError when it belongs to another loop than the running one. */
  _bindLoop(): EventLoop;
  /** Who waits is not what it was. */
  _changed(): void;
}

/** @internal The future of one operation that waits in a {@link WaitQueue}; a node of its list. */
export class Waiter extends Future<void> {
  _before: Waiter | null = null;
  _after: Waiter | null = null;
  readonly _queue: WaitQueue;
  readonly _since: number;

  /** Belongs to the running loop, which is `loop`. */
  constructor(queue: WaitQueue, loop: EventLoop) {
    super(undefined, loop);
    this._origin = queue.origin;
    this._queue = queue;
    this._since = loop._iterationTime;
  }

  override _cancel(message: string, error: CancelledError | null = null): void {
    super._cancel(message, error);
    this._queue._waiterCancelled();
  }
}

/**
 * @internal Those who wait for one thing, first come first served. Every primitive stands on it.
 *
 * A waiter that was woken or cancelled stays in the list until its operation goes on and calls `remove`: until
 * then it counts as ahead of newcomers when woken, and hides those behind it from `wakeFirst`, as in asyncio.
 * All methods cost O(1), `wakeNext` amortised.
 */
export class WaitQueue {
  readonly #owner: WaitQueueOwner;
  readonly origin: WaitOrigin;
  readonly #role: InspectedWaiter["role"];
  #first: Waiter | null = null;
  #last: Waiter | null = null;
  /** Nobody in front of it is pending; null when nobody at all is. */
  #pendingFrom: Waiter | null = null;
  #pending = 0;
  #live = 0;

  constructor(owner: WaitQueueOwner, origin: WaitOrigin, role: InspectedWaiter["role"]) {
    this.#owner = owner;
    this.origin = origin;
    this.#role = role;
  }

  /** How many wait and were neither woken nor cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** How many wait or were woken and have not gone on; without the cancelled ones. */
  get live(): number {
    return this.#live;
  }

  /** At the end. @throws RuntimeError when the owner belongs to another loop. */
  enqueue(): Waiter {
    const waiter = new Waiter(this, this.#owner._bindLoop());
    waiter._before = this.#last;
    if (this.#last === null) this.#first = waiter;
    else this.#last._after = waiter;
    this.#last = waiter;
    this.#pendingFrom ??= waiter;
    this.#pending++;
    this.#live++;
    this.#owner._changed();
    return waiter;
  }

  /** The operation of `waiter` goes on. Once per waiter. */
  remove(waiter: Waiter): void {
    // An operation may be given up by an error while its waiter is still pending.
    if (!waiter.done()) waiter.cancel();
    if (!waiter.cancelled()) this.#live--;
    const { _before: before, _after: after } = waiter;
    if (this.#pendingFrom === waiter) this.#pendingFrom = after;
    if (before === null) this.#first = after;
    else before._after = after;
    if (after === null) this.#last = before;
    else after._before = before;
    waiter._before = waiter._after = null;
  }

  /** Wakes the one at the head, unless it is woken or cancelled already: then that one passes it on. */
  wakeFirst(): void {
    if (this.#first !== null && !this.#first.done()) this.#wake(this.#first);
  }

  /** Wakes the first that is pending. @returns false when there is none. */
  wakeNext(): boolean {
    let waiter = this.#pendingFrom;
    while (waiter !== null && waiter.done()) waiter = waiter._after;
    this.#pendingFrom = waiter === null ? null : waiter._after;
    if (waiter === null) return false;
    this.#wake(waiter);
    return true;
  }

  /** Wakes all, in order. */
  wakeAll(): void {
    while (this.wakeNext());
  }

  *inspect(): Generator<InspectedWaiter, void, undefined> {
    for (let waiter = this.#first; waiter !== null; waiter = waiter._after)
      if (!waiter.done()) yield { future: waiter, role: this.#role, since: waiter._since };
  }

  _waiterCancelled(): void {
    this.#pending--;
    this.#live--;
    this.#owner._changed();
  }

  #wake(waiter: Waiter): void {
    this.#pending--;
    waiter.setResult();
    this.#owner._changed();
  }
}
