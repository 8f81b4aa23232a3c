import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { InspectedWaiter } from "../core/inspectable.js";
import type { WaitOrigin } from "../core/instrument.js";
import type { PoolWorker } from "./pool-worker.js";
import type { WorkSource } from "./work.js";

/** The future of a job. Its cancel gives the wait up, never the work that runs already (rule EX-02). */
class ThreadFuture extends Future<unknown> {
  override readonly _origin: WaitOrigin | null;
  readonly #job: ThreadJob;

  constructor(loop: EventLoop, job: ThreadJob) {
    super({ loop });
    this._origin = job;
    this.#job = job;
  }

  override cancel(message = ""): boolean {
    if (!super.cancel(message)) return false;
    this.#job._abandoned();
    return true;
  }

  override _describe(): string {
    return `future of the thread job ${this.#job.work.name}`;
  }
}

/** @internal One call of a function in a thread. */
export class ThreadJob implements WaitOrigin, InspectedWaiter {
  readonly kind = "thread";
  readonly role = "waiter";
  readonly future: Future<unknown>;
  /** Loop time at which it was given. */
  since: number;
  /** That runs it; null while it is queued, and when it is through. */
  worker: PoolWorker | null = null;

  constructor(
    readonly loop: EventLoop,
    readonly resource: object,
    readonly work: WorkSource,
    readonly args: readonly unknown[],
    readonly context: ReadonlyMap<string, unknown> | undefined,
    readonly onAbandoned: (job: ThreadJob) => void,
  ) {
    this.since = loop.time();
    this.future = new ThreadFuture(loop, this);
    loop._resources.add(this);
  }

  /** Somebody waits, or may yet. */
  get isWanted(): boolean {
    return !this.future.done() && !this.loop.isClosed();
  }

  describe(): string {
    return this.worker === null
      ? `thread job ${this.work.name}, queued`
      : `thread job ${this.work.name}, worker ${this.worker.number}`;
  }

  /** What comes after a cancel or after the loop was closed has nobody left to tell (rule EX-02). */
  succeed(value: unknown): void {
    this.loop._resources.delete(this);
    if (this.isWanted) this.future.setResult(value);
  }

  fail(error: unknown): void {
    this.loop._resources.delete(this);
    if (this.isWanted) this.future._fail(error);
  }

  /** @internal */
  _abandoned(): void {
    this.loop._resources.delete(this);
    this.onAbandoned(this);
  }

  /** @internal */
  _loopClosed(): void {
    this.onAbandoned(this);
  }
}
