import { given } from "../core/arguments.js";
import { Coroutine, coroInternal, isGenerator } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { isCancelled, TimeoutError } from "../core/errors.js";
import { Future } from "../core/future.js";
import { asCoroutine } from "../core/async-call.js";
import { ensureFuture } from "./ensure-future.js";
import type { AwaitableArgument, ResultOf } from "./ensure-future.js";
import { timeout } from "./timeout.js";

/**
 * Waits for `awaitable`, at most `ms` milliseconds (null: no limit). When the time is over it is cancelled, and
 * TimeoutError is thrown once its clean-up is through (rule WF-01).
 * @example const user = yield* waitFor(fetchUser(1), 500);
 */
export const waitFor = coroInternal(function* body(
  awaitable: AwaitableArgument<unknown>,
  ms: number | null,
): CoroutineGenerator<unknown> {
  if (ms !== null && (typeof ms !== "number" || Number.isNaN(ms)))
    throw new TypeError(`waitFor() takes milliseconds or null as its second argument, got ${given(ms)}`);
  if (ms !== null && ms <= 0) return yield* withoutTime(ensureFuture(awaitable));
  // A coroutine runs inside the current task, no task is made for it (rule WF-11).
  const inner =
    awaitable instanceof Coroutine || isGenerator(awaitable)
      ? asCoroutine(awaitable)!
      : ensureFuture(awaitable);
  if (ms === null) return yield* inner;
  return yield* timeout(ms, function* () {
    return yield* inner;
  });
}, "waitFor") as <A extends AwaitableArgument<unknown>>(
  awaitable: A,
  ms: number | null,
) => Coroutine<ResultOf<A>>;

function* withoutTime(future: Future<unknown>): CoroutineGenerator<unknown> {
  if (future.done()) return future.result();
  yield* cancelAndWait(future);
  try {
    return future.result();
  } catch (error) {
    throw isCancelled(error) ? new TimeoutError("the deadline passed", { cause: error }) : error;
  }
}

/** Cancels `future` and waits until it has really ended. */
function* cancelAndWait(future: Future<unknown>): CoroutineGenerator<void> {
  const ended = new Future<void>({ loop: future._loop });
  const release = (): void => ended._trySetResult();
  future.addDoneCallback(release);
  try {
    future.cancel();
    yield* ended;
  } finally {
    future.removeDoneCallback(release);
  }
}
