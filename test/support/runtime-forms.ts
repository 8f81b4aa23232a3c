import { coro, Coroutine, isFuture, run, until } from "asyncscope";
import type { EventLoop, Startable } from "asyncscope";
import { virtualLoop } from "./runtime-loop.js";

/** The steps of a test, written once for both coroutine forms: each wait is `yield* form.wait(awaitable)`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a step yields belongs to the form
export type Steps<T = void> = Generator<any, T>;

/** One of the two forms in which a coroutine can be written. */
export interface Form {
  readonly name: "generator" | "async";
  /** Waits the way this form does: `yield* awaitable` or `await awaitable`. */
  wait<T>(awaitable: PromiseLike<T>): Steps<T>;
  /** Something for `createTask`: a called coroutine, or an async function. */
  body<T>(steps: () => Steps<T>): Startable<T>;
  /** The same as a function with a scope as its argument, for `timeout()`, `taskGroup()` and the like. */
  block<S, T>(steps: (scope: S) => Steps<T>): (scope: S) => PromiseLike<T>;
  /** What one coroutine awaits directly, without a task: a called coroutine, or the promise of an async call. */
  call<T>(steps: () => Steps<T>): PromiseLike<T>;
}

/** `steps` may be an arrow function that returns a generator, which is no generator function. */
const asCoroutine = <A extends unknown[], T>(steps: (...args: A) => Steps<T>) =>
  coro(function* (...args: A): Steps<T> {
    return yield* steps(...args);
  });

const generator: Form = {
  name: "generator",
  *wait<T>(awaitable: PromiseLike<T>): Steps<T> {
    if (isFuture(awaitable)) return (yield* awaitable) as T;
    if (awaitable instanceof Coroutine) return (yield* awaitable) as T;
    return yield* until(awaitable);
  },
  body: (steps) => asCoroutine(steps)(),
  block: (steps) => asCoroutine(steps),
  call: (steps) => asCoroutine(steps)(),
};

/** Runs the steps as an async function does: each wait is a real `await`. */
async function asAsyncFunction<T>(steps: Steps<T>): Promise<T> {
  let result = steps.next();
  while (result.done !== true) {
    let value: unknown;
    try {
      value = await result.value;
    } catch (error) {
      result = steps.throw(error);
      continue;
    }
    result = steps.next(value);
  }
  return result.value;
}

const async: Form = {
  name: "async",
  *wait<T>(awaitable: PromiseLike<T>): Steps<T> {
    return (yield awaitable) as T;
  },
  body: (steps) => async () => asAsyncFunction(steps()),
  block: (steps) => async (scope) => asAsyncFunction(steps(scope)),
  call: (steps) => asAsyncFunction(steps()),
};

export const forms: readonly Form[] = [generator, async];

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
  it(`${title} (generator)`, async () => {
    await run(coro(steps)(), { loopFactory: virtualLoop });
  });
}
