import type { AsyncResource } from "node:async_hooks";
import { installAwaiter } from "./awaitable.js";
import type { Awaitable } from "./awaitable.js";
import {
  asyncScope,
  asyncScopeFor,
  currentPlaceOrNull,
  goOnIn,
  interruptWith,
  setStepping,
  trackAsyncFunctions,
  tracksAsyncFunctions,
} from "./current-task.js";
import { CancelScope } from "./cancel-scope.js";
import { enterContext } from "./context.js";
import { Coroutine } from "./coroutine.js";
import type { Frame } from "./coroutine.js";
import { drive } from "./driver.js";
import type { Steppable } from "./driver.js";
import { CancelledError, isFatal, RuntimeError } from "./errors.js";
import type { EventLoop } from "./event-loop.js";
import { Future } from "./future.js";
import type { Runnable } from "./handle.js";
import { activity, slowStepWatch } from "./instrument.js";
import { getRunningLoop } from "./running-loop.js";
import type { Task } from "./task.js";

let lastResolve: (value: unknown) => void = nothing;
let lastReject: (reason: unknown) => void = nothing;

/** One function for all promises instead of one for each: it is called before anything else can run. */
function keepFunctions(resolve: (value: unknown) => void, reject: (reason: unknown) => void): void {
  lastResolve = resolve;
  lastReject = reject;
}

function nothing(): void {
  // Stands where no promise is being made.
}

/**
 * @internal One `await` of an async function on an awaitable of the runtime. It belongs to the task that the
 * function runs in, so that a cancel of the task reaches it; a task may have several at once (`Promise.all`).
 */
export class AwaitStrand implements Steppable {
  _next: Runnable | null = null;
  /** @internal Neighbours among the awaits of its task. */ _before: AwaitStrand | null = null;
  /** @internal */ _after: AwaitStrand | null = null;
  _frame: Frame | null = null;
  _waiter: Future<unknown> | null = null;
  _cancelArrives: boolean | null = false;
  /** @internal Loop time at which the present wait began. */ _since: number;
  readonly promise: Promise<unknown>;
  // Not `#`: awaits are made all the time, and V8 defines private fields one by one.
  /** @internal The future that it waits for, when that is all there is to do. */
  _future: Future<unknown> | null = null;
  /** @internal Of the function that awaits: its coroutines go on in there. */
  _asyncScope: AsyncResource | null = null;
  /** @internal */ readonly _resolve: (value: unknown) => void;
  /** @internal */ readonly _reject: (reason: unknown) => void;

  private constructor(
    readonly task: Task<unknown> | null,
    /** @internal In which its innermost frame waits; null: in the task, outside every scope. */
    public _scope: CancelScope | null,
    readonly _loop: EventLoop,
    /** What the async function awaits. */
    readonly _awaitable: object,
  ) {
    this._since = _loop._iterationTime;
    this.promise = new Promise(keepFunctions);
    this._resolve = lastResolve;
    this._reject = lastReject;
    // They hold the function that awaits.
    lastResolve = lastReject = nothing;
  }

  /** Waits for `awaitable` as the current task. A mistake in the use of it rejects the promise. */
  static start<T>(awaitable: Awaitable<T>): Promise<T> {
    if (!tracksAsyncFunctions()) trackAsyncFunctions();
    const place = currentPlaceOrNull();
    const task = place?._task ?? null;
    const scope = place instanceof CancelScope ? place : null;
    try {
      if (awaitable instanceof Future)
        return AwaitStrand.#awaitFuture(awaitable as Future<unknown>, task, scope) as Promise<T>;
      const strand = new AwaitStrand(task, scope, task?._loop ?? getRunningLoop(), awaitable);
      const awaited = awaitable as unknown as Coroutine<unknown>;
      const isTurn = activity === null && awaited._isTurn;
      const frame = isTurn ? awaited : awaited._asFrame();
      frame._start();
      strand._frame = frame;
      // A cancel that is pending hits at the first suspension, not before (rule CA-09).
      if (isTurn) {
        // Its first step does nothing else.
        frame._iterator.next();
        strand._enqueue();
      } else strand._resume(false);
      if (strand._frame !== null) {
        if (frame._needsAsyncScope) strand._asyncScope ??= asyncScope();
        task?._addStrand(strand);
      }
      return strand.promise as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  static #awaitFuture(
    future: Future<unknown>,
    task: Task<unknown> | null,
    scope: CancelScope | null,
  ): Promise<unknown> {
    if (future.done()) return new Promise((resolve) => resolve(future.result()));
    if (task !== null && (future as unknown) === task)
      throw new RuntimeError(`Task cannot await on itself: ${task._describe()}`);
    if (task !== null && task._loop !== future._loop)
      throw new RuntimeError(`${task._describe()} got a ${future._describe()} attached to a different loop`);
    if (slowStepWatch !== null) slowStepWatch();
    const strand = new AwaitStrand(task, scope, future._loop, future);
    strand._future = strand._waiter = future;
    future._add(strand);
    if (task !== null) {
      task._addStrand(strand);
      const message = strand._pendingCancel();
      if (message !== null && future.cancel(message)) strand._clearPendingCancel();
    }
    return strand.promise;
  }

  /** What it waits for was settled. */
  _wake(future: Future<unknown>): void {
    this._waiter = null;
    this._cancelArrives = future._endedByCancel();
    if (this.task !== null && activity !== null) activity.taskScheduled(this.task);
    this._enqueue();
  }

  _enqueue(): void {
    if (this.task !== null) this.task._readyStrands++;
    this._loop._enqueue(this);
  }

  _run(): void {
    if (this.task !== null) this.task._readyStrands--;
    if (this._future === null) this._resume(true);
    else this.#settle(this._future);
  }

  #settle(future: Future<unknown>): void {
    let result: unknown;
    try {
      if (this._pendingCancel() !== null) {
        // As in drive(): it gets one CancelledError, and the outcome is dropped (rules CA-14, CA-15).
        if (!this._cancelArrives) {
          if (future._hasError()) future.exception();
          throw this._makeCancelled();
        }
        this._clearPendingCancel();
      }
      result = future.result();
    } catch (error) {
      this._failed(error);
      return;
    }
    this._finish(result);
  }

  /** Runs a step of the task, see {@link drive}. */
  _resume(delivers: boolean): void {
    // Left behind by a function that has ended, it goes on as nobody's, with the variables that it had.
    const task = this.task === null || this.task.done() ? null : this.task;
    const before = interruptWith(task === null ? null : (this._scope ?? task));
    const context = enterContext(task === null && this.task !== null ? this.task._context : null);
    if (task !== null && activity !== null) activity.stepEntered(task);
    try {
      for (let again = true, first = delivers; again; first = false)
        again =
          this._asyncScope === null
            ? drive(this, first)
            : this._asyncScope.runInAsyncScope(drive, undefined, this, first);
    } finally {
      this._since = this._loop._iterationTime;
      enterContext(context);
      goOnIn(before, task);
      if (this.task !== null && !this.task.done()) this.task._stepLeft();
    }
  }

  _finish(value: unknown): void {
    this.task?._removeStrand(this);
    this._loop._drainMicrotasks();
    // The function goes on in a microtask that nobody sees end: until its next await it counts as waiting elsewhere.
    this.task?._stepLeft();
    // A future or coroutine as result is flattened here, as by any promise (rule JS-19).
    this._resolve(value);
  }

  _failed(error: unknown): void {
    this.task?._removeStrand(this);
    this._loop._drainMicrotasks();
    // The function goes on in a microtask that nobody sees end: until its next await it counts as waiting elsewhere.
    this.task?._stepLeft();
    this._reject(error);
    if (isFatal(error) && (this.task === null || this.task.done())) this._loop._fatal(error);
  }

  /** What its frames start from here on, and the awaits in there, belong to `scope`. */
  _changeScope(scope: CancelScope | null): boolean {
    this._scope = scope;
    if (this.task === null || this.task.done()) return false;
    setStepping(scope ?? this.task);
    this._asyncScope = asyncScopeFor(scope ?? this.task);
    return true;
  }

  _pendingCancel(): string | null {
    return this.task?._pendingIn(this._scope)?.message ?? null;
  }

  _clearPendingCancel(): void {
    this.task?._clearPendingIn(this._scope);
  }

  _makeCancelled(): CancelledError {
    return this.task === null ? new CancelledError() : this.task._makeCancelledIn(this._scope);
  }

  _describe(): string {
    return this.task === null ? "an await outside any task" : this.task._describe();
  }

  _isItself(future: Future<unknown>): boolean {
    return (future as unknown) === this.task;
  }
}

installAwaiter((awaitable) => AwaitStrand.start(awaitable));
