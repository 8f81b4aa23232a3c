import { given } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { EventLoop } from "../core/event-loop.js";
import { log } from "../core/logger.js";
import { tryGetRunningLoop } from "../core/running-loop.js";
import type { Task } from "../core/task.js";
import { gatherFutures } from "./gather.js";

declare module "../core/event-loop.js" {
  interface EventLoop {
    /**
     * Closes the async generators of {@link asyncGen} that were begun on this loop and are not at their end: their
     * `finally` blocks run. Errors in there are reported. `run()` and `Runner` do it at their end (rule RU-04).
     */
    shutdownAsyncGens(): Coroutine<void>;
  }
}

/** A generator that was begun. Does not hold the object that the program has. */
interface Begun {
  readonly generator: AsyncGenerator<unknown, unknown, unknown>;
  readonly name: string;
  readonly loop: EventLoop;
}

const begunOn = new WeakMap<EventLoop, Set<Begun>>();
const shutDown = new WeakSet<EventLoop>();

/** The program has dropped it half-way (rule DB-10). */
const dropped = new FinalizationRegistry<Begun>((begun) => {
  if (!forget(begun) || begun.loop.isClosed()) return;
  closeGenerator(begun);
});

/**
 * Makes an async generator function whose generators end with their loop. JavaScript tells nobody when an async generator
 * is begun or dropped, so one that is left half-way (iterated by hand, or by a task that never goes on) would never run
 * its `finally` blocks. These do: when the object is collected, and at the latest at the end of `run()`.
 * @typeParam F the function, whose type stays as it is.
 * @throws TypeError when `fn` is no async generator function.
 * @example
 * const lines = asyncGen(async function* (path: string) {
 *   const file = await open(path);
 *   try { yield* file.readLines(); } finally { await file.close(); }
 * });
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any other bound would decide what `yield` gives
export function asyncGen<F extends (...args: any[]) => AsyncGenerator<any>>(fn: F): F {
  if (typeof fn !== "function" || !AsyncGeneratorFunction.isPrototypeOf(fn))
    throw new TypeError(
      `asyncGen() takes an async generator function, asyncGen(async function* (…) { … }); got ${given(fn)}`,
    );
  const called = function (this: unknown, ...args: unknown[]) {
    return new TrackedGenerator(fn.apply(this, args) as AsyncGenerator, fn.name);
  };
  Object.defineProperty(called, "name", { value: fn.name, configurable: true });
  Object.defineProperty(called, "length", { value: fn.length, configurable: true });
  return called as unknown as F;
}

const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {}) as object;

/** Stands before the generator, so that it can be seen when the program begins and drops it. */
class TrackedGenerator<T, R, N> {
  readonly #generator: AsyncGenerator<T, R, N>;
  readonly #name: string;
  #begun: Begun | null = null;
  #isNew = true;

  constructor(generator: AsyncGenerator<T, R, N>, name: string) {
    this.#generator = generator;
    this.#name = name === "" ? "async generator" : name;
  }

  next(...args: [] | [N]): Promise<IteratorResult<T, R>> {
    if (this.#isNew) this.#begin();
    return ending(this.#generator.next(...args), this.#begun);
  }

  return(value: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    this.#isNew = false;
    return ending(this.#generator.return(value), this.#begun);
  }

  throw(error: unknown): Promise<IteratorResult<T, R>> {
    this.#isNew = false;
    return ending(this.#generator.throw(error), this.#begun);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return(undefined as R);
  }

  get [Symbol.toStringTag](): string {
    return "AsyncGenerator";
  }

  #begin(): void {
    this.#isNew = false;
    const loop = tryGetRunningLoop();
    if (loop === null) return;
    if (shutDown.has(loop)) {
      const message = `async generator ${this.#name} was begun after loop.shutdownAsyncGens(): nobody will close it`;
      log({ level: "warning", message, context: { message }, loop });
    }
    const begun: Begun = { generator: this.#generator, name: this.#name, loop };
    const others = begunOn.get(loop);
    if (others === undefined) begunOn.set(loop, new Set([begun]));
    else others.add(begun);
    dropped.register(this, begun, begun);
    this.#begun = begun;
  }
}

/** Gives `promise` back; forgets the generator when that says that it has ended. Does not hold the tracked object. */
function ending<R extends IteratorResult<unknown, unknown>>(
  promise: Promise<R>,
  begun: Begun | null,
): Promise<R> {
  if (begun !== null)
    promise.then(
      ({ done }) => {
        if (done === true) forget(begun);
      },
      () => forget(begun),
    );
  return promise;
}

/** Runs what is left to clean up, as a task. */
function closeGenerator({ generator, name, loop }: Begun): Task<unknown> {
  return loop.createTask(() => generator.return(undefined), { name: `close ${name}` });
}

/** @returns false when it had ended already. */
function forget(begun: Begun): boolean {
  dropped.unregister(begun);
  return begunOn.get(begun.loop)?.delete(begun) ?? false;
}

/** @internal Whether {@link EventLoop.shutdownAsyncGens} has anything to do. */
export function hasAsyncGens(loop: EventLoop): boolean {
  return (begunOn.get(loop)?.size ?? 0) > 0;
}

const shutdownAsyncGens = coroInternal(function* shutdownAsyncGens(
  loop: EventLoop,
): CoroutineGenerator<void> {
  shutDown.add(loop);
  const left = [...(begunOn.get(loop) ?? [])];
  for (const begun of left) forget(begun);
  const closing = left.map(closeGenerator);
  if (closing.length > 0) yield* gatherFutures(closing, true);
  for (const [at, task] of closing.entries()) {
    if (task.cancelled() || !task._hasError()) continue;
    loop.callExceptionHandler({
      message: `an error occurred while the async generator ${left[at]!.name} was closed`,
      exception: task.exception(),
      asyncGenerator: left[at]!.generator,
    });
  }
}, "shutdownAsyncGens");

Object.defineProperty(EventLoop.prototype, "shutdownAsyncGens", {
  value(this: EventLoop): Coroutine<void> {
    return shutdownAsyncGens(this);
  },
  writable: true,
  configurable: true,
});
