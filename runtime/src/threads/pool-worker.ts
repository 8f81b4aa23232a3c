import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { MessagePort, WorkerOptions } from "node:worker_threads";
import { WORKER_PRELOAD_KEY } from "@asyncscope/protocol";
import type { WorkerPreload } from "@asyncscope/protocol";
import { asyncScope } from "../core/current-task.js";
import { BrokenWorkerError } from "./errors.js";
import { decodeError } from "./error-transfer.js";
import type { ErrorClasses } from "./error-transfer.js";
import { travelling } from "./thread-context.js";
import type { ThreadJob } from "./thread-job.js";
import { unwrapTransfer } from "./transfer.js";
import type { Transferable } from "./transfer.js";
import { WORKER_PROGRAM } from "./worker-program.js";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-program.js";

/** How long a worker that was asked to end may take before it is made to, milliseconds. */
const GRACE = 500;
/** Functions that a worker remembers. */
const MOST_KNOWN = 1000;
const PRELOAD = Symbol.for(WORKER_PRELOAD_KEY);
// A worker that a task happens to start must not hold that task, nor its AsyncLocalStorage.
const outside = asyncScope();

/** @internal What a pool is told by its workers. */
export interface WorkerOwner {
  readonly errors: ErrorClasses | undefined;
  /** Ready for the next job. */
  isFree(worker: PoolWorker): void;
  /** Ended, whatever the reason. */
  isGone(worker: PoolWorker): void;
  /** An error that nobody caught in a worker without a job. */
  failed(worker: PoolWorker, error: unknown): void;
}

/** @internal A thread of a pool. It runs one job at a time. */
export class PoolWorker {
  job: ThreadJob | null = null;
  readonly #owner: WorkerOwner;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  /** The functions that it has been sent. */
  readonly #known = new Set<number>();
  #jobs = 0;
  #error: unknown = undefined;
  #isEnding = false;
  /** Takes no more jobs, whatever it says. */
  #isDying = false;
  #isHeld = false;

  /** @throws Node's error when the options are not good for a worker. */
  constructor(
    owner: WorkerOwner,
    /** 1 for the pool's first. */
    readonly number: number,
    options: WorkerOptions,
  ) {
    this.#owner = owner;
    const { port1, port2 } = new MessageChannel();
    const preload = (globalThis as { [PRELOAD]?: WorkerPreload })[PRELOAD];
    const start: WorkerStart = { port: port2, preload };
    this.#port = port1;
    try {
      this.#worker = outside.runInAsyncScope(
        () =>
          new Worker(WORKER_PROGRAM, { ...options, eval: true, workerData: start, transferList: [port2] }),
      );
    } catch (error) {
      port1.close();
      throw error;
    }
    // A port of its own: `parentPort` is the program's.
    outside.runInAsyncScope(() => {
      port1.on("message", (message: FromWorker) => this.#receive(message));
      port1.on("messageerror", (error) => this.#unreadable(error.message));
    });
    this.#worker.on("error", (error) => this.#failed(error));
    this.#worker.on("exit", (code) => this.#exited(code));
    port1.unref();
    this.#worker.unref();
  }

  /** Hands a job over. @returns false when that failed: the job has its error, and the worker is free. */
  run(job: ThreadJob): boolean {
    const { key } = job.work;
    const list: Transferable[] = [];
    const forget = this.#known.size >= MOST_KNOWN;
    if (forget) this.#known.clear();
    const message: ToWorker = {
      job: ++this.#jobs,
      work: key,
      ...(forget ? { forget } : {}),
      ...(this.#known.has(key) ? {} : { source: job.work }),
      args: job.args.map((argument) => unwrapTransfer(argument, list)),
      ...(job.context === undefined ? {} : { context: job.context }),
    };
    try {
      this.#post(message, list);
    } catch (error) {
      job.fail(
        new TypeError(
          `an argument of ${job.work.name} cannot travel to a thread: give plain data, or transfer() what is handed over (${textOf(error)})`,
          { cause: error },
        ),
      );
      return false;
    }
    this.#known.add(key);
    this.job = job;
    job.worker = this;
    // What somebody waits for keeps the process alive, as an open request would.
    this.#worker.ref();
    return true;
  }

  /** Nobody waits for its job any more: it must not keep the process alive. */
  abandon(): void {
    if (!this.#isHeld) this.#worker.unref();
  }

  /** Somebody waits for its end: the process stays alive until then. */
  hold(): void {
    this.#isHeld = true;
    this.#worker.ref();
  }

  /** Nobody does any more. */
  letGo(): void {
    this.#isHeld = false;
    if (this.job?.isWanted !== true) this.#worker.unref();
  }

  /** Ends once what the thread still does is through, at most {@link GRACE} later. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    try {
      this.#port.postMessage({ end: true } satisfies ToWorker);
    } catch {
      // Gone already.
    }
    const timer = setTimeout(() => void this.#worker.terminate(), GRACE).unref();
    this.#worker.once("exit", () => clearTimeout(timer));
  }

  /** Ends now, in the middle of whatever it does. */
  terminate(): void {
    this.#isEnding = true;
    void this.#worker.terminate();
  }

  #post(message: ToWorker, list: readonly Transferable[]): void {
    try {
      this.#port.postMessage(message, list as never);
    } catch (error) {
      if (!("context" in message) || message.context === undefined) throw error;
      this.#port.postMessage({ ...message, context: travelling(message.context) }, list as never);
    }
  }

  #receive(message: FromWorker): void {
    if ("unreadable" in message) {
      this.#unreadable(message.unreadable);
      return;
    }
    if (message.job !== this.#jobs) return;
    const job = this.#release();
    if (job === null) return;
    if ("error" in message) job.fail(decodeError(message.error, this.#owner.errors));
    else job.succeed(message.value);
    if (!this.#isDying) this.#owner.isFree(this);
  }

  #unreadable(reason: string): void {
    const job = this.#release();
    if (job === null) return;
    job.fail(
      new TypeError(`what ${job.work.name} sent or was sent cannot be read in the other thread: ${reason}`),
    );
    if (!this.#isDying) this.#owner.isFree(this);
  }

  /** Nobody in the thread caught it: Node ends the thread after this. */
  #failed(error: unknown): void {
    this.#hearOut();
    this.#error = error;
    if (this.job === null) this.#owner.failed(this, error);
  }

  #exited(code: number): void {
    this.#hearOut();
    this.#port.close();
    const job = this.#release();
    if (job !== null) job.fail(this.#whyBroken(job, code));
    this.#owner.isGone(this);
  }

  /** The end of a thread may overtake what it said last. */
  #hearOut(): void {
    this.#isDying = true;
    for (;;) {
      const last = receiveMessageOnPort(this.#port) as { readonly message: FromWorker } | undefined;
      if (last === undefined) return;
      this.#receive(last.message);
    }
  }

  #whyBroken(job: ThreadJob, code: number): BrokenWorkerError {
    const who = `worker ${this.number} ended while it ran ${job.work.name}`;
    if (this.#isEnding) return new BrokenWorkerError(`${who}: the pool was shut down`);
    const error = this.#error;
    if (error === undefined)
      return new BrokenWorkerError(
        `${who}: process.exit(${code}) was called in it; return or throw instead`,
        code,
      );
    const isMemory = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
    const why = isMemory
      ? "it ran out of memory; give the pool workerOptions.resourceLimits.maxOldGenerationSizeMb, or smaller jobs"
      : `an error in it was not caught: ${textOf(error)}`;
    return new BrokenWorkerError(`${who}: ${why}`, code, { cause: error });
  }

  #release(): ThreadJob | null {
    const { job } = this;
    if (job === null) return null;
    this.job = null;
    job.worker = null;
    this.abandon();
    return job;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
