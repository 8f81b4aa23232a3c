import { copyContext } from "../core/context.js";
import type { EventLoop } from "../core/event-loop.js";
import type { Future } from "../core/future.js";
import type { Startable } from "../core/task.js";

/** @internal Told once how a coroutine ended. */
export interface OutcomeListener {
  result(value: unknown): void;
  error(error: unknown): void;
  cancelled(message: string): void;
}

/**
 * @internal Starts a task on a loop, from outside of it. What `make` or the task factory throws reaches the listener
 * and the loop's exception handler (rule EX-06).
 * @returns cancels the task, or its start.
 * @throws RuntimeError when the loop is closed.
 */
export function runOnLoop(
  loop: EventLoop,
  make: () => Startable<unknown>,
  listener: OutcomeListener,
  context = copyContext(),
): (message: string) => void {
  let task: Future<unknown> | null = null;
  const handle = loop.callSoonThreadsafe(
    function runCoroutineThreadsafe() {
      try {
        task = loop.createTask(make());
      } catch (error) {
        listener.error(error);
        throw error;
      }
      task.addDoneCallback(tell);
    },
    { context },
  );
  const tell = (done: Future<unknown>): void => {
    if (done.cancelled()) listener.cancelled(done._cancelledError().message);
    else {
      const error = done.exception();
      if (done._hasError()) listener.error(error);
      else listener.result(done.result());
    }
  };
  return (message) => {
    if (task === null) handle.cancel();
    else if (!loop.isClosed()) task.cancel(message);
  };
}
