import { given } from "../core/arguments.js";
import { isThenable } from "../core/async-call.js";
import { Future } from "../core/future.js";
import type { WaitOrigin } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { EventLoop } from "../core/event-loop.js";

const origin: WaitOrigin = { kind: "promise", resource: null };

class PromiseFuture extends Future<unknown> {
  override _origin: WaitOrigin | null = origin;
  constructor(
    readonly _promise: PromiseLike<unknown>,
    loop: EventLoop,
  ) {
    super({ loop });
  }

  /** Some promises can be cancelled themselves, futures of another copy of the runtime among them (rule FU-18). */
  override cancel(message = ""): boolean {
    if (!super.cancel(message)) return false;
    const source = this._promise as { cancel?: unknown };
    if (typeof source.cancel === "function")
      try {
        (source as { cancel(message: string): unknown }).cancel(message);
      } catch {
        // It is given up all the same.
      }
    return true;
  }
}

/**
 * A future of a foreign promise: the way to wait for one so that a cancel arrives at once. Cancelling gives the
 * wait up, not the work behind the promise, unless that has a `cancel()` of its own: hand it `currentTask().signal`
 * to end it too. A rejection after that is swallowed.
 * @throws TypeError when `promise` has no `then`.
 * @example const response = yield* until(fetch(url, { signal: currentTask()!.signal }));
 */
export function until<T>(promise: PromiseLike<T>): Future<Awaited<T>> {
  return adopt(promise, getRunningLoop());
}

/** @internal */
export function adopt<T>(promise: PromiseLike<T>, loop: EventLoop): Future<Awaited<T>> {
  if (promise instanceof Future) return promise;
  if (!isThenable(promise)) throw new TypeError(`until() takes a promise, got ${given(promise)}`);
  const future = new PromiseFuture(promise, loop) as Future<Awaited<T>>;
  loop._drainMicrotasks();
  promise.then(
    (value) => {
      // What comes after the loop was closed has nobody left to tell.
      if (!loop.isClosed()) future._trySetResult(value as Awaited<T>);
    },
    (error: unknown) => {
      if (!future.done() && !loop.isClosed()) future._fail(error);
    },
  );
  return future;
}
