import { checkNumber } from "../core/arguments.js";
import { callBody, checkBody } from "../core/async-call.js";
import type { Body } from "../core/async-call.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import type { CancelScope } from "../core/cancel-scope.js";
import { ScopeChange } from "../core/cancel-scope.js";
import { isCancelled, RuntimeError, TimeoutError } from "../core/errors.js";
import type { Handle } from "../core/handle.js";
import { getRunningLoop } from "../core/running-loop.js";
import { innermostScope, openScope, signalOf } from "./scopes.js";

type State = "created" | "active" | "expiring" | "expired" | "finished";

/**
 * The scope of a {@link timeout}: a deadline for the block, which cancels what waits in there and turns that
 * one cancellation into a TimeoutError at the border of the block (rule TO-01).
 */
export class Timeout {
  #state: State = "created";
  #when: number | null;
  #scope: CancelScope | null = null;
  #timer: Handle | null = null;
  #requestsAtEntry = 0;

  /** @param when deadline on the loop's clock (milliseconds), null for none. */
  constructor(when: number | null) {
    if (when !== null) checkNumber(when, "a Timeout takes a time of the loop's clock or null");
    this.#when = when;
  }

  /** The deadline on the loop's clock, null when there is none. */
  when(): number | null {
    return this.#when;
  }

  /**
   * Aborted when the block is cancelled: when the deadline passes, and when its task or a scope around it is cancelled.
   * Whatever it makes reject ends the block as the cancellation would (rules JS-16, JS-17).
   * @throws RuntimeError before the block.
   * @example await timeout(1000, async (scope) => fetch(url, { signal: scope.signal }));
   */
  get signal(): AbortSignal {
    return signalOf(this.#scope, "timeout(ms, body)");
  }

  /** True from the moment the deadline fires. */
  expired(): boolean {
    return this.#state === "expiring" || this.#state === "expired";
  }

  /**
   * Moves the deadline; a past one fires in the next iteration, null disables it.
   * @throws RuntimeError unless the block is active (rule TO-13).
   */
  reschedule(when: number | null): void {
    if (this.#state !== "active")
      throw new RuntimeError(
        this.#state === "created"
          ? "this timeout has not been entered"
          : `cannot reschedule a timeout that is ${this.#state}`,
      );
    if (when !== null) checkNumber(when, "reschedule() takes a time of the loop's clock or null");
    this.#when = when;
    this.#timer?.cancel();
    this.#timer = null;
    this.#scope!.timed = when !== null && when !== Infinity;
    if (when === null) return;
    const loop = getRunningLoop();
    const fire = (): void => this.#fire();
    this.#timer = when <= loop.time() ? loop.callSoon(fire) : loop.callAt(when, fire);
  }

  /** @internal To be yielded to: the body starts there. */
  _enter(): ScopeChange {
    if (this.#state !== "created")
      throw new RuntimeError("this timeout has been entered already: make a new one");
    this.#scope = openScope("a timeout");
    this.#requestsAtEntry = this.#scope.outsideRequests();
    this.#state = "active";
    this.reschedule(this.#when);
    return new ScopeChange(this.#scope);
  }

  /** @internal Ends the block. @returns the error to throw instead of `error`. */
  _exit(error: unknown, failed: boolean): unknown {
    this.#timer?.cancel();
    this.#timer = null;
    // Only its own request is taken back; another one from outside keeps the cancellation alive (TO-04, UC-05).
    const requests = this.#scope!.close();
    if (this.#state === "active") {
      this.#state = "finished";
      return error;
    }
    this.#state = "expired";
    if (requests > this.#requestsAtEntry || !failed) return error;
    if (isCancelled(error)) return new TimeoutError("the deadline passed", { cause: error });
    noteTimeout(error);
    return error;
  }

  #fire(): void {
    this.#timer = null;
    this.#scope!.timed = false;
    this.#state = "expiring";
    this.#scope!._task._cancelScope(this.#scope!);
  }
}

/** An error that hides the cancellation carries the TimeoutError at the end of its causes (rule TO-05). */
function noteTimeout(error: unknown): void {
  let last: unknown = error;
  const seen = new Set<unknown>();
  while (last instanceof Error && !seen.has(last)) {
    seen.add(last);
    // Another deadline's error keeps its cause (rule TO-06).
    if (last instanceof TimeoutError && isCancelled(last.cause)) return;
    if (last.cause === undefined || isCancelled(last.cause)) {
      const cause = last.cause;
      try {
        last.cause = new TimeoutError("the deadline passed", ...(cause === undefined ? [] : [{ cause }]));
      } catch {
        // A frozen error goes on as it is.
      }
      return;
    }
    last = last.cause;
  }
}

const scoped = coroInternal(function* timeout<T>(
  scope: Timeout,
  body: Body<[Timeout], T>,
): CoroutineGenerator<T> {
  const around = innermostScope();
  yield* scope._enter();
  let result: T | undefined;
  let error: unknown = null;
  let failed = false;
  try {
    result = yield* callBody(body, [scope], "timeout()");
  } catch (thrown) {
    failed = true;
    error = thrown;
  }
  yield* new ScopeChange(around);
  error = scope._exit(error, failed);
  if (failed) throw error;
  return result as T;
});

/**
 * Runs `body` with a deadline of `ms` milliseconds from now (null: none). When it passes, the body is cancelled
 * and the call throws TimeoutError; a body that never suspends again is not interrupted (rule TO-10). What runs beside
 * it in the same async function (`Promise.all`) goes on. A promise made outside of the body is reached through
 * `until(promise)` only.
 * @throws RuntimeError outside a task.
 * @example const page = yield* timeout(1000, function* () { return yield* fetchPage(url); });
 */
export function timeout<T>(ms: number | null, body: Body<[Timeout], T>): Coroutine<T> {
  if (ms !== null) checkNumber(ms, "timeout() takes milliseconds or null");
  checkBody(body, "timeout()");
  return scoped(new Timeout(ms === null ? null : getRunningLoop().time() + ms), body);
}

/** As {@link timeout}, with the deadline on the loop's clock (`loop.time()`, milliseconds). */
export function timeoutAt<T>(when: number | null, body: Body<[Timeout], T>): Coroutine<T> {
  if (when !== null)
    checkNumber(when, "timeoutAt() takes a time of the loop's clock (loop.time() + milliseconds) or null");
  checkBody(body, "timeoutAt()");
  return scoped(new Timeout(when), body);
}
