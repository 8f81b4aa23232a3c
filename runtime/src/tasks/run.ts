import { EventLoop } from "../core/event-loop.js";
import { RuntimeError } from "../core/errors.js";
import { setRunningLoop, tryGetRunningLoop } from "../core/running-loop.js";
import { ensureFuture } from "./ensure-future.js";
import type { AwaitableArgument, ResultOf } from "./ensure-future.js";
import { gatherFutures } from "./gather.js";

/** Options of {@link run}. */
export interface RunOptions {
  /** Default: ASYNCSCOPE_DEBUG=1 in the environment. */
  readonly debug?: boolean;
  /** Makes the loop, e.g. one on a virtual clock. */
  readonly loopFactory?: () => EventLoop;
}

/**
 * Runs a program: makes a loop, runs `main` on it as the main task, cancels what is left over when it ends, and
 * closes the loop. The process stays alive meanwhile.
 * @returns a native promise of main's result.
 * @throws RuntimeError (as a rejection) when a loop runs already (rule RU-05).
 * @example await run(async () => { await sleep(100); });
 */
export async function run<A extends AwaitableArgument<unknown>>(
  main: A,
  options: RunOptions = {},
): Promise<ResultOf<A>> {
  if (tryGetRunningLoop() !== null)
    throw new RuntimeError(
      "run() cannot be called while an event loop is running: await the coroutine, or createTask() it",
    );
  const loop = (options.loopFactory ?? (() => new EventLoop()))();
  if (options.debug !== undefined) loop.debug = options.debug;
  try {
    return await loop.runUntilComplete(wrapOn(loop, main));
  } finally {
    try {
      await cancelLeftovers(loop);
    } finally {
      loop.close();
    }
  }
}

/** Coroutines are wrapped with the loop as the current one, so that what they make at once belongs to it. */
function wrapOn<A extends AwaitableArgument<unknown>>(
  loop: EventLoop,
  main: A,
): ReturnType<typeof ensureFuture<A>> {
  setRunningLoop(loop);
  try {
    return ensureFuture(main, { loop });
  } finally {
    setRunningLoop(null);
  }
}

/** Cancels what still runs and waits for it; its errors are reported, main's outcome stays (rules RU-02, RU-03). */
async function cancelLeftovers(loop: EventLoop): Promise<void> {
  const tasks = [...loop._tasks()];
  if (tasks.length === 0) return;
  loop._shutDown();
  for (const task of tasks) task.cancel();
  const reportPending = (): void => {
    for (const task of loop._tasks())
      loop.callExceptionHandler({
        message:
          "Task was destroyed but it is pending! Its cancellation could not reach it: wait for a promise with until(promise)",
        task,
      });
  };
  process.once("exit", reportPending);
  await loop.runUntilComplete(gatherFutures(tasks, true));
  process.off("exit", reportPending);
  for (const task of tasks)
    if (!task.cancelled() && task._hasError())
      loop.callExceptionHandler({
        message: "unhandled exception during run() shutdown",
        exception: task.exception(),
        task,
      });
}
