import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { WaitOrigin } from "../core/instrument.js";

/** @internal How something of Node's reports its end. */
export interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** @internal Names a wait for views: `connection to 127.0.0.1:80`. */
export function waitFor(kind: "read" | "drain" | "process" | "other", describe: () => string): WaitOrigin {
  return { kind, resource: null, describe };
}

/**
 * @internal Waits for what `start` begins.
 * @param start listens; returns what undoes that, which is called however the wait ends.
 */
export function* untilSettled<T = unknown>(
  loop: EventLoop,
  origin: WaitOrigin,
  start: (settle: Settle<T>) => () => void,
): CoroutineGenerator<T> {
  const future = new Future<T>({ loop });
  future._origin = origin;
  const stop = start({
    resolve: (value) => {
      if (!loop.isClosed()) future._trySetResult(value);
    },
    reject: (error) => {
      if (!future.done() && !loop.isClosed()) future._fail(error);
    },
  });
  try {
    return yield* future;
  } finally {
    stop();
  }
}

/** @internal Waits for a promise of Node's. */
export function untilPromise<T>(
  loop: EventLoop,
  origin: WaitOrigin,
  make: () => Promise<T>,
): CoroutineGenerator<T> {
  return untilSettled<T>(loop, origin, ({ resolve, reject }) => {
    make().then(resolve, reject);
    return () => undefined;
  });
}
