import { checkCallable, checkOptions, given, nameKind } from "./arguments.js";
import { addAwaitFrame } from "./await-frame.js";
import type { Awaitable, Suspension } from "./awaitable.js";
import { awaitNatively, complete, delivered, suspend } from "./awaitable.js";
import type { Context } from "./context.js";
import { currentContext } from "./context.js";
import { creationStack } from "./creation-stack.js";
import {
  asCancelledError,
  CancelledError,
  cancelledError,
  cancelRequest,
  CancelRequest,
  InvalidStateError,
} from "./errors.js";
import type { EventLoop } from "./event-loop.js";
import { instrument } from "./instrument.js";
import type { WaitOrigin } from "./instrument.js";
import { currentTaskOrNull } from "./current-task.js";
import { getRunningLoop } from "./running-loop.js";
import { UnretrievedError, watchForCollection, retrieved } from "./unretrieved.js";

const PENDING = 0;
const FINISHED = 1;
const FAILED = 2;
const CANCELLED = 3;

/** @internal Woken when a future is done: tasks and awaits of async functions. */
export interface Waker {
  /** Called synchronously; must only put itself into the ready queue. */
  _wake(future: Future<unknown>): void;
}

class DoneCallback implements Waker {
  constructor(
    readonly fn: (future: Future<unknown>) => void,
    readonly context: Context,
  ) {}

  _wake(future: Future<unknown>): void {
    const { fn, context } = this;
    future._loop.callSoon(() => fn(future), { context })._of = fn;
  }
}

/** Several to be told, in order. A future for one of its own: nearly all futures have at most one. */
class Wakers implements Waker {
  constructor(public list: Waker[]) {}

  _wake(future: Future<unknown>): void {
    for (const waker of this.list) waker._wake(future);
  }
}

/** @internal Brand that marks futures across copies of the runtime. */
export const FUTURE_BRAND: unique symbol = Symbol.for("asyncscope.future");

/** True for a {@link Future} or {@link Task}, also one of another copy of the runtime. */
export function isFuture(value: unknown): value is Future<unknown> {
  return typeof value === "object" && value !== null && FUTURE_BRAND in value;
}

/**
 * A result that will be there later. Belongs to one loop. Unlike a Promise it can be cancelled, throws when it is
 * set twice (rule FU-02), does not adopt thenables, and tells its waiters in an iteration to come, never at once.
 *
 * Waits in both forms: `yield* future` in a coroutine, `await future` in an async function.
 */
export class Future<T> implements Awaitable<T> {
  /** @internal */ _state: 0 | 1 | 2 | 3 = PENDING;
  /** @internal The result, the error holder, or the CancelledError, by state. */ _value: unknown = undefined;
  /** @internal Told when it is done. */ _waker: Waker | null = null;
  /** @internal */ readonly _loop: EventLoop;
  /** @internal What it stands for, for views. On the prototype until set: most futures stand for nothing. */
  declare _origin: WaitOrigin | null;
  /** @internal Where it was made, in debug mode (rule FU-17); on the prototype otherwise. */
  declare _source: Error | null;

  /** @param options.loop default: the running one. @throws RuntimeError when no loop runs and none is given. */
  constructor(options?: { readonly loop?: EventLoop });
  /** @internal */
  constructor(options: undefined, loop: EventLoop | undefined);
  constructor(options?: { readonly loop?: EventLoop }, loop?: EventLoop) {
    this._loop = loop ?? options?.loop ?? getRunningLoop();
    // What waits for a timer or a queue is of a class of its own.
    if (instrument !== null && new.target === Future) instrument.futureCreated(this);
    const debug: unknown = this._loop._debug;
    if (debug === false) return;
    if (debug !== true)
      throw new TypeError(`a future takes an event loop as its loop, got ${given(this._loop)}`);
    this._source = creationStack();
  }

  /** @internal */
  get [FUTURE_BRAND](): true {
    return true;
  }

  /** The loop that runs its callbacks. */
  getLoop(): EventLoop {
    return this._loop;
  }

  /** True after a result, an error or a cancellation. */
  done(): boolean {
    return this._state !== PENDING;
  }

  /** Whether it ended by being cancelled. */
  cancelled(): boolean {
    return this._state === CANCELLED;
  }

  /**
   * @throws the error, when there is one; CancelledError when cancelled; InvalidStateError while pending.
   * Counts as having looked at the error (rule FU-12).
   */
  result(): T {
    switch (this._state) {
      case FINISHED:
        return this._value as T;
      case FAILED:
        throw (this._value as UnretrievedError).toThrow();
      case CANCELLED:
        throw this.makeCancelledError();
      default:
        throw new InvalidStateError("the result is not there yet: wait for it with yield* or await");
    }
  }

  /**
   * @returns the error, or null when it ended well.
   * @throws CancelledError when cancelled; InvalidStateError while pending.
   */
  exception(): unknown {
    switch (this._state) {
      case FINISHED:
        return null;
      case FAILED:
        return retrieved(this._value as UnretrievedError);
      case CANCELLED:
        throw this.makeCancelledError();
      default:
        throw new InvalidStateError("there is no outcome yet: wait for it with yield* or await");
    }
  }

  /** @throws InvalidStateError when it is done already (a Promise would ignore that silently). */
  setResult(value: T): void {
    if (this._state !== PENDING) throw this._alreadyDone("setResult");
    this._state = FINISHED;
    this._value = value;
    this._settled();
  }

  /**
   * @param error an error, or an error class to make one of (rule FU-05).
   * @throws InvalidStateError when it is done already.
   */
  setException(error: unknown): void {
    if (this._state !== PENDING) throw this._alreadyDone("setException");
    this._fail(isErrorClass(error) ? new error() : error);
  }

  /** @returns false when it was done already (rule FU-03). */
  cancel(message = ""): boolean {
    if (this._state !== PENDING) {
      // Whoever cancels knows of the outcome: an error in it is no news (rule FU-14).
      if (this._state === FAILED) retrieved(this._value as UnretrievedError);
      return false;
    }
    this._cancel(message);
    return true;
  }

  /** Calls `fn(this)` in an iteration after it is done, also when it is done already (rule FU-06). */
  addDoneCallback(fn: (future: this) => void, options?: { readonly context?: Context }): void {
    checkCallable(fn, "addDoneCallback() takes a function");
    checkOptions(options, "addDoneCallback()");
    const callback = new DoneCallback(
      fn as (future: Future<unknown>) => void,
      options?.context ?? currentContext().copy(),
    );
    if (this._state !== PENDING) callback._wake(this);
    else this._add(callback);
  }

  /** @returns how many registrations of `fn` were removed (rule FU-07). */
  removeDoneCallback(fn: (future: this) => void): number {
    return removeWakers(this, (entry) => entry instanceof DoneCallback && (entry.fn as unknown) === fn);
  }

  /** For `await`. A cancel of the awaiting task cancels this future (rule CA-03). */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return awaitNatively(this).then(onFulfilled, onRejected);
  }

  /** For `yield*`: waits for the result. */
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this;
  }

  /** @internal The iterator of `yield*`: without state of its own, so that one object serves every waiter. */
  next(): IteratorResult<Suspension, T> {
    if (this._state === PENDING) return suspend(this);
    if (this._state === FINISHED) return complete(this._value as T);
    throw errorForAwaiter(this);
  }

  /** @internal */
  throw(error: unknown): never {
    // A cancellation takes the place of the outcome: whoever it would have reached has been told (CA-15).
    if (this._state === FAILED) retrieved(this._value as UnretrievedError);
    throw delivered(error);
  }

  /** @internal */
  _forget(waker: Waker): void {
    removeWakers(this, (entry) => entry === waker);
  }

  /** @internal Those who are told when it is done, in order: tasks, awaits and callbacks. */
  _listeners(): readonly Waker[] {
    const waker = this._waker;
    return waker === null ? [] : waker instanceof Wakers ? waker.list : [waker];
  }

  /** @internal Who will be told last. */
  _lastWaker(): Waker | null {
    const waker = this._waker;
    return waker instanceof Wakers ? waker.list[waker.list.length - 1]! : waker;
  }

  /** @internal For outcomes that race with a cancellation: nothing happens when it is done (rule FU-19). */
  _trySetResult(value: T): void {
    if (this._state === PENDING) this.setResult(value);
  }

  /** @internal */
  _fail(error: unknown): void {
    this._state = FAILED;
    this._value = watchForCollection(this, "Future", error, null);
    this._settled();
  }

  /** @internal */
  _cancel(message: string, error: CancelledError | null = null): void {
    this._state = CANCELLED;
    const by = error === null ? currentTaskOrNull() : null;
    this._value = error ?? (by === null ? message : cancelRequest(message, by.name));
    this._settled();
  }

  /**
   * For subclasses: the error that a cancellation throws, to the one who asks for the outcome and, of a task, into its
   * coroutine. One that overrides it keeps the message by asking `super`.
   */
  protected makeCancelledError(): CancelledError {
    return this._cancelledError();
  }

  /** For subclasses: where it was created, in debug mode; null otherwise (rule FU-17). */
  protected get sourceTraceback(): string | null {
    return this._source?.stack ?? null;
  }

  /** @internal */
  _madeCancelledError(): CancelledError {
    return this.makeCancelledError();
  }

  /** @internal The first one that asks gets the original error, later ones fresh ones with its message (CA-16). */
  _cancelledError(): CancelledError {
    const value = this._value as string | CancelRequest | CancelledError;
    if (typeof value === "string") return cancelledError(value);
    if (value instanceof CancelRequest) return value.toError();
    this._value =
      value.cancelledBy === undefined ? value.message : cancelRequest(value.message, value.cancelledBy);
    return value;
  }

  /** @internal Whether those who wait for it get a CancelledError, also as the error of a composite. */
  _endedByCancel(): boolean {
    return (
      this._state === CANCELLED ||
      (this._state === FAILED && asCancelledError((this._value as UnretrievedError).error) !== null)
    );
  }

  /** @internal The error without counting as having looked at it. */
  _peekError(): unknown {
    return this._state === FAILED ? (this._value as UnretrievedError).error : undefined;
  }

  /** @internal */
  _hasError(): boolean {
    return this._state === FAILED;
  }

  /** @internal Whether nobody has looked at its error, nor is about to. */
  _isUnretrieved(): boolean {
    if (this._state !== FAILED) return false;
    const holder = this._value as UnretrievedError;
    return !holder.retrieved && !holder.isAwaited;
  }

  /** @internal Somebody who waits for others, too, will look at its error, if it has one. */
  _awaitError(): void {
    if (this._state === FAILED) (this._value as UnretrievedError).isAwaited = true;
  }

  /** @internal For messages. */
  _describe(): string {
    return "future";
  }

  /** @internal */
  _settled(): void {
    const waker = this._waker;
    if (waker === null) return;
    this._waker = null;
    waker._wake(this);
  }

  /** @internal */
  _add(waker: Waker): void {
    const before = this._waker;
    if (before === null) this._waker = waker;
    else if (before instanceof Wakers) before.list.push(waker);
    else this._waker = new Wakers([before, waker]);
  }

  /** @internal */
  _alreadyDone(method: string): InvalidStateError {
    const how = ["", "has a result", "has an error", "is cancelled"][this._state]!;
    return new InvalidStateError(`${method}: this ${this._describe()} ${how} already; test done() first`);
  }
}

Future.prototype._origin = null;
Future.prototype._source = null;

// Functions instead of private methods: those would mark every future, and cost 8 bytes of each.

/** The error for the generator that awaits `future`, with the line of that await in its stack. */
function errorForAwaiter(future: Future<unknown>): unknown {
  if (future._hasError()) {
    const error = (future._value as UnretrievedError).toThrow();
    addAwaitFrame(error, nextMethod);
    return error;
  }
  const original = future._value instanceof CancelledError;
  const error = future._madeCancelledError();
  if (original) addAwaitFrame(error, nextMethod);
  return error;
}

function removeWakers(future: Future<unknown>, which: (waker: Waker) => boolean): number {
  const listeners = future._listeners();
  const kept = listeners.filter((waker) => !which(waker));
  future._waker = kept.length === 0 ? null : kept.length === 1 ? kept[0]! : new Wakers(kept);
  return listeners.length - kept.length;
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- only a marker of where the captured stack begins
const nextMethod = Future.prototype.next;

function isErrorClass(value: unknown): value is new () => unknown {
  return typeof value === "function" && (value === Error || value.prototype instanceof Error);
}

nameKind(Future, "a future");
