import { given, isClass } from "./arguments.js";
import type { Suspension } from "./awaitable.js";
import { complete, delivered, suspend } from "./awaitable.js";
import { currentPlaceOrNull, runAsTask } from "./current-task.js";
import {
  Coroutine,
  GeneratorCoroutine,
  isCoroutineFunction,
  isGenerator,
  isGeneratorFunction,
  Operation,
} from "./coroutine.js";
import type { CoroutineGenerator, Frame } from "./coroutine.js";
import type { Steppable } from "./driver.js";
import { RuntimeError } from "./errors.js";
import { Future } from "./future.js";
import { slowStepWatch } from "./instrument.js";
import type { WaitOrigin } from "./instrument.js";
import type { Frame as NativeFrame } from "../frames/frame.js";
import { frameSource, OF_A_TASK } from "../frames/source.js";
import type { FrameSource } from "../frames/source.js";

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its promise; users patch the prototype
const nativeThen = Promise.prototype.then;

/** An async function, a generator function, a coroutine function, or an arrow that returns something awaitable. */
export type Body<A extends unknown[], T> = (...args: A) => PromiseLike<T> | Generator<Suspension, T, unknown>;

const origin: WaitOrigin = { kind: "foreign", resource: null };

/**
 * @internal Stands for the end of an async function that runs inside a task. It cannot be cancelled itself: a
 * cancel goes to the awaits inside the function (the task's strands), and this ends when the function has ended.
 */
class AsyncFunctionEnd extends Future<unknown> {
  override _origin: WaitOrigin | null = origin;

  /** @param _call whose end it is. */
  constructor(readonly _call: Frame) {
    super();
  }

  override cancel(): boolean {
    return false;
  }

  /** The one who waits goes on at once: the end of an async function costs no iteration of the loop. */
  override _settled(): void {
    const owner = this._waker as Steppable | null;
    if (owner === null) return;
    this._waker = null;
    owner._waiter = null;
    if (slowStepWatch !== null) slowStepWatch(owner);
    owner._resume(false);
  }
}

/** @internal Runs an async function, or a function that returns something to await, as part of the current task. */
export class AsyncCall<T> extends Operation<T> {
  /** Null once called: what it closed over can be collected when the call has ended. */
  #fn: (() => PromiseLike<T>) | null;
  #end: AsyncFunctionEnd | null = null;
  /** @internal Of the function that was called: for a debugger, which finds its variables through it. */
  _promise: PromiseLike<unknown> | null = null;
  /** Of the coroutine or future that the function returned: it is awaited as `yield*` would. */
  #inner: Iterator<Suspension, T, unknown> | null = null;
  readonly _name: string;

  constructor(fn: () => PromiseLike<T>, name: string) {
    super();
    this.#fn = fn;
    this._name = name;
  }

  override get _isUserCode(): boolean {
    return true;
  }

  override next(value?: unknown): IteratorResult<Suspension, T> {
    if (this.#end !== null) return complete(this.#end.result() as T);
    if (this.#inner !== null) return this.#inner.next(value);
    const fn = this.#fn!;
    this.#fn = null;
    const before = frames === undefined ? null : frames.lastFrame();
    const returned: unknown = runAsTask(currentPlaceOrNull(), fn);
    if (frames !== undefined) claim(frames, before);
    if (returned instanceof Promise) return this.#await(returned);
    if (returned instanceof Coroutine || returned instanceof Future || isGenerator(returned)) {
      const awaitable = isGenerator(returned) ? asCoroutine(returned)! : returned;
      this.#inner = awaitable[Symbol.iterator]() as Iterator<Suspension, T, unknown>;
      return this.#inner.next();
    }
    if (isThenable(returned)) return this.#await(new Promise((resolve) => resolve(returned)));
    throw new TypeError(
      `${this._name || "the function"} returned ${given(returned)}: a task needs an async function, a generator function or one made by coro()`,
    );
  }

  #await(promise: Promise<unknown>): IteratorResult<Suspension, T> {
    const end = new AsyncFunctionEnd(this);
    const loop = end._loop;
    this.#end = end;
    this._promise = promise;
    loop._drainMicrotasks();
    // What ends after its loop was closed has nobody left to tell.
    void nativeThen.call(
      promise,
      (value) => {
        if (!loop.isClosed()) end.setResult(value);
      },
      (error: unknown) => {
        if (!loop.isClosed()) end._fail(error);
      },
    );
    return suspend(end);
  }

  override throw(error: unknown): IteratorResult<Suspension, T> {
    if (this.#inner !== null) return this.#inner.throw!(error);
    // Otherwise only before the function started: later a cancel goes to the awaits inside it.
    throw delivered(error);
  }
}

/** The loader's, when it is there: it comes before the runtime. */
const frames = frameSource();

/** The frame of an async function that a task runs is no task beside it. */
function claim(source: FrameSource, before: NativeFrame | null): void {
  const frame = source.lastFrame();
  if (frame !== null && frame !== before && frame.linked === 0) frame.linked = OF_A_TASK;
}

/** @internal @throws TypeError when `body` is nothing that can be run. */
export function checkBody(body: unknown, who: string): void {
  if (typeof body === "function" && (body.prototype === undefined || !isClass(body))) return;
  const begun = body instanceof Coroutine || body instanceof Future || body instanceof Promise;
  throw new TypeError(
    `${who} needs a function to run, an async function, a generator function or one made by coro(); got ${given(body)}${
      begun ? ": hand over the function that makes it, () => …" : ""
    }`,
  );
}

/**
 * @internal The coroutine that runs `body(...args)` inside the current task, whichever form it has.
 * @throws TypeError when it is no function.
 */
export function callBody<A extends unknown[], T>(body: Body<A, T>, args: A, who: string): Coroutine<T> {
  checkBody(body, who);
  if (isGeneratorFunction(body))
    return new GeneratorCoroutine<T>(body(...(args as never)) as never, {
      name: body.name,
      isUserCode: true,
    });
  if (isCoroutineFunction(body) && !isAsync(body)) return body(...args) as Coroutine<T>;
  return new AsyncCall<T>(() => body(...args) as PromiseLike<T>, body.name);
}

/** @internal The coroutine of what can be started as a task, null when `what` is none of that. */
export function asCoroutine(what: unknown): Coroutine<unknown> | null {
  if (what instanceof Coroutine) return what as Coroutine<unknown>;
  if (isGenerator(what)) return adoptGenerator(what);
  if (typeof what === "function") return callBody(what as Body<[], unknown>, [], "createTask()");
  return null;
}

const adopted = new WeakSet<object>();

/** A generator object that the program made itself: two tasks would tear it apart. */
function adoptGenerator(generator: CoroutineGenerator<unknown>): Coroutine<unknown> {
  if (adopted.has(generator))
    throw new RuntimeError("this generator object has been started already: call its function again");
  adopted.add(generator);
  return new GeneratorCoroutine(generator, { name: "", isUserCode: true });
}

/** @internal Whether {@link asCoroutine} would give a coroutine; calls nothing. */
export function isStartable(what: unknown): boolean {
  return what instanceof Coroutine || isGenerator(what) || typeof what === "function";
}

/** @internal */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

const AsyncFunction = Object.getPrototypeOf(async function () {}) as object;
function isAsync(fn: object): boolean {
  return AsyncFunction.isPrototypeOf(fn);
}
