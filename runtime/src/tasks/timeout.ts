import { callBody } from "../core/async-call.js";
import type { Body } from "../core/async-call.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { currentTaskOrNull } from "../core/current-task.js";
import { isCancelled, RuntimeError, TimeoutError } from "../core/errors.js";
import type { Handle } from "../core/handle.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { Task } from "../core/task.js";

type State = "created" | "active" | "expiring" | "expired" | "finished";

/**
 * The scope of a {@link timeout}: a deadline for the block, which cancels the task that runs it and turns that
 * one cancellation into a TimeoutError at the border of the block (rule TO-01).
 */
export class Timeout {
  #state: State = "created";
  #when: number | null;
  #task: Task<unknown> | null = null;
  #timer: Handle | null = null;
  #cancellingAtEntry = 0;

  /** @param when deadline on the loop's clock (milliseconds), null for none. */
  constructor(when: number | null) {
    this.#when = when;
  }

  /** The deadline on the loop's clock, null when there is none. */
  when(): number | null {
    return this.#when;
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
    this.#when = when;
    this.#timer?.cancel();
    this.#timer = null;
    if (when === null) return;
    const loop = getRunningLoop();
    const fire = (): void => this.#fire();
    this.#timer = when <= loop.time() ? loop.callSoon(fire) : loop.callAt(when, fire);
  }

  /** @internal */
  _enter(): void {
    if (this.#state !== "created")
      throw new RuntimeError("this timeout has been entered already: make a new one");
    const task = currentTaskOrNull();
    if (task === null) throw new RuntimeError("a timeout must be used inside a task");
    this.#task = task;
    this.#cancellingAtEntry = task.cancelling();
    this.#state = "active";
    this.reschedule(this.#when);
  }

  /** @internal Ends the block. @returns the error to throw instead of `error`. */
  _exit(error: unknown, failed: boolean): unknown {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#state === "active") {
      this.#state = "finished";
      return error;
    }
    this.#state = "expired";
    // Only its own request is taken back; another one from outside keeps the cancellation alive (TO-04, UC-05).
    if (this.#task!.uncancel() > this.#cancellingAtEntry || !failed) return error;
    if (isCancelled(error)) return new TimeoutError("the deadline passed", { cause: error });
    noteTimeout(error);
    return error;
  }

  #fire(): void {
    this.#timer = null;
    this.#state = "expiring";
    this.#task!.cancel();
  }
}

/** An error that hides the cancellation carries the TimeoutError at the end of its causes (rule TO-05). */
function noteTimeout(error: unknown): void {
  let last: unknown = error;
  const seen = new Set<unknown>();
  while (last instanceof Error && !seen.has(last)) {
    seen.add(last);
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
  scope._enter();
  let result: T;
  try {
    result = yield* callBody(body, [scope], "timeout()");
  } catch (error) {
    throw scope._exit(error, true);
  }
  scope._exit(null, false);
  return result;
});

/**
 * Runs `body` with a deadline of `ms` milliseconds from now (null: none). When it passes, the body is cancelled
 * and the call throws TimeoutError; a body that never suspends again is not interrupted (rule TO-10).
 * @throws RuntimeError outside a task.
 * @example const page = yield* timeout(1000, function* () { return yield* fetchPage(url); });
 */
export function timeout<T>(ms: number | null, body: Body<[Timeout], T>): Coroutine<T> {
  if (ms !== null && (typeof ms !== "number" || Number.isNaN(ms)))
    throw new TypeError("timeout() takes milliseconds or null, and the body to run");
  return scoped(new Timeout(ms === null ? null : getRunningLoop().time() + ms), body);
}

/** As {@link timeout}, with the deadline on the loop's clock (`loop.time()`, milliseconds). */
export function timeoutAt<T>(when: number | null, body: Body<[Timeout], T>): Coroutine<T> {
  return scoped(new Timeout(when), body);
}
