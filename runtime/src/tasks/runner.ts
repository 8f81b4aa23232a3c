import { checkCallable, checkOptions, given } from "../core/arguments.js";
import { isStartable } from "../core/async-call.js";
import { copyContext } from "../core/context.js";
import type { Context } from "../core/context.js";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { KeyboardInterrupt, RuntimeError } from "../core/errors.js";
import { EventLoop } from "../core/event-loop.js";
import type { Future } from "../core/future.js";
import { lineOfTask } from "../core/never-awaited.js";
import { setRunningLoop, tryGetRunningLoop } from "../core/running-loop.js";
import { Task } from "../core/task.js";
import type { Startable } from "../core/task.js";
import { hasAsyncGens } from "./async-generators.js";
import { ensureFuture } from "./ensure-future.js";
import type { AwaitableArgument, ResultOf } from "./ensure-future.js";
import { gatherFutures } from "./gather.js";
import { endBySignalWhenUncaught, onFirstInterrupt } from "./interrupt.js";

/** Milliseconds that the threads of a loop get to finish what they do, as in asyncio. */
const EXECUTOR_TIMEOUT = 300_000;

/** Options of {@link run} and {@link Runner}. */
export interface RunOptions {
  /** Default: ASYNC_DEBUG=1 in the environment. */
  readonly debug?: boolean;
  /** Makes the loop, e.g. one on a virtual clock. Called once, without arguments (rule RU-06). */
  readonly loopFactory?: () => EventLoop;
}

/**
 * Runs several programs after each other on one loop and in one context (rules RU-07, CV-06); {@link run} is for one.
 * The loop is made when it is first needed. Close it at the end, or declare it with `await using`.
 *
 * While a run lasts, the first Ctrl+C (SIGINT) cancels its main task: what that cleans up is cleaned up, and when it
 * ends cancelled, `run` throws KeyboardInterrupt (rules RU-09, RU-10). The second one ends the process as by default.
 * Not so when the program handles SIGINT itself, whether before or later. Node tells of signals when its loop turns:
 * code that never waits is not interrupted.
 * @example
 * await using runner = new Runner();
 * const config = await runner.run(load());
 * await runner.run(serve(config));
 */
export class Runner implements AsyncDisposable {
  readonly #options: RunOptions;
  #loop: EventLoop | null = null;
  #context: Context | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: RunOptions = {}) {
    checkOptions(options, "a Runner");
    if (options.loopFactory !== undefined && options.loopFactory !== null)
      checkCallable(
        options.loopFactory,
        "loopFactory is a function that makes the loop, () => new EventLoop()",
      );
    this.#options = options;
  }

  /** The loop of its runs. @throws RuntimeError when the runner is closed. */
  getLoop(): EventLoop {
    if (this.#closed !== null)
      throw new RuntimeError("Runner is closed: make a new one, or run everything before close()");
    if (this.#loop === null) {
      const loop: unknown = (this.#options.loopFactory ?? (() => new EventLoop()))();
      if (!(loop instanceof EventLoop))
        throw new TypeError(`loopFactory must return an EventLoop, it returned ${given(loop)}`);
      this.#loop = loop;
      if (this.#options.debug !== undefined) this.#loop.debug = this.#options.debug;
      this.#context = copyContext();
    }
    return this.#loop;
  }

  /**
   * Runs `main` as the main task until it is done. The process stays alive meanwhile. Tasks that it leaves over stay
   * for the next run, or for {@link close}.
   * @param options.context Default: the one that all runs of this runner share (rule CV-06).
   * @returns a native promise of main's result.
   * @throws all as a rejection: what main throws; KeyboardInterrupt after a Ctrl+C; RuntimeError when a loop runs
   * already or the runner is closed; TypeError for what cannot be awaited (rule RU-08).
   */
  async run<A extends AwaitableArgument<unknown>>(
    main: A,
    options: { readonly context?: Context | undefined } = {},
  ): Promise<ResultOf<A>> {
    if (tryGetRunningLoop() !== null)
      throw new RuntimeError(
        "run() cannot be called while an event loop is running: await the coroutine, or createTask() it",
      );
    const loop = this.getLoop();
    const task = startMain(loop, main, options.context ?? this.#context!);
    let interrupted = false;
    const release = onFirstInterrupt(() => {
      interrupted = true;
      task.cancel("Ctrl+C");
    });
    try {
      return (await loop.runUntilComplete(task)) as ResultOf<A>;
    } catch (error) {
      // Somebody else's cancel stays a cancel (rule RU-10).
      const byInterrupt = interrupted && task.cancelled() && task instanceof Task && task.uncancel() === 0;
      if (byInterrupt || error instanceof KeyboardInterrupt) endBySignalWhenUncaught();
      throw byInterrupt ? new KeyboardInterrupt("the program was interrupted by Ctrl+C") : error;
    } finally {
      release();
    }
  }

  /**
   * Cancels what is left over and waits for it, closes async generators and the default executor, and closes the loop
   * (rules RU-02, RU-04). Idempotent.
   * @throws RuntimeError (as a rejection) while it runs.
   */
  close(): Promise<void> {
    if (this.#closed !== null) return this.#closed;
    const loop = this.#loop;
    if (loop !== null && loop.isRunning())
      return Promise.reject(
        new RuntimeError("a Runner cannot be closed while it runs: let its run() end first"),
      );
    return (this.#closed = loop === null ? Promise.resolve() : shutDown(loop));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What is given is made a task: it has a context, and a Ctrl+C cancels it. */
function startMain(loop: EventLoop, main: AwaitableArgument<unknown>, context: Context): Future<unknown> {
  // With the loop as the current one: what it makes at once belongs there.
  setRunningLoop(loop);
  try {
    const what: Startable<unknown> = isStartable(main)
      ? (main as Startable<unknown>)
      : outcomeOf(ensureFuture(main, { loop }));
    return loop.createTask(what, { context });
  } finally {
    setRunningLoop(null);
  }
}

const outcomeOf = coroInternal(function* outcomeOf(future: Future<unknown>): CoroutineGenerator<unknown> {
  return yield* future;
}, "main");

async function shutDown(loop: EventLoop): Promise<void> {
  try {
    await cancelLeftovers(loop);
    if (hasAsyncGens(loop)) {
      loop._shutDown();
      await loop.runUntilComplete(loop.shutdownAsyncGens());
    }
    if (loop._usesExecutor)
      await loop.runUntilComplete(
        loop.createTask(loop.shutdownDefaultExecutor({ timeout: EXECUTOR_TIMEOUT })),
      );
  } finally {
    loop.close();
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
        ...lineOfTask(task),
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
