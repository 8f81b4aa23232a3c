import type { Awaitable, CancelSignal, Suspension } from "./awaitable.js";
import { awaitNatively, complete, suspend } from "./awaitable.js";
import { RuntimeError } from "./errors.js";
import { instrument } from "./instrument.js";

/** The generator of a coroutine: yields only what the runtime's own iterators yield. */
export type CoroutineGenerator<T> = Generator<Suspension, T, unknown>;

/** @internal What the driver resumes. A task's frames are a list from the innermost one through `_caller`. */
export interface Frame {
  /** The frame that waits for this one; null at the bottom. */
  _caller: Frame | null;
  /** Resumed by the driver. */
  readonly _iterator: Iterator<unknown, unknown, unknown>;
  /** Name for people. */
  readonly _name: string;
  /** False for the runtime's own operations, which a view hides. */
  readonly _isUserCode: boolean;
}

const CREATED = 0;
const STARTED = 1;
const CLOSED = 2;

/**
 * A coroutine that has been called and not yet started: it runs when something waits for it (`yield*`, `await`)
 * or when it becomes a task (`createTask`). It can be awaited once.
 */
export abstract class Coroutine<T> implements Awaitable<T>, Frame {
  /** @internal */ _caller: Frame | null = null;
  /** @internal */ _state: 0 | 1 | 2 = CREATED;
  /** @internal */ abstract readonly _iterator: Iterator<unknown, T, unknown>;
  /** @internal */ abstract readonly _name: string;
  /** @internal */ abstract readonly _isUserCode: boolean;

  constructor() {
    if (instrument !== null) instrument.awaitableCreated(this);
  }

  /** For `await` in an async function: runs as part of the current task, without a task of its own (rule TK-02). */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return awaitNatively(this).then(onFulfilled, onRejected);
  }

  /** For `yield*` in a coroutine. */
  abstract [Symbol.iterator](): Iterator<Suspension, T, unknown>;

  /**
   * Gives the coroutine up: its body will not run, and nobody is told that it was never awaited.
   * @throws RuntimeError when it is running.
   */
  close(): void {
    if (this._state === STARTED)
      throw new RuntimeError(`coroutine ${this._name} is running: cancel its task instead`);
    this._state = CLOSED;
  }

  /** @internal Marks it as started. @throws RuntimeError the second time. */
  _start(): void {
    if (this._state !== CREATED)
      throw new RuntimeError(
        this._state === CLOSED && this._caller === null
          ? `coroutine ${this._name} cannot be awaited a second time: call its function again`
          : `coroutine ${this._name} is being awaited already`,
      );
    this._state = STARTED;
  }

  /** @internal */
  _end(): void {
    this._state = CLOSED;
    this._caller = null;
  }
}

/** @internal A coroutine written as a generator function: by users through {@link coro}, and by the runtime. */
export class GeneratorCoroutine<T> extends Coroutine<T> {
  readonly _iterator: CoroutineGenerator<T>;
  readonly _name: string;
  readonly _isUserCode: boolean;

  constructor(generator: CoroutineGenerator<T>, name: string, isUserCode: boolean) {
    super();
    this._iterator = generator;
    this._name = name;
    this._isUserCode = isUserCode;
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this;
  }

  /**
   * @internal `yield*` calls it twice. First it hands itself to the driver, which runs the body on the task's own
   * stack of frames (a resume costs the same at every depth); then it gets the result back.
   */
  next(value?: unknown): IteratorResult<Suspension, T> {
    if (this._state === CREATED) return suspend(this);
    return complete(value as T);
  }

  /** @internal The body threw, or a cancellation came before it could start. */
  throw(error: unknown): never {
    const made = (error as Partial<CancelSignal>).make?.();
    if (made !== undefined) throw made;
    addAwaitFrame(error);
    throw error;
  }
}

/** @internal An operation of the runtime as a state machine: no generator where a wait can be said by hand. */
export abstract class Operation<T> extends Coroutine<T> {
  get _iterator(): Iterator<unknown, T, unknown> {
    return this;
  }
  readonly _isUserCode: boolean = false;

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    this._start();
    return this;
  }

  abstract next(value?: unknown): IteratorResult<Suspension, T>;

  /** Cleans up after a cancellation delivered here and lets it pass. */
  throw(error: unknown): IteratorResult<Suspension, T> {
    throw (error as Partial<CancelSignal>).make?.() ?? error;
  }
}

/**
 * Makes a coroutine function of a generator function. Calling it gives a {@link Coroutine}: nothing runs yet.
 * Inside, wait with `yield*`; its types are inferred.
 * @example
 * const greet = coro(function* (name: string) {
 *   yield* sleep(10);
 *   return `hello ${name}`;
 * });
 * const text = await run(greet("bob"));
 */
export function coro<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => CoroutineGenerator<T>,
): (this: This, ...args: A) => Coroutine<T> {
  return coroutineFunction(fn, true);
}

/** @internal The same for the runtime's own coroutines, which views hide. */
export function coroInternal<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => CoroutineGenerator<T>,
): (this: This, ...args: A) => Coroutine<T> {
  return coroutineFunction(fn, false);
}

const coroutineFunctions = new WeakSet<object>();

function coroutineFunction<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => CoroutineGenerator<T>,
  isUserCode: boolean,
): (this: This, ...args: A) => Coroutine<T> {
  if (!inherits(fn, GeneratorFunction))
    throw new TypeError("coro() takes a generator function: coro(function* (…) { … })");
  const name = fn.name;
  const called = function (this: This, ...args: A): Coroutine<T> {
    return new GeneratorCoroutine<T>(fn.apply(this, args), name, isUserCode);
  };
  Object.defineProperty(called, "name", { value: name, configurable: true });
  Object.defineProperty(called, "length", { value: fn.length, configurable: true });
  coroutineFunctions.add(called);
  return called;
}

const GeneratorFunction = Object.getPrototypeOf(function* () {}) as object;
const AsyncFunction = Object.getPrototypeOf(async function () {}) as object;
const GeneratorPrototype = (GeneratorFunction as { prototype: object }).prototype;

function inherits(value: unknown, prototype: object): boolean {
  return typeof value === "function" && prototype.isPrototypeOf(value);
}

/** @internal */
export function isGeneratorFunction(
  value: unknown,
): value is (...args: never[]) => CoroutineGenerator<unknown> {
  return inherits(value, GeneratorFunction);
}

/** @internal A generator object of any generator function. */
export function isGenerator(value: unknown): value is CoroutineGenerator<unknown> {
  return typeof value === "object" && value !== null && GeneratorPrototype.isPrototypeOf(value);
}

/** True for what can be awaited as a coroutine: a called coroutine or a generator object. A Promise is not one. */
export function isCoroutine(value: unknown): boolean {
  return value instanceof Coroutine || isGenerator(value);
}

/** True for a function whose call makes something to await: made by {@link coro}, a generator function or async. */
export function isCoroutineFunction(value: unknown): boolean {
  return (
    typeof value === "function" &&
    (coroutineFunctions.has(value) || isGeneratorFunction(value) || AsyncFunction.isPrototypeOf(value))
  );
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- only a marker of where the captured stack begins
const throwMethod = GeneratorCoroutine.prototype.throw;

/** How many await frames an error has been given. */
const awaitFrames = new WeakMap<Error, number>();

/**
 * An error left a coroutine for the one that awaits it: its stack gets the line of that await, as V8 does for
 * async functions (rule CA-17). As many as `Error.stackTraceLimit`, so that depth costs nothing.
 */
function addAwaitFrame(error: unknown): void {
  if (!(error instanceof Error)) return;
  const limit = Error.stackTraceLimit;
  const count = awaitFrames.get(error) ?? 0;
  if (!(count < limit)) return;
  awaitFrames.set(error, count + 1);
  const stack: unknown = error.stack;
  if (typeof stack !== "string") return;
  const here: { stack?: unknown } = {};
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(here, throwMethod);
  Error.stackTraceLimit = limit;
  const line = typeof here.stack === "string" ? /^ {4}at (.*)$/m.exec(here.stack)?.[1] : undefined;
  if (line === undefined) return;
  try {
    error.stack = `${stack}\n    at async ${line.replace(/\.next(?= \()/, "")}`;
  } catch {
    // A frozen error keeps the stack that it has.
  }
}
