import { Future } from "../core/future.js";
import type { WaitOrigin } from "../core/instrument.js";
import { ensureFuture } from "./ensure-future.js";
import type { AwaitableArgument, ResultOf } from "./ensure-future.js";

const origin: WaitOrigin = {
  kind: "shield",
  resource: null,
  children: (future) => [(future as ShieldFuture)._inner],
};

class ShieldFuture extends Future<unknown> {
  readonly _inner: Future<unknown>;

  constructor(inner: Future<unknown>) {
    super({ loop: inner._loop });
    this._origin = origin;
    this._inner = inner;
    inner.addDoneCallback(this.#innerDone);
  }

  override _cancel(...outcome: Parameters<Future<unknown>["_cancel"]>): void {
    // As its first done callback, which it would otherwise have in any case.
    if (!this._inner.done()) this._loop.callSoon(this.#abandon);
    super._cancel(...outcome);
  }

  readonly #innerDone = (inner: Future<unknown>): void => {
    if (this.cancelled()) return;
    if (inner.cancelled()) this._cancel("", inner._cancelledError());
    else if (inner._hasError()) this._fail(inner.exception());
    else this.setResult(inner.result());
  };

  /** Nobody waits here any more: an error is reported when it comes, once however many shields there were (SH-04). */
  readonly #abandon = (): void => {
    const inner = this._inner;
    if (inner.done()) return;
    inner.removeDoneCallback(this.#innerDone);
    inner.removeDoneCallback(reportError);
    inner.addDoneCallback(reportError);
  };
}

/**
 * Protects `awaitable` from the cancellation of whoever waits for it: the waiter is cancelled, the work goes on
 * (rule SH-02). Keep a reference to the inner task when its outcome matters.
 */
export function shield<A extends AwaitableArgument<unknown>>(awaitable: A): Future<ResultOf<A>> {
  const inner = ensureFuture(awaitable) as Future<unknown>;
  if (inner.done()) return inner as Future<ResultOf<A>>;
  return new ShieldFuture(inner) as Future<ResultOf<A>>;
}

function reportError(inner: Future<unknown>): void {
  if (inner.cancelled() || !inner._hasError()) return;
  inner._loop.callExceptionHandler({
    message: `${inner._describe()} failed after the shield around it was cancelled`,
    exception: inner.exception(),
    future: inner,
  });
}
