import { checkCallable, given } from "./arguments.js";
import { copyContext } from "./context.js";
import type { Context } from "./context.js";
import { isCoroutine, isCoroutineFunction } from "./coroutine.js";
import { creationStack } from "./creation-stack.js";
import type { FatalError } from "./errors.js";
import type { EventLoop } from "./event-loop.js";
import { report } from "./exception-handler.js";
import { reportTasksAtExit } from "./exit-report.js";
import type { ExceptionContext, ExceptionHandler } from "./exception-handler.js";
import { Future, isFuture } from "./future.js";
import { Handle, TimerHandle } from "./handle.js";
import type { Runnable } from "./handle.js";
import { log } from "./logger.js";
import { noteCalls } from "./never-awaited.js";
import type { NeverAwaited } from "./never-awaited.js";
import { checkSignal, checkSignalHandler, SignalHandlers } from "./signal-handlers.js";
import { Task } from "./task.js";
import type { Startable, TaskOptions } from "./task.js";
import { TimerHeap } from "./timer-heap.js";
import type { Timer } from "./timer-heap.js";
import type { UnretrievedError } from "./unretrieved.js";

/**
 * Makes the tasks of `loop.createTask`: what it returns is returned there (rule LP-20). It gets the options as they were
 * given (rule LP-21), also those that the program has added to {@link TaskOptions}; `{}` when there were none.
 */
export type TaskFactory = (
  loop: EventLoop,
  what: Startable<unknown>,
  options: TaskOptions,
) => Future<unknown>;

/**
 * What is asked of a loop apart from running it: callbacks, tasks, reports. How and when that runs is the matter of
 * {@link EventLoop}, the one class that extends it; loops of other kinds extend that one.
 */
export abstract class BaseEventLoop {
  /** @internal */ readonly _timers = new TimerHeap();
  /** @internal Errors that nobody has looked at yet. */ readonly _unretrieved = new Set<UnretrievedError>();
  /** @internal Coroutines that nobody has started yet, in debug mode. */ readonly _neverAwaited =
    new Set<NeverAwaited>();
  /** @internal Sockets and the like: they end with the loop. */ readonly _resources = new Set<{
    _loopClosed(): void;
    /** The program has ended and its tasks clean up: they may wait for it, it keeps the process alive from now on. */
    _shuttingDown?(): void;
  }>();
  /** @internal Its default executor has threads, or may have. */ _usesExecutor = false;
  /** @internal */ _debug: boolean;
  /** @internal What is left of it is reported at the end of the process. */ _isInExitReport = false;
  /** @internal The newest of the list of unfinished tasks. */ _firstTask: Task<unknown> | null = null;
  /** @internal The oldest. */ _lastTask: Task<unknown> | null = null;
  #exceptionHandler: ExceptionHandler | null = null;
  #taskFactory: TaskFactory | null = null;
  #slowCallbackDuration = 100;
  #signals: SignalHandlers | null = null;

  constructor(debug: boolean | undefined) {
    this._debug = Boolean(debug ?? process.env["ASYNC_DEBUG"] === "1");
    if (this._debug) noteCalls();
  }

  /** Monotonic time in milliseconds; `callAt` and `timeoutAt` use the same scale. */
  abstract time(): number;

  /**
   * For a loop that something else drives (frames of a game, a GUI, a test): makes it the running one, as `runForever()`
   * does. Then call {@link runOnce} whenever something is to be done, and {@link runForeverCleanup} at the end, also
   * after an error. A subclass may override both to do more; `runForever()` calls them too.
   * @throws RuntimeError when it is closed, or when this or another loop runs (rule LP-12).
   * @example
   * loop.runForeverSetup();
   * try { while (!loop.isStopping()) { loop.runOnce(); await nextFrame(); } }
   * finally { loop.runForeverCleanup(); }
   */
  abstract runForeverSetup(): void;

  /**
   * Runs one iteration: timers that are due and what is ready. Let Node go on before the next one: async functions go on
   * in microtasks.
   * @returns milliseconds until there is something to do again: 0, up to the next timer, or Infinity.
   * @throws RuntimeError when the loop was not set up; a fatal error of the iteration (rule EH-06).
   */
  abstract runOnce(): number;

  /** The opposite of {@link runForeverSetup}. */
  abstract runForeverCleanup(): void;

  /** Whether `stop()` was called in this run. */
  abstract isStopping(): boolean;

  /** @internal @throws RuntimeError once it is closed. */
  abstract _checkOpen(): void;

  /** @internal Behind what is ready already. */
  abstract _enqueue(runnable: Runnable): void;

  /** @internal Schedules a timer without a copy of the context and without checks. */
  abstract _schedule(timer: Timer): void;

  /** @internal Ends the run with an error that no handler may see (rule EH-06). */
  abstract _fatal(error: FatalError): void;

  /**
   * Debug mode: reports name where futures, tasks and callbacks were created, steps that take too long, coroutines that
   * were never awaited and cancellations that were swallowed; arguments are checked harder. Slower.
   */
  get debug(): boolean {
    return this._debug;
  }

  set debug(enabled: boolean) {
    this._debug = Boolean(enabled);
    if (enabled) noteCalls();
  }

  /**
   * Milliseconds of loop time, 100 at first. In debug mode a callback, or a task between two waits, that takes at least
   * as long is named to {@link logger}: meanwhile nothing else could run (rule DB-01). @throws TypeError
   */
  get slowCallbackDuration(): number {
    return this.#slowCallbackDuration;
  }

  set slowCallbackDuration(duration: number) {
    checkTime(duration, "slowCallbackDuration");
    this.#slowCallbackDuration = duration;
  }

  /** Calls `callback()` in the next iteration, after what is scheduled already (rule LP-01). */
  callSoon(callback: () => void, options?: { readonly context?: Context | undefined }): Handle {
    this.#checkCallback(callback, "callSoon");
    const handle = new Handle(callback, this.#self, options?.context ?? copyContext());
    if (this._debug) handle._source = creationStack();
    this._enqueue(handle);
    return handle;
  }

  /** As {@link callSoon}. Other threads, which share no functions, use `exposeLoop` here and `remoteLoop` there. */
  callSoonThreadsafe(callback: () => void, options?: { readonly context?: Context | undefined }): Handle {
    return this.callSoon(callback, options);
  }

  /** Calls `callback()` after `delay` milliseconds; a negative delay means the next iteration (rule TM-03). */
  callLater(
    delay: number,
    callback: () => void,
    options?: { readonly context?: Context | undefined },
  ): TimerHandle {
    checkTime(delay, "delay");
    return this.#at(this.time() + delay, callback, options?.context, "callLater");
  }

  /** Calls `callback()` when `loop.time()` reaches `when`. */
  callAt(
    when: number,
    callback: () => void,
    options?: { readonly context?: Context | undefined },
  ): TimerHandle {
    checkTime(when, "when");
    return this.#at(when, callback, options?.context, "callAt");
  }

  /** A future of this loop. */
  createFuture<T>(): Future<T> {
    return new Future<T>({ loop: this.#self });
  }

  /** As the module's `createTask`, for this loop; through the task factory when one is set. */
  createTask<T>(what: Startable<T>, options?: TaskOptions): Task<T> {
    try {
      this._checkOpen();
      const factory = this.#taskFactory;
      if (factory !== null)
        return madeBy(factory(this.#self, what, options === undefined ? {} : options)) as Task<T>;
      return new Task(what, options, this.#self);
    } catch (error) {
      // Nobody will run it any more: it must not be reported as never awaited (rule LP-17).
      if (isCoroutine(what) && "close" in (what as object)) closeQuietly(what as { close(): void });
      throw error;
    }
  }

  /** @param factory null restores the default. @throws TypeError when it is no function (rule LP-20). */
  setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null && typeof factory !== "function")
      throw new TypeError(
        `a task factory is a function (loop, what, options) => Future, or null; got ${given(factory)}`,
      );
    this.#taskFactory = factory;
  }

  /** What {@link setTaskFactory} was given; null when {@link Task} itself is used. */
  getTaskFactory(): TaskFactory | null {
    return this.#taskFactory;
  }

  /**
   * Calls `callback()` in the loop each time the signal comes, instead of what the signal does by default; replaces
   * an earlier handler of this loop (rule SI-01). Only in the main thread. It ends with the loop, and keeps no
   * process alive. Listeners of the program's own (`process.on`) are called too.
   * @throws TypeError, ValueError for what is no signal name or no plain function; RuntimeError for SIGKILL and
   * SIGSTOP, outside the main thread, and once the loop is closed (rule SI-02).
   * @example loop.addSignalHandler("SIGTERM", () => server.close());
   */
  addSignalHandler(
    signal: NodeJS.Signals,
    callback: () => void,
    options?: { readonly context?: Context | undefined },
  ): void {
    checkSignal(signal);
    this._checkOpen();
    checkSignalHandler(signal, callback);
    this.#signals ??= new SignalHandlers(this.#self);
    this.#signals.add(signal, callback, options?.context ?? copyContext());
  }

  /**
   * The signal does again what it does by default.
   * @returns false when this loop had no handler for it (rule SI-03).
   */
  removeSignalHandler(signal: NodeJS.Signals): boolean {
    checkSignal(signal);
    return this.#signals?.remove(signal) ?? false;
  }

  /** @param handler null restores the default. @throws TypeError when it is no function (rule EH-03). */
  setExceptionHandler(handler: ExceptionHandler | null): void {
    if (handler !== null && typeof handler !== "function")
      throw new TypeError(
        `an exception handler is a function (loop, context) => void, or null; got ${given(handler)}`,
      );
    this.#exceptionHandler = handler;
  }

  /** What {@link setExceptionHandler} was given; null for the default one. */
  getExceptionHandler(): ExceptionHandler | null {
    return this.#exceptionHandler;
  }

  /** Sends the report to {@link logger}, which prints it unless somebody listens there. */
  defaultExceptionHandler(context: ExceptionContext): void {
    checkReport(context, "defaultExceptionHandler()");
    log({ level: "error", message: context.message, context, loop: this });
  }

  /**
   * Reports through the handler; a handler that throws is reported itself (rule EH-04). Fatal errors pass: they end the
   * run, or are thrown when the loop does not run.
   */
  callExceptionHandler(context: ExceptionContext): void {
    checkReport(context, "callExceptionHandler()");
    const { task, future, handle } = context;
    this._report(context, (task ?? (future instanceof Task ? future : handle))?._context ?? null);
  }

  /** @internal The same, inside the context variables of what failed (rule EH-05). */
  _report(context: ExceptionContext, where: Context | null): void {
    report(this.#self, context, where);
  }

  /** @internal */
  _addTask(task: Task<unknown>): void {
    if (!this._isInExitReport) {
      this._isInExitReport = true;
      reportTasksAtExit(this.#self);
    }
    task._after = this._firstTask;
    if (this._firstTask === null) this._lastTask = task;
    else this._firstTask._before = task;
    this._firstTask = task;
  }

  /** @internal */
  _removeTask(task: Task<unknown>): void {
    const { _before: before, _after: after } = task;
    if (before !== null) before._after = after;
    else if (this._firstTask === task) this._firstTask = after;
    if (after !== null) after._before = before;
    else if (this._lastTask === task) this._lastTask = before;
    task._before = task._after = null;
  }

  /** @internal The unfinished tasks, newest first. */
  *_tasks(): Generator<Task<unknown>, void, undefined> {
    for (let task = this._firstTask; task !== null;) {
      const after: Task<unknown> | null = task._after;
      yield task;
      task = after;
    }
  }

  /** As everything else names its loop. */
  get #self(): EventLoop {
    return this as unknown as EventLoop;
  }

  #at(when: number, callback: () => void, context: Context | undefined, method: string): TimerHandle {
    this.#checkCallback(callback, method);
    const timer = new TimerHandle(callback, this.#self, context ?? copyContext(), when);
    if (this._debug) timer._source = creationStack();
    this._schedule(timer);
    return timer;
  }

  #checkCallback(callback: () => void, method: string): void {
    this._checkOpen();
    if (isCoroutine(callback) || (this._debug && isCoroutineFunction(callback)))
      throw new TypeError(`${method}() takes a plain function, not a coroutine: use createTask()`);
    // Most callbacks are arrows, which have no prototype.
    if (typeof callback !== "function" || callback.prototype !== undefined)
      checkCallable(callback, `${method}() takes a function`);
  }
}

function checkTime(value: number, name: string): void {
  if (typeof value !== "number" || Number.isNaN(value))
    throw new TypeError(`${name} must be a number of milliseconds, got ${given(value)}`);
}

/** Whatever works with the task would fail far from the factory. */
function madeBy(made: unknown): unknown {
  if (isFuture(made)) return made;
  throw new TypeError(`a task factory returns a task or another future, it returned ${given(made)}`);
}

function checkReport(context: unknown, who: string): void {
  if (typeof context !== "object" || context === null || !("message" in context))
    throw new TypeError(`${who} takes a report, { message: "…", exception: error }; got ${given(context)}`);
}

function closeQuietly(coroutine: { close(): void }): void {
  try {
    coroutine.close();
  } catch {
    // It runs elsewhere: then it is not ours to close.
  }
}
