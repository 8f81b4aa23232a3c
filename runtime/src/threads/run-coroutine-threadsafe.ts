import { given } from "../core/arguments.js";
import { isStartable } from "../core/async-call.js";
import { EventLoop } from "../core/event-loop.js";
import type { Startable } from "../core/task.js";
import { ConcurrentFuture } from "./concurrent-future.js";
import { RemoteLoop } from "./remote-loop.js";
import { runOnLoop } from "./run-on-loop.js";

/**
 * Runs a coroutine on a loop, from outside of that loop: from a plain callback of Node's, from another loop's code,
 * or, with a {@link RemoteLoop}, from another thread, where the coroutine function goes by its registered name.
 * @returns its result, for `await` anywhere; `cancel()` cancels the task (rule EX-05).
 * @throws TypeError when `what` is no coroutine; RuntimeError when the loop is closed.
 */
export function runCoroutineThreadsafe<T>(loop: EventLoop, what: Startable<T>): ConcurrentFuture<T>;
export function runCoroutineThreadsafe<T = unknown>(
  loop: RemoteLoop,
  name: string,
  ...args: unknown[]
): ConcurrentFuture<T>;
export function runCoroutineThreadsafe(
  loop: EventLoop | RemoteLoop,
  what: unknown,
  ...args: unknown[]
): ConcurrentFuture<unknown> {
  if (loop instanceof RemoteLoop) return loop.runCoroutineThreadsafe(what as string, ...args);
  if (!(loop instanceof EventLoop))
    throw new TypeError(
      `runCoroutineThreadsafe() takes a loop first, an EventLoop or remoteLoop(port); got ${given(loop)}`,
    );
  if (!isStartable(what))
    throw new TypeError(
      `runCoroutineThreadsafe() takes a coroutine, or a function that makes one; got ${given(what)}`,
    );
  const outer = new ConcurrentFuture<unknown>((message) => cancel(message));
  const cancel = runOnLoop(loop, () => what as Startable<unknown>, {
    result: (value) => outer._settle({ kind: "result", value }),
    error: (error) => outer._settle({ kind: "error", error }),
    cancelled: (message) => outer._settle({ kind: "cancelled", message }),
  });
  return outer;
}
