import { checkCallable } from "../core/arguments.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { Future } from "../core/future.js";
import { BridgeFuture } from "./bridge-future.js";

/** Called when something is done: with an error, or with null and the result. */
export type NodeCallback<T> = (error: unknown, result?: T) => void;

/**
 * A future of what a function with a callback of Node's kind gives. `start` runs at once.
 * @param start gets the callback; may return a function that gives the work up, which is called when the wait is
 * cancelled.
 * @throws what `start` throws.
 * @example const stat = yield* fromCallback<Stats>((done) => fs.stat(path, done));
 * @example
 * yield* fromCallback<void>((done) => {
 *   const timer = setTimeout(done, 1000);
 *   return () => clearTimeout(timer);
 * });
 */
export function fromCallback<T = unknown>(start: (callback: NodeCallback<T>) => unknown): Future<T> {
  checkCallable(
    start,
    "fromCallback() takes a function that is given the callback, fromCallback((done) => …)",
  );
  const name = start.name === "" ? "callback" : `callback of ${start.name}`;
  const future = new BridgeFuture<T>(getRunningLoop(), () => name);
  const giveUp = start((error, result) => {
    if (error === null || error === undefined) future._resolve(result as T);
    else future._reject(error);
  });
  if (typeof giveUp === "function")
    future._listen(() => {
      if (future.cancelled() || !future.done()) (giveUp as () => void)();
    });
  return future;
}
