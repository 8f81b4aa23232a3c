import { given } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { RuntimeError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { WorkerPool } from "./worker-pool.js";

/** The pool that a loop runs `runInExecutor(null, …)` and `toThread` on. */
interface DefaultExecutor {
  /** Null until the first use. */
  pool: WorkerPool | null;
  isShutDown: boolean;
}

const executors = new WeakMap<EventLoop, DefaultExecutor>();

function executorOf(loop: EventLoop): DefaultExecutor {
  let executor = executors.get(loop);
  if (executor === undefined) {
    const made: DefaultExecutor = { pool: null, isShutDown: false };
    executor = made;
    executors.set(loop, made);
    loop._usesExecutor = true;
    loop._resources.add({ _loopClosed: () => made.pool?._close(false) });
  }
  return executor;
}

/** @internal @throws RuntimeError after {@link shutdownDefaultExecutor}. */
export function defaultExecutor(loop: EventLoop): WorkerPool {
  const executor = executorOf(loop);
  if (executor.isShutDown)
    throw new RuntimeError(
      "the default executor of this loop was shut down, as at the end of run(): give runInExecutor() a pool of your own",
    );
  return (executor.pool ??= new WorkerPool({ name: "default executor" }));
}

/** @internal See `EventLoop.setDefaultExecutor`. */
export function setDefaultExecutor(loop: EventLoop, pool: WorkerPool): void {
  if (!(pool instanceof WorkerPool))
    throw new TypeError(`the default executor is a WorkerPool, got ${given(pool)}`);
  executorOf(loop).pool = pool;
}

/** @internal See `EventLoop.shutdownDefaultExecutor`. */
export const shutdownDefaultExecutor = coroInternal(function* shutdownDefaultExecutor(
  loop: EventLoop,
  timeout: number | undefined,
): CoroutineGenerator<void> {
  const executor = executorOf(loop);
  executor.isShutDown = true;
  const { pool } = executor;
  if (pool === null || (yield* pool.shutdown({ timeout }))) return;
  process.emitWarning(
    `The default executor did not finish its jobs within ${timeout} ms: its threads were ended in the middle of them.`,
    "RuntimeWarning",
  );
}, "shutdownDefaultExecutor");
