import { given } from "../core/arguments.js";
import { complete, RESUMED, suspend, yieldOnce } from "../core/awaitable.js";
import type { Suspension } from "../core/awaitable.js";
import type { Coroutine } from "../core/coroutine.js";
import { countStarted } from "../core/never-awaited.js";
import { Operation } from "../core/coroutine.js";
import { setStepping, tracksAsyncFunctions } from "../core/current-task.js";
import type { CancelledError } from "../core/errors.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { Runnable } from "../core/handle.js";
import { instrument } from "../core/instrument.js";
import type { WaitOrigin } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { Timer } from "../core/timer-heap.js";

const origin: WaitOrigin = {
  kind: "sleep",
  resource: null,
  due: (future) => (future as TimerFuture)._when,
};

/**
 * The future of a sleep, settled when its time has come. It is its own timer, as a handle beside it would double what a
 * sleeping task takes; it runs no code of the program, so it needs neither a callback nor a context.
 */
class TimerFuture extends Future<void> implements Timer {
  _next: Runnable | null = null;
  _scheduled = false;
  _sequence = 0;
  readonly _when: number;

  constructor(loop: EventLoop, when: number) {
    super(undefined, loop);
    this._when = when;
    loop._schedule(this);
  }

  _run(): void {
    setStepping(null);
    this._trySetResult();
  }

  /** A timer that nobody waits for must not keep the process alive (rule TK-05). */
  override _cancel(message: string, error: CancelledError | null = null): void {
    super._cancel(message, error);
    if (this._scheduled) this._loop._timerCancelled(this);
  }
}

TimerFuture.prototype._origin = origin;

class Sleep<T> extends Operation<T> {
  // Not `#`: V8 defines private fields one by one.
  readonly _delay: number;
  readonly _result: T;
  _timer: TimerFuture | null;
  _suspended: boolean;

  constructor(delay: number, result: T) {
    super();
    this._delay = delay;
    this._result = result;
    this._timer = null;
    this._suspended = false;
  }

  get _name(): string {
    return "sleep";
  }

  override get _needsAsyncScope(): boolean {
    return false;
  }

  override get _isTurn(): boolean {
    return this._delay <= 0;
  }

  override next(): IteratorResult<Suspension, T> {
    if (this._suspended) {
      const timer = this._timer;
      if (timer !== null && timer.cancelled()) throw timer._cancelledError();
      return complete(this._result);
    }
    this._suspended = true;
    // No time: one iteration passes, without a timer (rule TK-03).
    if (this._delay <= 0) return yieldOnce();
    const loop = getRunningLoop();
    this._timer = new TimerFuture(loop, loop.time() + this._delay);
    return suspend(this._timer);
  }

  override throw(error: unknown): IteratorResult<Suspension, T> {
    // It is no longer waited for, however that came.
    this._timer?.cancel();
    return super.throw(error);
  }
}

/** `sleep(0)` in a coroutine: by far the most frequent one, so one object without memory serves all. */
class LetOneIterationPass extends Operation<void> {
  constructor() {
    super();
    // It may be awaited at any time, and has no caller: what awaits it stands at it directly.
    this._caller = null;
  }

  get _name(): string {
    return "sleep";
  }

  override get _needsAsyncScope(): boolean {
    return false;
  }

  override get _isTurn(): boolean {
    return true;
  }

  override next(value?: unknown): IteratorResult<Suspension, void> {
    return value === RESUMED ? complete(undefined) : yieldOnce();
  }

  override _asFrame(): Operation<void> {
    return new Sleep<void>(0, undefined);
  }

  override _isNew(): boolean {
    return true;
  }

  override _start(): void {
    // Any number of coroutines may stand here.
  }

  override _end(): void {
    // As above.
  }

  override close(): void {
    // As above.
  }
}

const letOneIterationPass = new LetOneIterationPass();
countStarted();

/**
 * Waits for `ms` milliseconds, never less; 0 or less lets one iteration of the loop pass.
 * @throws ValueError for NaN (rule TK-04).
 * @example yield* sleep(100); // or: await sleep(100)
 */
export function sleep(ms: number): Coroutine<void>;
/** As above. @param result what the wait gives back. */
export function sleep<T>(ms: number, result: T): Coroutine<T>;
export function sleep(ms: number, result?: unknown): Coroutine<unknown> {
  if (typeof ms !== "number") throw new TypeError(`sleep() takes milliseconds, got ${given(ms)}`);
  if (Number.isNaN(ms)) throw new ValueError("sleep() takes milliseconds, got NaN");
  // Whoever watches tells the waits of async functions apart by their objects.
  if (ms <= 0 && result === undefined && (instrument === null || !tracksAsyncFunctions()))
    return letOneIterationPass;
  return new Sleep(ms, result);
}
