import { given } from "../core/arguments.js";
import { complete, RESUMED, suspend, yieldOnce } from "../core/awaitable.js";
import type { Suspension } from "../core/awaitable.js";
import { Context } from "../core/context.js";
import type { Coroutine } from "../core/coroutine.js";
import { countStarted } from "../core/never-awaited.js";
import { Operation } from "../core/coroutine.js";
import { setStepping, tracksAsyncFunctions } from "../core/current-task.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import { TimerHandle } from "../core/handle.js";
import { instrument } from "../core/instrument.js";
import type { WaitOrigin } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";

const noContext = new Context();

const origin: WaitOrigin = {
  kind: "sleep",
  resource: null,
  due: (future) => (future as TimerFuture)._timer.when(),
};

/** The timer of a future. It runs no code of the program, so it needs neither a closure nor a context. */
class FutureTimer extends TimerHandle {
  constructor(
    readonly _future: Future<void>,
    loop: EventLoop,
    when: number,
  ) {
    super(nothing, loop, noContext, when);
  }

  override _run(): void {
    setStepping(null);
    if (!this.cancelled()) this._future._trySetResult();
  }
}

function nothing(): void {
  // What such a timer does is in its own method.
}

/** @internal A future that a timer settles; the two are one wait. */
export class TimerFuture extends Future<void> {
  readonly _timer: TimerHandle;

  constructor(loop: EventLoop, when: number) {
    super({ loop });
    this._origin = origin;
    this._timer = new FutureTimer(this, loop, when);
    loop._schedule(this._timer);
  }
}

class Sleep<T> extends Operation<T> {
  readonly #delay: number;
  readonly #result: T;
  #timer: TimerFuture | null;
  #suspended: boolean;

  constructor(delay: number, result: T) {
    super();
    this.#delay = delay;
    this.#result = result;
    this.#timer = null;
    this.#suspended = false;
  }

  get _name(): string {
    return "sleep";
  }

  override get _needsAsyncScope(): boolean {
    return false;
  }

  override get _isTurn(): boolean {
    return this.#delay <= 0;
  }

  override next(): IteratorResult<Suspension, T> {
    if (this.#suspended) {
      const timer = this.#timer;
      if (timer !== null && timer.cancelled()) {
        // A timer that nobody waits for must not keep the process alive (rule TK-05).
        timer._timer.cancel();
        throw timer._cancelledError();
      }
      return complete(this.#result);
    }
    this.#suspended = true;
    // No time: one iteration passes, without a timer (rule TK-03).
    if (this.#delay <= 0) return yieldOnce();
    const loop = getRunningLoop();
    this.#timer = new TimerFuture(loop, loop.time() + this.#delay);
    return suspend(this.#timer);
  }

  override throw(error: unknown): IteratorResult<Suspension, T> {
    this.#timer?._timer.cancel();
    return super.throw(error);
  }
}

/** `sleep(0)` in a coroutine: by far the most frequent one, so one object without memory serves all. */
class LetOneIterationPass extends Operation<void> {
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
