import assert from "node:assert/strict";
import { coro, createTask, EventLoop, getRunningLoop, run, until } from "asyncscope";
import type { Awaitable, Coroutine, ExceptionContext, Task, TaskOptions } from "asyncscope";
import { virtualLoop } from "./runtime-loop.js";

/** The steps of a test, written once for both forms. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a step yields belongs to the form
export type Steps<T = void> = Generator<any, T>;

/** One of the two ways to write a coroutine. Tests are written once, as generators over `yield* wait(…)`. */
export interface Form {
  readonly name: "yield*" | "await";
  /** Waits in this form: hands the awaitable to the driver, or to a real `await`. */
  readonly wait: <T>(awaitable: Awaitable<T> | PromiseLike<T>) => Steps<T>;
  /** The function in this form: made by `coro()`, or async. */
  readonly body: <A extends unknown[], T>(
    steps: (...args: A) => Steps<T>,
  ) => (...args: A) => Coroutine<T> | Promise<T>;
  /** A task that runs `steps` in this form. */
  readonly start: <T>(steps: () => Steps<T>, options?: TaskOptions) => Task<T>;
  /** A main task on a virtual clock. Whatever the loop reports fails it, unless it is put into `reports`. */
  readonly program: (
    steps: () => Steps,
    options?: { readonly reports?: ExceptionContext[] },
  ) => Promise<void>;
}

/** Calls `define` for each form, inside a suite of its own. */
export function inBothForms(define: (form: Form) => void): void {
  for (const form of forms)
    describe(`with ${form.name}`, () => {
      define(form);
    });
}

export const generatorForm: Form = {
  name: "yield*",
  *wait<T>(awaitable: Awaitable<T> | PromiseLike<T>): Steps<T> {
    return yield* isOurs(awaitable) ? awaitable : until(awaitable);
  },
  body: (steps) => asCoroutineFunction(steps),
  start: (steps, options) => createTask(asCoroutineFunction(steps)(), options),
  program: (steps, options) => runOnVirtualClock(asCoroutineFunction(steps), options?.reports),
};

export const asyncForm: Form = {
  name: "await",
  *wait<T>(awaitable: Awaitable<T> | PromiseLike<T>): Steps<T> {
    return (yield awaitable as never) as T;
  },
  body:
    (steps) =>
    (...args) =>
      perform(steps(...args)),
  start: (steps, options) => createTask(() => perform(steps()), options),
  program: (steps, options) => runOnVirtualClock(() => perform(steps()), options?.reports),
};

export const forms: readonly Form[] = [generatorForm, asyncForm];

/** Registers the test in both forms. It runs as the main task of a loop on a virtual clock. */
export function both(
  title: string,
  steps: (form: Form) => Steps<unknown>,
  makeLoop: () => EventLoop = virtualLoop,
): void {
  eachForm(title, async (form) => {
    await run(
      form.body(() => steps(form)),
      { loopFactory: makeLoop },
    );
  });
}

/** Registers the test in both forms. It runs outside of any loop. */
export function eachForm(title: string, test: (form: Form) => Promise<void>): void {
  for (const form of forms) it(`${title} (${form.name})`, () => test(form));
}

/** Registers the test for generator coroutines alone: in loop iterations, which only they count exactly (JS-08). */
export function inGenerators(title: string, steps: () => Steps<unknown>): void {
  it(`${title} (yield*)`, async () => {
    await run(coro(steps)(), { loopFactory: virtualLoop });
  });
}

function isOurs<T>(awaitable: Awaitable<T> | PromiseLike<T>): awaitable is Awaitable<T> {
  return Symbol.iterator in awaitable;
}

/** `steps` may be an arrow function that returns a generator. */
function asCoroutineFunction<A extends unknown[], T>(
  steps: (...args: A) => Steps<T>,
): (...args: A) => Coroutine<T> {
  return coro(function* scenario(...args: A): Steps<T> {
    return yield* steps(...args);
  });
}

/** An async function with one `await` for each step. */
async function perform<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    let outcome: () => IteratorResult<unknown, T>;
    try {
      const value = await (step.value as unknown as PromiseLike<unknown>);
      outcome = () => steps.next(value);
    } catch (error) {
      outcome = () => steps.throw(error);
    }
    step = outcome() as typeof step;
  }
  return step.value;
}

async function runOnVirtualClock(
  main: () => Coroutine<void> | Promise<void>,
  reports: ExceptionContext[] | undefined,
): Promise<void> {
  const unexpected: ExceptionContext[] = [];
  const loopFactory = (): EventLoop => {
    const loop = virtualLoop({ debug: false });
    loop.setExceptionHandler((_loop, context) => (reports ?? unexpected).push(context));
    return loop;
  };
  await run(main, { loopFactory });
  assert.deepEqual(unexpected, [], "the loop reported something");
}

/**
 * Lines with the number of the iteration in which they were written. Make it before the tasks it traces; time
 * stands still until `stop()`.
 */
export class Trace {
  #iteration = 0;
  #running = true;
  readonly #loop = getRunningLoop();
  readonly #lines: { iteration: number; text: string }[] = [];
  readonly #inOrder: boolean;

  /** @param form within an iteration only generators have a fixed order: async functions go on in microtasks. */
  constructor(form: Form) {
    this.#inOrder = form.name === "yield*";
    const tick = (): void => {
      this.#iteration++;
      if (this.#running) this.#loop.callSoon(tick);
    };
    this.#loop.callSoon(tick);
  }

  mark(text: string): void {
    this.#lines.push({ iteration: this.#iteration, text });
  }

  /** Stops, and compares with lines like `2:released`; null compares nothing. */
  stop(expected: readonly string[] | null): void {
    this.#running = false;
    if (expected === null) return;
    const lines = this.#lines.map(({ iteration, text }) => `${iteration}:${text}`);
    if (this.#inOrder) assert.deepEqual(lines, expected);
    else assert.deepEqual(byIteration(lines), byIteration(expected));
  }
}

function byIteration(lines: readonly string[]): string[] {
  const iteration = (line: string): number => Number(line.slice(0, line.indexOf(":")));
  return [...lines].sort((a, b) => iteration(a) - iteration(b) || (a < b ? -1 : a > b ? 1 : 0));
}
