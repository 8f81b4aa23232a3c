import { availableParallelism } from "node:os";
import type { WorkerOptions } from "node:worker_threads";
import { checkNumber, checkOptions, given } from "../core/arguments.js";
import { RuntimeError, ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { Inspectable, Inspection } from "../core/inspectable.js";
import { activity, instrument } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { ErrorClasses } from "./error-transfer.js";
import { PoolWorker } from "./pool-worker.js";
import type { WorkerOwner } from "./pool-worker.js";
import { ThreadJob } from "./thread-job.js";
import type { WorkSource } from "./work.js";

// As it is now: threads work in real time, whatever clock the loop has and whoever fakes timers.
const { setTimeout, clearTimeout } = globalThis;
/** Node's timers take no more. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
/** More threads than that are a mistake in the sizing. */
const MOST_WORKERS = 1024;

/** Options of {@link WorkerPool}. */
export interface WorkerPoolOptions {
  /** Most threads at a time. Default: the processor's cores, at least 2. */
  readonly size?: number | undefined;
  /** What views and messages call it. */
  readonly name?: string | undefined;
  /**
   * Classes of errors that come back as what they were, by their name: `{ ParseError }`. Threads share no classes;
   * those of JavaScript and of this package are known already, others come back as the nearest class that is known.
   */
  readonly errors?: ErrorClasses | undefined;
  /** For each `new Worker`. */
  readonly workerOptions?: Pick<WorkerOptions, "argv" | "env" | "execArgv" | "resourceLimits"> | undefined;
}

/** What {@link WorkerPool.statistics} says. */
export interface WorkerPoolStatistics {
  /** Threads that there may be. */
  readonly size: number;
  /** Threads that exist now. */
  readonly workers: number;
  /** Of them, those that run a job. */
  readonly busy: number;
  /** Jobs that wait for a thread. */
  readonly queued: number;
}

/** Options of {@link WorkerPool.shutdown}. */
export interface ShutdownOptions {
  /** Milliseconds, after which the threads are ended in the middle of their work. Default: no limit. */
  readonly timeout?: number | undefined;
  /** Whether to wait for the jobs that were given. Default true. */
  readonly wait?: boolean | undefined;
  /** Cancels what no thread has begun. Default false. */
  readonly cancelQueued?: boolean | undefined;
}

/**
 * Threads that run functions beside the loop: `loop.runInExecutor(pool, work, …)`. A thread is started when a job
 * finds none free, and kept for the next one. Idle threads, and jobs that nobody waits for, do not keep the process
 * alive.
 * @example
 * await using pool = new WorkerPool({ size: 4 });
 * const hash = await getRunningLoop().runInExecutor(pool, { module: new URL("./hash.js", import.meta.url) }, text);
 */
export class WorkerPool {
  /** Most threads at a time. */
  readonly size: number;
  /** @internal */ readonly _name: string | null;
  readonly #options: WorkerOptions;
  readonly #owner: WorkerOwner;
  readonly #workers = new Set<PoolWorker>();
  readonly #idle: PoolWorker[] = [];
  /** In order, and any of them can be taken out. */
  readonly #queue = new Set<ThreadJob>();
  readonly #onGone = new Set<() => void>();
  #started = 0;
  #isShutDown = false;
  #lastLoop: EventLoop | null = null;

  /** @throws ValueError for a size that is no number of threads. */
  constructor(options: WorkerPoolOptions = {}) {
    checkOptions(options, "new WorkerPool()");
    const { size = defaultSize(), name, errors, workerOptions = {} } = options;
    if (!Number.isInteger(size) || size < 1 || size > MOST_WORKERS)
      throw new ValueError(
        `the size of a pool is a number of threads, 1 to ${MOST_WORKERS}, got ${given(size)}`,
      );
    this.size = size;
    this._name = name === undefined ? null : String(name);
    this.#options = workerOptions;
    this.#owner = {
      errors,
      isFree: (worker) => this.#isFree(worker),
      isGone: (worker) => this.#isGone(worker),
      failed: (worker, error) => this.#failed(worker, error),
    };
    if (instrument !== null) instrument.primitiveCreated(this, this._kind);
  }

  /** Counts of threads and jobs, as they are now. */
  statistics(): WorkerPoolStatistics {
    return { size: this.size, workers: this.#workers.size, busy: this.#busy(), queued: this.#queue.size };
  }

  /**
   * Takes no more work from now on, and ends the threads when theirs is done.
   * @returns a future: true when all ended by itself, false when `timeout` cut something off (those jobs fail with a
   * {@link BrokenWorkerError}). With `wait: false` it is done at once.
   * @throws RuntimeError outside a running loop: use `await using` there.
   */
  shutdown(options: ShutdownOptions = {}): Future<boolean> {
    checkOptions(options, "shutdown()");
    const loop = getRunningLoop();
    const { timeout, wait = true } = options;
    if (timeout !== undefined) checkNumber(timeout, "shutdown() takes its timeout as milliseconds");
    this._close(options.cancelQueued ?? false);
    const future = new Future<boolean>({ loop });
    future._origin = { kind: "thread", resource: null, describe: () => this.#describeEnd() };
    if (!wait || this.#workers.size === 0) {
      future.setResult(true);
      return future;
    }
    for (const worker of this.#workers) worker.hold();
    let inTime = true;
    const timer =
      timeout === undefined || timeout > LONGEST_TIMEOUT
        ? undefined
        : setTimeout(() => {
            inTime = false;
            this._terminate();
          }, timeout).unref();
    const gone = (): void => {
      clearTimeout(timer);
      if (!loop.isClosed()) future._trySetResult(inTime);
    };
    this.#onGone.add(gone);
    future.addDoneCallback(() => {
      // Given up: the threads end all the same, but nothing waits for them.
      clearTimeout(timer);
      this.#onGone.delete(gone);
      for (const worker of this.#workers) worker.letGo();
    });
    return future;
  }

  /** Waits for the jobs that were given, and ends the threads. Needs no loop. */
  [Symbol.asyncDispose](): Promise<void> {
    this._close(false);
    if (this.#workers.size === 0) return Promise.resolve();
    for (const worker of this.#workers) worker.hold();
    return new Promise((resolve) => this.#onGone.add(resolve));
  }

  /**
   * @internal Runs `work` in a thread.
   * @throws RuntimeError after `shutdown()`.
   */
  _submit(
    loop: EventLoop,
    work: WorkSource,
    args: readonly unknown[],
    context?: ReadonlyMap<string, unknown>,
  ): Future<unknown> {
    if (this.#isShutDown)
      throw new RuntimeError(
        `${this._describe()} was shut down and takes no more work: make a new WorkerPool`,
      );
    this.#lastLoop = loop;
    const job = new ThreadJob(loop, this, work, args, context, this.#abandoned);
    this.#queue.add(job);
    this.#employ();
    this.#changed();
    return job.future;
  }

  /** @internal No more work; the threads end when what was given is done. */
  _close(cancelQueued: boolean): void {
    this.#isShutDown = true;
    if (cancelQueued) for (const job of [...this.#queue]) job.future.cancel("the pool was shut down");
    for (const worker of this.#idle.splice(0)) worker.end();
  }

  /** @internal Ends all threads in the middle of their work. */
  _terminate(): void {
    this.#isShutDown = true;
    for (const job of [...this.#queue]) job.future.cancel("the pool was shut down");
    for (const worker of this.#workers) worker.terminate();
  }

  /** @internal */
  get _kind(): "worker-pool" {
    return "worker-pool";
  }

  /** @internal */
  _inspect(): Inspection {
    const queued = this.#queue.size;
    const state = `${this.#busy()} of ${this.size} busy${queued === 0 ? "" : `, ${queued} queued`}`;
    return { state: this.#isShutDown ? `${state}, shut down` : state, size: queued };
  }

  /** @internal Those whose job runs, then those whose job is queued. */
  *_waiters(): Iterable<ThreadJob> {
    for (const { job } of this.#workers) if (job !== null && !job.future.done()) yield job;
    yield* this.#queue;
  }

  /** @internal For messages. */
  _describe(): string {
    return this._name === null ? "this worker pool" : `worker pool "${this._name}"`;
  }

  #isFree(worker: PoolWorker): void {
    if (!this.#giveJob(worker)) this.#rest(worker);
    this.#changed();
  }

  #isGone(worker: PoolWorker): void {
    this.#workers.delete(worker);
    this.#forget(worker);
    this.#employ();
    this.#changed();
    if (this.#isShutDown && this.#workers.size === 0) for (const tell of [...this.#onGone]) tell();
  }

  #failed(worker: PoolWorker, exception: unknown): void {
    this.#forget(worker);
    const message = `Exception in ${this._describe()}: worker ${worker.number} ended between two jobs`;
    const loop = this.#lastLoop;
    if (loop !== null && !loop.isClosed()) loop.callExceptionHandler({ message, exception });
    else process.emitWarning(`${message}: ${String(exception)}`, "RuntimeWarning");
  }

  readonly #abandoned = (job: ThreadJob): void => {
    if (!this.#queue.delete(job)) job.worker?.abandon();
    this.#changed();
  };

  /** Gives queued jobs to threads that are free, or new. */
  #employ(): void {
    while (this.#queue.size > 0) {
      const idle = this.#idle.pop();
      if (idle === undefined && this.#workers.size >= this.size) return;
      const worker = idle ?? this.#start();
      if (worker !== null && !this.#giveJob(worker)) this.#rest(worker);
    }
  }

  /** @returns whether the worker has a job now. */
  #giveJob(worker: PoolWorker): boolean {
    for (const job of this.#queue) {
      this.#queue.delete(job);
      if (job.isWanted && worker.run(job)) return true;
    }
    return false;
  }

  /** It is about to end: the next job would be lost with it. */
  #forget(worker: PoolWorker): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #rest(worker: PoolWorker): void {
    if (this.#isShutDown) worker.end();
    else this.#idle.push(worker);
  }

  /** @returns null when there can be none: then the first job has the error. */
  #start(): PoolWorker | null {
    try {
      const worker = new PoolWorker(this.#owner, this.#started + 1, {
        name: `${this._name ?? "asyncscope"} ${this.#started + 1}`,
        ...this.#options,
      });
      this.#started++;
      this.#workers.add(worker);
      return worker;
    } catch (error) {
      const [job] = this.#queue;
      this.#queue.delete(job!);
      job!.fail(error);
      return null;
    }
  }

  #busy(): number {
    let busy = 0;
    for (const worker of this.#workers) if (worker.job !== null) busy++;
    return busy;
  }

  #changed(): void {
    if (activity !== null) activity.primitiveChanged(this satisfies Inspectable);
  }

  #describeEnd(): string {
    const busy = this.#busy();
    return `${this._describe()} to end, ${busy} ${busy === 1 ? "job" : "jobs"} left`;
  }
}

function defaultSize(): number {
  return Math.min(Math.max(2, availableParallelism()), MOST_WORKERS);
}
