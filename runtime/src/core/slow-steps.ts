import { AwaitStrand } from "./await-strand.js";
import { currentTaskOrNull } from "./current-task.js";
import type { EventLoop } from "./event-loop.js";
import { sourceOf } from "./exception-handler.js";
import type { ExceptionContext } from "./exception-handler.js";
import { Handle } from "./handle.js";
import type { Runnable } from "./handle.js";
import { setSlowStepWatch } from "./instrument.js";
import { log } from "./logger.js";
import { Task } from "./task.js";

const { queueMicrotask } = globalThis;
// eslint-disable-next-line @typescript-eslint/unbound-method -- needs no object
const { nextTick } = process;

/** Most tasks that are named when it could be each of them. */
const MOST_NAMES = 5;

/**
 * @internal Finds what holds a loop up in debug mode (rule DB-01). What the loop calls is timed from outside. An async
 * function goes on in a microtask behind the iteration, where many may follow each other: there the time is taken at
 * each coroutine that is called, each wait and each end, and belongs to the task that is the current one there.
 */
export class SlowSteps {
  readonly #loop: EventLoop;
  #phase: "elsewhere" | "step" | "microtasks" = "elsewhere";
  #since = 0;
  /** Where the program is, once the present step has taken too long. */
  #location: string | null = null;
  /** Tasks of async functions that were resumed in this iteration. */
  readonly #resumed = new Set<Task<unknown>>();
  #watching = false;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  /** Runs what is ready. */
  run(runnable: Runnable): void {
    if (!this.#watching) setSlowStepWatch(this.#watch);
    this.#watching = true;
    const task = runnable instanceof Task ? runnable : runnable instanceof AwaitStrand ? runnable.task : null;
    const callback = runnable instanceof Handle ? (runnable._of ?? runnable._callback) : null;
    if (task !== null && (task !== runnable || task._isAsync)) this.#resumed.add(task);
    this.#phase = "step";
    this.#since = this.#loop.time();
    this.#location = null;
    try {
      runnable._run();
    } finally {
      this.#phase = "elsewhere";
      const duration = this.#loop.time() - this.#since;
      if (duration >= this.#loop.slowCallbackDuration) {
        if (task !== null) this.#reportTask(task, duration, this.#location);
        else if (callback !== null && runnable instanceof Handle)
          this.#report(`callback ${callback.name || "(anonymous)"}`, duration, this.#location, {
            handle: runnable,
            ...sourceOf(runnable),
          });
      }
    }
  }

  /** What async functions do now belongs to the iteration that has just ended. */
  iterationEnded(): void {
    if (this.#resumed.size === 0) return;
    this.#phase = "microtasks";
    this.#since = this.#loop.time();
    // nextTick from within a microtask runs when all microtasks are through.
    queueMicrotask(() => nextTick(this.#drained));
  }

  /** The run has ended. */
  stop(): void {
    setSlowStepWatch(null);
    this.#watching = false;
  }

  readonly #watch = (owner?: object): void => {
    if (this.#phase === "elsewhere") return;
    const now = this.#loop.time();
    const duration = now - this.#since;
    const isSlow = duration >= this.#loop.slowCallbackDuration;
    if (this.#phase === "step") {
      if (isSlow) this.#location ??= locationOfProgram();
      return;
    }
    this.#since = now;
    if (!isSlow) return;
    const task = owner instanceof Task ? (owner as Task<unknown>) : currentTaskOrNull();
    if (task === null) this.#reportOneOf(duration);
    else this.#reportTask(task, duration, locationOfProgram());
  };

  readonly #drained = (): void => {
    if (this.#phase === "microtasks") {
      this.#phase = "elsewhere";
      const duration = this.#loop.time() - this.#since;
      if (duration >= this.#loop.slowCallbackDuration) this.#reportOneOf(duration);
    }
    this.#resumed.clear();
  };

  #reportOneOf(duration: number): void {
    const tasks = [...this.#resumed];
    if (tasks.length === 1) {
      this.#reportTask(tasks[0]!, duration, null);
      return;
    }
    const names = tasks.slice(0, MOST_NAMES).map((task) => describe(task));
    if (tasks.length > MOST_NAMES) names.push(`${tasks.length - MOST_NAMES} more`);
    this.#report(`one of ${names.join(", ")}`, duration, null, {});
  }

  #reportTask(task: Task<unknown>, duration: number, location: string | null): void {
    this.#report(describe(task), duration, location, { task, ...sourceOf(task) });
  }

  #report(who: string, duration: number, location: string | null, more: Partial<ExceptionContext>): void {
    const where = location === null ? "" : `, up to ${location}`;
    const message = `${who} took ${Math.round(duration)} ms without waiting${where}`;
    log({
      level: "warning",
      message,
      context: { message, ...more, duration, ...(location === null ? {} : { location }) },
      loop: this.#loop,
    });
  }
}

function describe(task: Task<unknown>): string {
  const name = task._coroutineName;
  return name === "" ? task._describe() : `${task._describe()} (${name})`;
}

/** `function (file:line:column)` of the innermost frame that is the program's, null when there is none. */
function locationOfProgram(): string | null {
  const frames = framesNow();
  for (const frame of frames) {
    const file = fileOf(frame);
    if (file !== "" && file !== OWN_FILE && !file.startsWith("node:")) return frame;
  }
  // The program is in one file with the runtime. A generator's own frame stands on that of its `next`.
  const next = frames.findIndex((frame) => frame.endsWith(".next (<anonymous>)"));
  return next > 0 ? frames[next - 1]! : null;
}

function framesNow(): string[] {
  const { stack } = new Error("here");
  if (typeof stack !== "string") return [];
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "))
    .map((line) => line.slice("at ".length));
}

function fileOf(frame: string): string {
  return /([^\s(]+):\d+:\d+\)?$/.exec(frame)?.[1] ?? "";
}

const OWN_FILE = fileOf(framesNow()[0] ?? "");
