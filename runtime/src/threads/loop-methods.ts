/** The methods of the event loop that run work in threads, see `transports/loop-methods.ts`. */
import { checkNumber, checkOptions, given } from "../core/arguments.js";
import type { Coroutine } from "../core/coroutine.js";
import { EventLoop } from "../core/event-loop.js";
import type { Future } from "../core/future.js";
import { defaultExecutor, setDefaultExecutor, shutdownDefaultExecutor } from "./default-executor.js";
import { WorkerPool } from "./worker-pool.js";
import { sourceOfWork } from "./work.js";
import type { ModuleReference, Work } from "./work.js";

declare module "../core/event-loop.js" {
  interface EventLoop {
    /**
     * Runs a function in a thread. Starts at once, and returns its future (rule EX-01). Cancelling that takes the job
     * out of the queue; once a thread has begun, the work goes on and its result is dropped (rule EX-02).
     *
     * Threads share no memory: the function travels as source text and must do without anything around it, or stands
     * in a module; arguments and result are copied (structured clone) when the job starts and ends, or handed over
     * with `transfer()`. Errors come back with message, stack, cause and plain properties, as the nearest class known
     * here. Context variables stay behind: `toThread` takes them along.
     * @param pool null: the loop's default executor.
     * @throws TypeError when `work` cannot run in a thread; RuntimeError after a shutdown. Through the future: what the
     * function threw, TypeError when something cannot be copied, BrokenWorkerError when its thread ended.
     * @example const n = await loop.runInExecutor(null, (text: string) => text.split(" ").length, "a b c");
     */
    runInExecutor<A extends unknown[], R>(
      pool: WorkerPool | null,
      work: (...args: A) => R,
      ...args: A
    ): Future<Awaited<R>>;
    /**
     * As above.
     * @typeParam F the function that the module exports.
     * @example loop.runInExecutor<typeof import("./hash.js").hash>(null, { module: url, export: "hash" }, text);
     */
    runInExecutor<F extends (...args: never[]) => unknown = (...args: unknown[]) => unknown>(
      pool: WorkerPool | null,
      work: ModuleReference | URL,
      ...args: Parameters<F>
    ): Future<Awaited<ReturnType<F>>>;
    /** The pool for `toThread` and `runInExecutor(null, …)`. The one before is not shut down. @throws TypeError */
    setDefaultExecutor(pool: WorkerPool): void;
    /**
     * Waits for the jobs of the default executor and ends its threads; it takes no more work afterwards.
     * @param options.timeout milliseconds, after which it warns, ends the threads all the same, and returns
     * (rule EX-04). Default: no limit.
     */
    shutdownDefaultExecutor(options?: { readonly timeout?: number | undefined }): Coroutine<void>;
  }
}

const methods = {
  runInExecutor(
    this: EventLoop,
    pool: WorkerPool | null,
    work: Work<unknown[], unknown>,
    ...args: unknown[]
  ) {
    this._checkOpen();
    const source = sourceOfWork(work);
    if (pool !== null && !(pool instanceof WorkerPool))
      throw new TypeError(
        `runInExecutor() takes a WorkerPool first, or null for the loop's own; got ${given(pool)}`,
      );
    return (pool ?? defaultExecutor(this))._submit(this, source, args) as Future<never>;
  },
  setDefaultExecutor(this: EventLoop, pool: WorkerPool) {
    setDefaultExecutor(this, pool);
  },
  shutdownDefaultExecutor(this: EventLoop, options: { readonly timeout?: number | undefined } = {}) {
    checkOptions(options, "shutdownDefaultExecutor()");
    if (options.timeout !== undefined)
      checkNumber(options.timeout, "shutdownDefaultExecutor() takes its timeout as milliseconds");
    return shutdownDefaultExecutor(this, options.timeout);
  },
} satisfies Partial<EventLoop> & ThisType<EventLoop>;

for (const [name, value] of Object.entries(methods))
  Object.defineProperty(EventLoop.prototype, name, { value, writable: true, configurable: true });
