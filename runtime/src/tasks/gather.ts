import { isSeveral } from "../core/arguments.js";
import { enterContext } from "../core/context.js";
import { Coroutine, isGenerator } from "../core/coroutine.js";
import { setStepping } from "../core/current-task.js";
import { CancelledError, ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { Waker } from "../core/future.js";
import type { Runnable } from "../core/handle.js";
import type { WaitOrigin } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";
import { ensureFuture } from "./ensure-future.js";
import type { AwaitableArgument, ResultOf } from "./ensure-future.js";

const origin: WaitOrigin = {
  kind: "gather",
  resource: null,
  children: (future) => (future as GatherFuture)._children,
};

class GatherFuture extends Future<unknown[]> {
  _children: readonly Future<unknown>[];
  _cancelRequested: string | null = null;
  /** Loop time at which it failed while children were left. */
  _failedAt: number | null = null;

  constructor(children: readonly Future<unknown>[], loop: EventLoop) {
    super(undefined, loop);
    this._children = children;
    this._origin = origin;
  }

  /** The outcome of a child ends it while others go on (rule GA-03). */
  _failEarly(error: unknown): void {
    this._failedAt = this._loop._iterationTime;
    this._fail(error);
  }

  /** Cancels the children; this one ends when they have (rules GA-07, GA-09). */
  override cancel(message = ""): boolean {
    if (this.done()) return super.cancel();
    let any = false;
    for (const child of this._children) if (child.cancel(message)) any = true;
    if (any) this._cancelRequested = message;
    return any;
  }
}

/** Options of {@link gather}. */
export interface GatherOptions {
  /** Errors become results, and all are waited for (rule GA-04). Default false: the first error is thrown. */
  readonly returnExceptions?: boolean;
}

type Arguments = readonly AwaitableArgument<unknown>[];
type Results<A extends Arguments> = { -readonly [K in keyof A]: ResultOf<A[K]> };

/**
 * Runs all at once and gives their results in the order of the arguments (rule GA-01). The first error is thrown
 * at once; the others go on running (rule GA-03).
 * @example const [user, posts] = yield* gather(fetchUser(1), fetchPosts(1));
 */
export function gather<A extends Arguments>(...awaitables: A): Future<Results<A>>;
export function gather<const A extends Arguments>(
  awaitables: A,
  options: { readonly returnExceptions: true },
): Future<{ -readonly [K in keyof A]: unknown }>;
export function gather<const A extends Arguments>(awaitables: A, options?: GatherOptions): Future<Results<A>>;
export function gather<A extends AwaitableArgument<unknown>>(
  awaitables: Iterable<A>,
  options?: GatherOptions,
): Future<ResultOf<A>[]>;
export function gather(...args: unknown[]): Future<unknown[]> {
  const [list, options] = splitArguments(args);
  if (list.length === 0) {
    const empty = new Future<unknown[]>();
    empty.setResult([]);
    return empty;
  }
  return gatherFutures(wrapAll(list), options.returnExceptions ?? false);
}

function splitArguments(args: unknown[]): [AwaitableArgument<unknown>[], GatherOptions] {
  const [first, second] = args;
  if (
    args.length > 0 &&
    args.length <= 2 &&
    isSeveral(first) &&
    !isGenerator(first) &&
    (args.length === 1 || (typeof second === "object" && second !== null && !("then" in second)))
  )
    return [[...first] as AwaitableArgument<unknown>[], second ?? {}];
  return [args as AwaitableArgument<unknown>[], {}];
}

/** Futures of the arguments; the same argument given twice is one future (rule GA-10). When one is bad, those already
 * wrapped run on as they would without it (rule GA-14). */
function wrapAll(list: readonly AwaitableArgument<unknown>[]): Future<unknown>[] {
  /** By argument. Not for a coroutine that nobody had started: it cannot have been there before (0.1 µs each). */
  let seen: Map<unknown, Future<unknown>> | null = null;
  let loop: EventLoop | null = null;
  const made: Future<unknown>[] = [];
  for (const argument of list) {
    let future: Future<unknown> | undefined;
    if (argument instanceof Future) future = argument;
    else if (seen !== null || !(argument instanceof Coroutine && argument._isNew()))
      future = (seen ??= madeOf(list, made)).get(argument);
    if (future === undefined) {
      future =
        argument instanceof Coroutine
          ? (loop ?? getRunningLoop()).createTask(argument as Coroutine<unknown>)
          : ensureFuture(argument, loop === null ? {} : { loop });
      // Also one that a task factory has not started.
      if (seen !== null || (argument instanceof Coroutine && argument._isNew()))
        (seen ??= madeOf(list, made)).set(argument, future);
    }
    loop ??= future._loop;
    if (future._loop !== loop) throw new ValueError("gather() takes futures of one event loop only");
    made.push(future);
  }
  return made;
}

/** What was made of the first arguments. */
function madeOf(
  list: readonly AwaitableArgument<unknown>[],
  made: readonly Future<unknown>[],
): Map<unknown, Future<unknown>> {
  return new Map(made.map((future, at) => [list[at], future]));
}

/** @internal */
export function gatherFutures(
  children: readonly Future<unknown>[],
  returnExceptions: boolean,
): Future<unknown[]> {
  // Those that are done tell nobody, so that a list of what was seen must be kept; usually none is (0.1 µs each).
  const unique = children.some((child) => child.done()) ? [...new Set(children)] : [];
  const outer = new GatherFuture(unique, children[0]?._loop ?? getRunningLoop());
  let left = 0;
  const done = (child: Future<unknown>): void => {
    left--;
    if (outer.done()) {
      // Too late to be told: looked at, so that it is not reported (rule GA-02).
      if (!child.cancelled()) child.exception();
      return;
    }
    if (!returnExceptions) {
      if (child.cancelled()) {
        outer._failEarly(child._cancelledError());
        return;
      }
      if (child._hasError()) {
        outer._failEarly(child.exception());
        return;
      }
    }
    if (left > 0) {
      child._awaitError();
      return;
    }
    if (outer._cancelRequested !== null) {
      // Somebody cancelled the gather: that is what its awaiter gets, whatever the children made of it (GA-08).
      outer._fail(new CancelledError(outer._cancelRequested));
      return;
    }
    outer.setResult(children.map(outcome));
  };
  if (unique.length === 0) {
    for (const child of children)
      if (!isToldTo(child, done)) {
        unique.push(child);
        child._add(new ChildEnd(done, outer));
      }
  } else for (const child of unique) if (!child.done()) child._add(new ChildEnd(done, outer));
  left = unique.length;
  // A child that is done already counts at once: all done means done on return (rule GA-12).
  for (const child of unique) if (child.done()) done(child);
  return outer;
}

/** Tells of the end of one child in an iteration to come, as a done callback would; runs no code of the program. */
class ChildEnd implements Waker, Runnable {
  _next: Runnable | null = null;
  _child: Future<unknown> | null = null;

  constructor(
    readonly done: (child: Future<unknown>) => void,
    /** For views: whose child it is. */
    readonly _gather: GatherFuture,
  ) {}

  _wake(child: Future<unknown>): void {
    this._child = child;
    child._loop._checkOpen();
    child._loop._enqueue(this);
  }

  _run(): void {
    setStepping(null);
    enterContext(null);
    this.done(this._child!);
  }
}

/** Whether `done` is the last one that hears of the end of `child`: it stands in the list a second time. */
function isToldTo(child: Future<unknown>, done: (child: Future<unknown>) => void): boolean {
  const waker = child._lastWaker();
  return waker instanceof ChildEnd && waker.done === done;
}

function outcome(child: Future<unknown>): unknown {
  if (child.cancelled()) return child._cancelledError();
  return child._hasError() ? child.exception() : child.result();
}
