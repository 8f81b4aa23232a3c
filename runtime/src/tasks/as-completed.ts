import { checkNumber, checkOptions, itemsOf } from "../core/arguments.js";
import type { Suspension } from "../core/awaitable.js";
import { awaitNatively, complete } from "../core/awaitable.js";
import type { Coroutine } from "../core/coroutine.js";
import { TimeoutError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import type { Future } from "../core/future.js";
import type { TimerHandle } from "../core/handle.js";
import { getRunningLoop } from "../core/running-loop.js";
import { RingBuffer } from "../queues/ring-buffer.js";
import { WaitOperation } from "../sync/wait-operation.js";
import { WaitQueue } from "../sync/wait-queue.js";
import type { WaitQueueOwner } from "../sync/wait-queue.js";
import { ensureFuture } from "./ensure-future.js";
import type { AwaitableArgument, ResultOf } from "./ensure-future.js";

/** Options of {@link asCompleted}. */
export interface AsCompletedOptions {
  /** Milliseconds after which the iteration throws TimeoutError. Default: no limit. */
  readonly timeout?: number | null;
}

/**
 * A future as `for await` gives it: done, read it with `result()`. Its type says that it is no thenable, because
 * TypeScript takes the loop variable of a `for await` for the awaited one; it is the very future, which is one.
 */
export type CompletedFuture<F> = F & { readonly then: never };

/** What {@link asCompleted} gives. An iteration can be left and taken up again (rule AC-04). */
export interface AsCompleted<A> extends IterableIterator<Coroutine<ResultOf<A>>, undefined> {
  /** The futures themselves, as they complete. */
  [Symbol.asyncIterator](): AsyncIterableIterator<
    CompletedFuture<A extends Future<unknown> ? A : Future<ResultOf<A>>>,
    undefined
  >;
}

/**
 * Runs all at once and gives them in the order in which they complete (rule AC-01): `for await` the very tasks
 * and futures passed in, plain `for` coroutines of which the first one awaited gives the first result. Nothing is
 * cancelled, neither by the timeout nor by leaving the loop.
 * @throws TypeError for a single awaitable; TimeoutError from each step after the timeout (rule AC-03).
 * @example
 * for (const next of asCompleted([fetchUser(1), fetchUser(2)])) show(yield* next);
 * for await (const task of asCompleted(tasks)) show(task.result());
 */
export function asCompleted<A extends AwaitableArgument<unknown>>(
  awaitables: Iterable<A>,
  options: AsCompletedOptions = {},
): AsCompleted<A> {
  checkOptions(options, "asCompleted()");
  if (options.timeout !== undefined && options.timeout !== null)
    checkNumber(options.timeout, "asCompleted() takes its timeout as milliseconds or null");
  const several = itemsOf(
    awaitables,
    "asCompleted() takes several awaitables, an array or another iterable of them",
  );
  return new CompletionIterator(new Set(several), options.timeout ?? null) as unknown as AsCompleted<A>;
}

class CompletionIterator implements WaitQueueOwner {
  readonly _todo: Set<Future<unknown>>;
  /** In the order of completion; null for each step that comes too late. */
  readonly _done = new RingBuffer<Future<unknown> | null>();
  readonly _queue: WaitQueue;
  readonly #loop = getRunningLoop();
  readonly #timer: TimerHandle | null;
  /** Steps that were not handed out yet. */
  #left: number;

  constructor(awaitables: Set<AwaitableArgument<unknown>>, timeout: number | null) {
    const children = (): Iterable<Future<unknown>> => this._todo;
    const due = (): number | undefined => this.#timer?.when();
    this._queue = new WaitQueue(this, { kind: "wait", resource: null, children, due }, "waiter");
    this._todo = new Set();
    for (const awaitable of awaitables) this._todo.add(ensureFuture(awaitable, { loop: this.#loop }));
    this.#left = this._todo.size;
    for (const future of this._todo) future.addDoneCallback(this.#completed);
    this.#timer =
      timeout === null || this.#left === 0 ? null : this.#loop.callLater(timeout, () => this.#timedOut());
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Coroutine<unknown>, undefined> {
    if (this.#left === 0) return { done: true, value: undefined };
    this.#left--;
    return { done: false, value: new NextResult(this, this._queue) };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Future<unknown>, undefined> {
    return {
      next: () => {
        if (this.#left === 0) return Promise.resolve({ done: true, value: undefined });
        this.#left--;
        return awaitNatively(new NextFuture(this, this._queue));
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  _bindLoop(): EventLoop {
    return this.#loop;
  }

  _changed(): void {
    // No primitive: views show the wait, not this.
  }

  readonly #completed = (future: Future<unknown>): void => {
    if (!this._todo.delete(future)) return;
    this.#put(future);
    if (this._todo.size === 0) this.#timer?.cancel();
  };

  #timedOut(): void {
    for (const future of this._todo) {
      future.removeDoneCallback(this.#completed);
      this.#put(null);
    }
    this._todo.clear();
  }

  #put(future: Future<unknown> | null): void {
    this._done.push(future);
    this._queue.wakeNext();
  }
}

abstract class NextStep<R> extends WaitOperation<CompletionIterator, R> {
  get _name(): string {
    return "asCompleted";
  }

  abstract completed(future: Future<unknown>): R;

  start(): IteratorResult<Suspension, R> {
    const done = this.on._done;
    if (done.length === 0) return this.wait();
    const future = done.shift();
    if (future === null) throw new TimeoutError("the deadline of asCompleted() passed");
    return complete(this.completed(future));
  }

  woken(): IteratorResult<Suspension, R> {
    return this.start();
  }

  override gaveUp(woken: boolean): void {
    if (woken && this.on._done.length > 0) this.on._queue.wakeNext();
  }
}

class NextResult extends NextStep<unknown> {
  completed(future: Future<unknown>): unknown {
    return future.result();
  }
}

class NextFuture extends NextStep<IteratorResult<Future<unknown>, undefined>> {
  completed(future: Future<unknown>): IteratorResult<Future<unknown>, undefined> {
    return { done: false, value: future };
  }
}
