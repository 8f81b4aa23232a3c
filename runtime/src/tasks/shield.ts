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
  override _origin: WaitOrigin | null = origin;
  constructor(readonly _inner: Future<unknown>) {
    super({ loop: _inner._loop });
  }
}

/**
 * Protects `awaitable` from the cancellation of whoever waits for it: the waiter is cancelled, the work goes on
 * (rule SH-02). Keep a reference to the inner task when its outcome matters.
 */
export function shield<A extends AwaitableArgument<unknown>>(awaitable: A): Future<ResultOf<A>> {
  const inner = ensureFuture(awaitable) as Future<unknown>;
  if (inner.done()) return inner as Future<ResultOf<A>>;
  const outer = new ShieldFuture(inner);
  const innerDone = (): void => {
    if (outer.cancelled()) {
      reportOnce(inner);
      return;
    }
    if (inner.cancelled()) {
      outer._cancel("", inner._cancelledError());
      return;
    }
    if (inner._hasError()) outer._fail(inner.exception());
    else outer.setResult(inner.result());
  };
  inner.addDoneCallback(innerDone);
  return outer as Future<ResultOf<A>>;
}

/** An error that came after everybody had left is reported, once however many shields there were (rule SH-04). */
function reportOnce(inner: Future<unknown>): void {
  if (inner.cancelled() || !inner._isUnretrieved()) return;
  const exception = inner.exception();
  inner._loop.callExceptionHandler({
    message: `${inner._describe()} failed after the shield around it was cancelled`,
    exception,
    future: inner,
  });
}
