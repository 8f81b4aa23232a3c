import { given, nameKind } from "./arguments.js";
import type { Awaitable, Suspension } from "./awaitable.js";
import { awaitNatively, call, CancelSignal, complete, delivered } from "./awaitable.js";
import { addAwaitFrame } from "./await-frame.js";
import { RuntimeError } from "./errors.js";
import { awaited, countMade, countStarted, noteCall, notesCalls, watchesUnawaited } from "./never-awaited.js";
import { awaitableMade } from "./instrument.js";

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
  /** Told when it has ended. */
  _end(): void;
}

/** Stands for the caller of a coroutine that nobody has started: a field less in each of them. */
const NEW = placeholder("new");
/** Stands for the caller of one that has ended or was closed. */
const CLOSED = placeholder("closed");

function placeholder(name: string): Frame {
  return { _caller: null, _iterator: [].values(), _name: name, _isUserCode: false, _end: () => undefined };
}

/**
 * A coroutine that has been called and not yet started: it runs when something waits for it (`yield*`, `await`)
 * or when it becomes a task (`createTask`). It can be awaited once.
 */
export abstract class Coroutine<T> implements Awaitable<T> {
  /** @internal See {@link Frame}; in a coroutine that does not run, one that says so. */ _caller: Frame | null;
  /** @internal */ abstract readonly _iterator: Iterator<unknown, T, unknown>;
  /** @internal */ abstract readonly _name: string;
  /** @internal */ abstract readonly _isUserCode: boolean;

  constructor() {
    // Assigned here: fields with initialisers are slower to make, and operations are made all the time.
    this._caller = NEW;
    countMade(this);
    if (awaitableMade !== null) awaitableMade(this);
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
    const isNew = this._caller === NEW;
    if (!isNew && this._caller !== CLOSED)
      throw new RuntimeError(`coroutine ${this._name} is running: cancel its task instead`);
    if (isNew) countStarted();
    this._caller = CLOSED;
    if (watchesUnawaited) awaited(this);
  }

  /** @internal Nobody has started it yet. */
  _isNew(): boolean {
    return this._caller === NEW;
  }

  /** @internal What a task or an `await` runs for it: itself, unless one object serves all who wait. */
  // eslint-disable-next-line @typescript-eslint/prefer-return-this-type -- see "unless"
  _asFrame(): Coroutine<T> {
    return this;
  }

  /**
   * @internal False when code of the program never runs in its steps after the first: an `await` of it goes on in any
   * asynchronous context, and need not keep its own.
   */
  get _needsAsyncScope(): boolean {
    return true;
  }

  /** @internal It lets one iteration of the loop pass and does nothing else: its frame may be shared. */
  get _isTurn(): boolean {
    return false;
  }

  /** @internal Marks it as started. @throws RuntimeError the second time. */
  _start(): void {
    if (this._caller !== NEW) throw this._notNew();
    this._caller = null;
    countStarted();
    if (watchesUnawaited) awaited(this);
  }

  /** @internal */
  _notNew(): RuntimeError {
    return new RuntimeError(
      this._caller === CLOSED
        ? `coroutine ${this._name} cannot be awaited a second time: call its function again`
        : `coroutine ${this._name} is being awaited already`,
    );
  }

  /** @internal */
  _end(): void {
    this._caller = CLOSED;
  }
}

/** @internal What all coroutines of one function share. */
export interface CoroutineCode {
  readonly name: string;
  readonly isUserCode: boolean;
}

/** @internal A coroutine written as a generator function: by users through {@link coro}, and by the runtime. */
export class GeneratorCoroutine<T> extends Coroutine<T> {
  readonly _iterator: CoroutineGenerator<T>;
  /** @internal */ readonly _code: CoroutineCode;

  constructor(generator: CoroutineGenerator<T>, code: CoroutineCode) {
    super();
    this._iterator = generator;
    this._code = code;
    if (notesCalls && code.isUserCode) noteCall(this);
  }

  get _name(): string {
    return this._code.name;
  }

  get _isUserCode(): boolean {
    return this._code.isUserCode;
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    if (this._caller !== NEW) throw this._notNew();
    return this;
  }

  /**
   * @internal `yield*` calls it twice. First it hands itself to the driver, which runs the body on the task's own
   * stack of frames (a resume costs the same at every depth); then it gets the result back.
   */
  next(value?: unknown): IteratorResult<Suspension, T> {
    if (this._caller === NEW) return call(this);
    return complete(value as T);
  }

  /** @internal The body threw, or a cancellation came before it could start. */
  throw(error: unknown): never {
    if (error instanceof CancelSignal) throw error.make();
    addAwaitFrame(error, throwMethod);
    throw error;
  }
}

/** @internal An operation of the runtime as a state machine: no generator where a wait can be said by hand. */
export abstract class Operation<T> extends Coroutine<T> {
  get _iterator(): Iterator<unknown, T, unknown> {
    return this;
  }
  get _isUserCode(): boolean {
    return false;
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    this._start();
    return this;
  }

  abstract next(value?: unknown): IteratorResult<Suspension, T>;

  /** Cleans up after a cancellation delivered here and lets it pass. */
  throw(error: unknown): IteratorResult<Suspension, T> {
    throw delivered(error);
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
  return coroutineFunction(fn, true, (fn as { readonly name?: string } | null)?.name ?? "");
}

/** @internal The same for the runtime's own coroutines, which views hide. A bundler may rename `fn`: give a name then. */
export function coroInternal<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => CoroutineGenerator<T>,
  name = fn.name,
): (this: This, ...args: A) => Coroutine<T> {
  return coroutineFunction(fn, false, name);
}

const coroutineFunctions = new WeakSet<object>();

function coroutineFunction<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => CoroutineGenerator<T>,
  isUserCode: boolean,
  name: string,
): (this: This, ...args: A) => Coroutine<T> {
  if (!inherits(fn, GeneratorFunction))
    throw new TypeError(`coro() takes a generator function, coro(function* (…) { … }); got ${given(fn)}`);
  const code: CoroutineCode = { name, isUserCode };
  const called = function (this: This, ...args: A): Coroutine<T> {
    return new GeneratorCoroutine<T>(fn.apply(this, args), code);
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

nameKind(Coroutine, "a coroutine");
