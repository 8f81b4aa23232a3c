import { given, itemsOf } from "../core/arguments.js";
import { callBody, checkBody } from "../core/async-call.js";
import type { Body } from "../core/async-call.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { CancelledError, isFatal, ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { TimerHandle } from "../core/handle.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { Task } from "../core/task.js";
import { gatherFutures } from "../tasks/gather.js";

/** What {@link staggeredRace} gives: the result and index of the winner, null when all failed, and what each threw. */
export type StaggeredRaceResult<T> = [
  winner: T | null,
  index: number | null,
  /** One for each attempt that was started; null for the winner. A loser that was stopped has a CancelledError. */
  exceptions: unknown[],
];

/**
 * Runs attempts until one succeeds: the next one starts when the one before fails, or `delay` milliseconds after it
 * started (null: only when it fails). The others are cancelled, and have ended when this returns (rule TP-14).
 * @throws ValueError for a negative delay.
 * @example const [socket] = yield* staggeredRace([() => connect(a), () => connect(b)], 250);
 */
export function staggeredRace<T>(
  attempts: Iterable<Body<[], T>>,
  delay: number | null,
): Coroutine<StaggeredRaceResult<T>> {
  if (delay !== null && (typeof delay !== "number" || !(delay >= 0)))
    throw new ValueError(
      `staggeredRace() takes a delay of 0 or more milliseconds, or null; got ${given(delay)}`,
    );
  const several = itemsOf(
    attempts,
    "staggeredRace() takes several functions, an array or another iterable of them",
  );
  for (const attempt of several) checkBody(attempt, "staggeredRace()");
  return race(several, delay) as Coroutine<StaggeredRaceResult<T>>;
}

const race = coroInternal(function* staggeredRace(
  attempts: readonly Body<[], unknown>[],
  delay: number | null,
): CoroutineGenerator<StaggeredRaceResult<unknown>> {
  const state = new Race(getRunningLoop(), attempts, delay);
  try {
    state.startNext();
    yield* state.over;
  } finally {
    yield* state.stop();
  }
  if (state.fatal !== null) throw state.fatal;
  return [state.winner, state.index, state.exceptions];
});

class Race {
  readonly over: Future<void>;
  readonly exceptions: unknown[] = [];
  winner: unknown = null;
  index: number | null = null;
  fatal: Error | null = null;
  readonly #tasks: Task<unknown>[] = [];
  #running = 0;
  #timer: TimerHandle | null = null;

  constructor(
    readonly loop: EventLoop,
    readonly attempts: readonly Body<[], unknown>[],
    readonly delay: number | null,
  ) {
    this.over = new Future<void>({ loop });
    this.over._origin = { kind: "wait", resource: null, children: () => this.#tasks };
  }

  startNext(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const at = this.#tasks.length;
    if (at >= this.attempts.length) {
      if (this.#running === 0) this.over._trySetResult();
      return;
    }
    this.exceptions.push(null);
    const task = this.loop.createTask(callBody(this.attempts[at]!, [], "staggeredRace()"));
    this.#tasks.push(task);
    this.#running++;
    task.addDoneCallback((done) => this.#ended(done, at));
    if (this.delay !== null && at + 1 < this.attempts.length)
      this.#timer = this.loop.callLater(this.delay, () => this.startNext());
  }

  /** Cancels those who still run and waits for them; several cancels do not shorten that. */
  *stop(): CoroutineGenerator<void> {
    this.#timer?.cancel();
    this.over._trySetResult();
    const running = this.#tasks.filter((task) => !task.done());
    for (const task of running) task.cancel();
    if (running.length > 0) yield* gatherFutures(running, true);
    // The callbacks that say how they ended come an iteration later.
    for (const [at, task] of this.#tasks.entries()) this.#note(task, at);
  }

  #ended(task: Task<unknown>, at: number): void {
    this.#running--;
    this.#note(task, at);
    if (this.over.done()) return;
    if (this.index !== null || this.fatal !== null) this.over.setResult();
    else this.startNext();
  }

  #note(task: Task<unknown>, at: number): void {
    if (!task.done() || this.index === at) return;
    if (task.cancelled()) this.exceptions[at] ??= new CancelledError("another attempt was faster");
    else {
      const error = task.exception();
      if (error === null) {
        if (this.index === null && !this.over.done()) {
          this.index = at;
          this.winner = task.result();
        }
      } else {
        this.exceptions[at] = error;
        if (isFatal(error)) this.fatal ??= error;
      }
    }
  }
}
