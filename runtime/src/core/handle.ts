import type { Context } from "./context.js";
import type { EventLoop } from "./event-loop.js";

/** @internal Anything that can stand in a loop's ready queue. The queue is a list through `_next`. */
export interface Runnable {
  _next: Runnable | null;
  _run(): void;
}

/** A callback that a loop will call. Returned by `callSoon`, not constructed by users. */
export class Handle {
  /** @internal */ _next: Runnable | null = null;
  /** @internal Null once cancelled or called: what it closed over can be collected. */ _callback:
    (() => void) | null;
  /** @internal */ _cancelled = false;
  /** @internal Where it was made, in debug mode (rule DB-02). */ _source: Error | null = null;
  /** @internal The function that its callback calls for a future, for reports. On the prototype until set. */
  declare _of: { readonly name: string } | null;

  /** @internal */
  constructor(
    callback: () => void,
    /** @internal */ readonly _loop: EventLoop,
    /** @internal */ readonly _context: Context,
  ) {
    this._callback = callback;
  }

  /** Idempotent; no effect on a callback that runs already (rule LP-06). */
  cancel(): void {
    this._cancelled = true;
    this._callback = null;
  }

  /** Whether {@link cancel} was called. */
  cancelled(): boolean {
    return this._cancelled;
  }

  /** The context that the callback runs in. */
  getContext(): Context {
    return this._context;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  /** @internal */
  _run(): void {
    const callback = this._callback;
    if (callback !== null) this._loop._call(this, callback);
  }
}

Handle.prototype._of = null;

/** A callback that a loop will call at a time. Returned by `callLater` and `callAt`. */
export class TimerHandle extends Handle {
  /** @internal */ _scheduled = false;
  /** @internal */ _sequence = 0;

  /** @internal */
  constructor(
    callback: () => void,
    loop: EventLoop,
    context: Context,
    /** @internal */ readonly _when: number,
  ) {
    super(callback, loop, context);
  }

  /** Deadline on the loop's clock, milliseconds. */
  when(): number {
    return this._when;
  }

  override cancel(): void {
    const before = this.cancelled();
    super.cancel();
    if (!before && this._scheduled) this._loop._timerCancelled(this);
  }
}
