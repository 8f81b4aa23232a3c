import { isThenable } from "../core/async-call.js";
import { Future } from "../core/future.js";
import type { WaitOrigin } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { EventLoop } from "../core/event-loop.js";

const origin: WaitOrigin = { kind: "promise", resource: null };

/**
 * A future of a foreign promise: the way to wait for one so that a cancel arrives at once. Cancelling gives the
 * wait up, not the work behind the promise: hand that `currentTask().signal` to end it too. A rejection after
 * that is swallowed.
 * @throws TypeError when `promise` has no `then`.
 * @example const response = yield* until(fetch(url, { signal: currentTask()!.signal }));
 */
export function until<T>(promise: PromiseLike<T>): Future<Awaited<T>> {
  return adopt(promise, getRunningLoop());
}

/** @internal */
export function adopt<T>(promise: PromiseLike<T>, loop: EventLoop): Future<Awaited<T>> {
  if (promise instanceof Future) return promise;
  if (!isThenable(promise))
    throw new TypeError(`until() takes a promise, got ${promise === null ? "null" : typeof promise}`);
  const future = new Future<Awaited<T>>({ loop });
  future._origin = origin;
  loop._drainMicrotasks();
  promise.then(
    (value) => future._trySetResult(value as Awaited<T>),
    (error: unknown) => {
      if (!future.done()) future._fail(error);
    },
  );
  return future;
}
