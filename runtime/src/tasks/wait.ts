import { checkNumber, checkOptions, given, itemsOf } from "../core/arguments.js";
import { ValueError } from "../core/errors.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { Future, isFuture } from "../core/future.js";
import type { TimerHandle } from "../core/handle.js";
import type { WaitOrigin } from "../core/instrument.js";
import type { EventLoop } from "../core/event-loop.js";
import { getRunningLoop } from "../core/running-loop.js";

/** {@link wait} ends with the first future that has an outcome. */
export const FIRST_COMPLETED = "FIRST_COMPLETED";
/** {@link wait} ends with the first future that fails, or when all have an outcome. */
export const FIRST_EXCEPTION = "FIRST_EXCEPTION";
/** {@link wait} ends when all futures have an outcome. */
export const ALL_COMPLETED = "ALL_COMPLETED";
/** When {@link wait} ends. */
export type ReturnWhen = typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION | typeof ALL_COMPLETED;

/** Options of {@link wait}. */
export interface WaitOptions {
  /** Milliseconds after which the wait ends with what there is. Default: no limit. */
  readonly timeout?: number | null;
  /** Default {@link ALL_COMPLETED}. A cancelled task counts as completed, not as an exception. */
  readonly returnWhen?: ReturnWhen;
}

const origin: WaitOrigin = {
  kind: "wait",
  resource: null,
  children: (future) => (future as WaitFuture)._children,
  due: (future) => (future as WaitFuture)._timer?.when(),
};

class WaitFuture extends Future<void> {
  override _origin: WaitOrigin | null = origin;
  /** Of its timeout. */
  _timer: TimerHandle | null = null;

  constructor(
    readonly _children: ReadonlySet<Future<unknown>>,
    loop: EventLoop,
  ) {
    super({ loop });
  }
}

/** What {@link wait} gives. */
export interface WaitResult<F> {
  /** Those that have an outcome: a result, an error, or that they were cancelled. */
  done: Set<F>;
  /** The others; they go on. */
  pending: Set<F>;
}

/**
 * Waits for futures or tasks without throwing their errors and without cancelling any of them (rule WA-01).
 * @returns the done and the pending ones, as they are when the caller resumes.
 * @throws TypeError for anything but futures (start coroutines with `createTask` first), ValueError for an empty
 * set or an unknown `returnWhen` (rule WA-02).
 */
export function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions = {},
): Coroutine<WaitResult<F>> {
  checkOptions(options, "wait()");
  const set = checked<F>(futures);
  const returnWhen: unknown = options.returnWhen ?? ALL_COMPLETED;
  if (returnWhen !== FIRST_COMPLETED && returnWhen !== FIRST_EXCEPTION && returnWhen !== ALL_COMPLETED)
    throw new ValueError(
      `returnWhen must be FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED, got ${given(returnWhen)}`,
    );
  const { timeout = null } = options;
  if (timeout !== null) checkNumber(timeout, "wait() takes its timeout as milliseconds or null");
  return waitCoroutine(set, timeout, returnWhen) as Coroutine<WaitResult<F>>;
}

function checked<F extends Future<unknown>>(futures: Iterable<F>): Set<F> {
  const set = new Set(itemsOf(futures, "wait() takes several futures, an array or another iterable of them"));
  if (set.size === 0) throw new ValueError("wait() takes at least one future: the iterable was empty");
  for (const future of set)
    if (!isFuture(future))
      throw new TypeError(
        `wait() takes futures and tasks only, got ${given(future)}: start coroutines with createTask() first`,
      );
  return set;
}

const waitCoroutine = coroInternal(function* wait(
  futures: Set<Future<unknown>>,
  timeout: number | null,
  returnWhen: ReturnWhen,
): CoroutineGenerator<{ done: Set<Future<unknown>>; pending: Set<Future<unknown>> }> {
  const loop = getRunningLoop();
  const waiter = new WaitFuture(futures, loop);
  const timer = timeout === null ? null : loop.callLater(timeout, () => waiter._trySetResult());
  waiter._timer = timer;
  let left = futures.size;
  const onDone = (future: Future<unknown>): void => {
    left--;
    if (
      left === 0 ||
      returnWhen === FIRST_COMPLETED ||
      (returnWhen === FIRST_EXCEPTION && !future.cancelled() && future._hasError())
    ) {
      timer?.cancel();
      waiter._trySetResult();
    }
  };
  // Also for those that are done already: they count in an iteration to come, as in asyncio.
  for (const future of futures) future.addDoneCallback(onDone);
  try {
    yield* waiter;
  } finally {
    timer?.cancel();
    for (const future of futures) future.removeDoneCallback(onDone);
  }
  const result = { done: new Set<Future<unknown>>(), pending: new Set<Future<unknown>>() };
  for (const future of futures) (future.done() ? result.done : result.pending).add(future);
  return result;
});
