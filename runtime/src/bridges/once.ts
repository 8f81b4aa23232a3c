import { getRunningLoop } from "../core/running-loop.js";
import type { Future } from "../core/future.js";
import { className } from "../core/arguments.js";
import { BridgeFuture } from "./bridge-future.js";
import { checkEmitter, listen } from "./emitter.js";
import type { Emitter } from "./emitter.js";

/**
 * The next event of an EventEmitter or EventTarget: a future of its arguments, which listens from now on. Cancelling it
 * stops that at once. An `error` event is thrown, unless it is the one that is waited for.
 * @example const [socket] = yield* once<[Socket]>(server, "connection");
 */
export function once<A extends readonly unknown[] = unknown[]>(
  source: Emitter | EventTarget,
  event: string | symbol,
): Future<A> {
  checkEmitter(source);
  const name = `event ${String(event)} of ${className(source)}`;
  const future = new BridgeFuture<A>(getRunningLoop(), () => name);
  const stopEvent = listen(source, event, (...args) => future._resolve(args as unknown as A));
  if (event === "error" || source instanceof EventTarget) future._listen(stopEvent);
  else {
    const stopError = listen(source, "error", (error) => future._reject(error));
    future._listen(() => {
      stopEvent();
      stopError();
    });
  }
  return future;
}
