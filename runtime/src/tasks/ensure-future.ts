import { checkOptions, given } from "../core/arguments.js";
import { isStartable, isThenable } from "../core/async-call.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { Startable } from "../core/task.js";
import { adopt } from "./until.js";

/** What the functions that wait for several things take: anything to start, a future, or a foreign promise. */
export type AwaitableArgument<T> = Startable<T> | PromiseLike<T>;

/** The result of an {@link AwaitableArgument}. */
export type ResultOf<A> =
  A extends PromiseLike<infer T>
    ? T
    : A extends Generator<unknown, infer T, unknown>
      ? T
      : A extends () => PromiseLike<infer T>
        ? T
        : A extends () => Generator<unknown, infer T, unknown>
          ? T
          : never;

/**
 * A future of whatever can be awaited: futures and tasks unchanged, coroutines and functions as a new task,
 * promises adopted.
 * @throws TypeError for anything else (rule TK-10); ValueError when a future belongs to another loop.
 */
export function ensureFuture<A extends AwaitableArgument<unknown>>(
  awaitable: A,
  options?: { readonly loop?: EventLoop },
): Future<ResultOf<A>> {
  const value: unknown = awaitable;
  if (value instanceof Future) {
    if (options?.loop !== undefined && options.loop !== value._loop)
      throw new ValueError("this future belongs to a different event loop than the one given");
    return value as Future<ResultOf<A>>;
  }
  checkOptions(options, "ensureFuture()");
  const loop = options?.loop ?? getRunningLoop();
  if (typeof loop.createTask !== "function")
    throw new TypeError(`ensureFuture() takes an event loop as its loop, got ${given(loop)}`);
  if (isStartable(value)) return loop.createTask(value as Startable<unknown>) as Future<ResultOf<A>>;
  if (isThenable(value)) return adopt(value, loop) as Future<ResultOf<A>>;
  throw new TypeError(
    `a coroutine, future, promise or function that makes one is needed, got ${given(value)}`,
  );
}
