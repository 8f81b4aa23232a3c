import type { Clock } from "./clock.js";
import { SystemClock } from "./clock.js";
import { copyContext, enterContext } from "./context.js";
import type { Context } from "./context.js";
import { isCoroutine, isCoroutineFunction } from "./coroutine.js";
import {
  asyncScope,
  enterAsyncTask,
  setSteppingTask,
  trackAsyncFunctions,
  tracksAsyncFunctions,
} from "./current-task.js";
import { isFatal, RuntimeError } from "./errors.js";
import type { FatalError } from "./errors.js";
import { Future } from "./future.js";
import { Handle, TimerHandle } from "./handle.js";
import type { Runnable } from "./handle.js";
import { setRunningLoop, tryGetRunningLoop } from "./running-loop.js";
import { Task } from "./task.js";
import type { Startable, TaskOptions } from "./task.js";
import { TimerHeap } from "./timer-heap.js";
import { printReport, report } from "./exception-handler.js";
import type { ExceptionContext, ExceptionHandler } from "./exception-handler.js";
import type { NeverAwaited } from "./never-awaited.js";
import type { UnretrievedError } from "./unretrieved.js";

// As they are now: a test that fakes time moves the loop's timers (SystemClock asks for the present ones), but the
// loop itself goes on.
const { setImmediate, queueMicrotask } = globalThis;
// eslint-disable-next-line @typescript-eslint/unbound-method -- needs no object
const { nextTick } = process;
// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its object
const readClock = performance.now;
const realTime = (): number => readClock.call(performance);

/** How long iterations may follow each other before Node's own timers and I/O get their turn (rule JS-09). */
const SLICE = 1;
/** A timer that never fires: keeps the process alive while a loop runs and waits. */
const FOREVER = 2 ** 31 - 1;

/** Makes the tasks of `loop.createTask`: what it returns is returned there. */
export type TaskFactory = (
  loop: EventLoop,
  what: Startable<unknown>,
  options: TaskOptions,
) => Future<unknown>;

export interface EventLoopOptions {
  /** Default: `performance.now()` and Node's timers. Tests give a virtual one (`asyncscope/testing`). */
  readonly clock?: Clock;
  /** Records where futures and handles were made and checks arguments harder. Default: ASYNCSCOPE_DEBUG=1. */
  readonly debug?: boolean;
  /**
   * Whether the AsyncLocalStorage stores of whoever creates a task follow it through its steps. Always so from the
   * first async function that the runtime runs; a program of generator coroutines alone asks for it (30 ns a step).
   */
  readonly asyncLocalStorage?: boolean;
}

/**
 * Runs callbacks and tasks in iterations over Node's own loop: an iteration runs what was ready at its start
 * (rule LP-02). Usually made and run by `run(main)`.
 */
export class EventLoop {
  /** @internal */ readonly _timers = new TimerHeap();
  /** @internal Errors that nobody has looked at yet. */ readonly _unretrieved = new Set<UnretrievedError>();
  /** @internal Coroutines that nobody has started yet, in debug mode. */ readonly _neverAwaited =
    new Set<NeverAwaited>();
  /** @internal Sockets and the like: they end with the loop. */ readonly _resources = new Set<{
    _loopClosed(): void;
  }>();
  /** @internal */ _debug: boolean;
  /** @internal First of the list of unfinished tasks. */ _firstTask: Task<unknown> | null = null;
  readonly #clock: Clock;
  readonly #clockIsReal: boolean;
  readonly #asyncScope = asyncScope();
  #firstReady: Runnable | null = null;
  #lastReady: Runnable | null = null;
  #turnScheduled = false;
  #armedFor = Infinity;
  #sliceStart = 0;
  #iterating = false;
  #iterationTime = 0;
  #mustDrain = false;
  #running = false;
  #stopping = false;
  #closed = false;
  #isShuttingDown = false;
  #fatalError: FatalError | null = null;
  #endRun: ((error: FatalError | null) => void) | null = null;
  #exceptionHandler: ExceptionHandler | null = null;
  #taskFactory: TaskFactory | null = null;

  constructor(options?: EventLoopOptions) {
    this.#clock = options?.clock ?? new SystemClock();
    if (options?.asyncLocalStorage === true) trackAsyncFunctions();
    this.#clockIsReal = this.#clock instanceof SystemClock;
    this._debug = options?.debug ?? process.env["ASYNCSCOPE_DEBUG"] === "1";
  }

  /** @internal Time at the start of this iteration; between two of them (a callback of Node's) the time itself. */
  get _iterationTime(): number {
    return this.#iterating ? this.#iterationTime : this.#clock.now();
  }

  /** Monotonic time in milliseconds; `callAt` and `timeoutAt` use the same scale. */
  time(): number {
    return this.#clock.now();
  }

  get debug(): boolean {
    return this._debug;
  }

  set debug(enabled: boolean) {
    this._debug = enabled;
  }

  isRunning(): boolean {
    return this.#running;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  /** Calls `callback()` in the next iteration, after what is scheduled already (rule LP-01). */
  callSoon(callback: () => void, options?: { readonly context?: Context | undefined }): Handle {
    this.#checkCallback(callback, "callSoon");
    const handle = new Handle(callback, this, options?.context ?? copyContext());
    if (this._debug) handle._source = new Error("created here");
    this._enqueue(handle);
    return handle;
  }

  /** As {@link callSoon}. From another thread, post a message to this one. */
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

  createFuture<T>(): Future<T> {
    return new Future<T>({ loop: this });
  }

  /** As the module's `createTask`, for this loop; through the task factory when one is set. */
  createTask<T>(what: Startable<T>, options: TaskOptions = {}): Task<T> {
    try {
      this._checkOpen();
      const factory = this.#taskFactory;
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- what a factory makes is its own (LP-20)
      if (factory !== null) return factory(this, what, options) as Task<T>;
      return new Task(what, { ...options, loop: this });
    } catch (error) {
      // Nobody will run it any more: it must not be reported as never awaited (rule LP-17).
      if (isCoroutine(what) && "close" in (what as object)) closeQuietly(what as { close(): void });
      throw error;
    }
  }

  /** @param factory null restores the default. @throws TypeError when it is no function (rule LP-20). */
  setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null && typeof factory !== "function")
      throw new TypeError("a task factory is a function (loop, what, options) => Future, or null");
    this.#taskFactory = factory;
  }

  getTaskFactory(): TaskFactory | null {
    return this.#taskFactory;
  }

  /**
   * Runs until {@link stop}. The process stays alive meanwhile.
   * @throws RuntimeError (as a rejection) when it is closed, or when this or another loop runs (rule LP-12).
   */
  runForever(): Promise<void> {
    return new Promise((resolve, reject) => {
      this._checkOpen();
      if (this.#running) throw new RuntimeError("this event loop is already running");
      if (tryGetRunningLoop() !== null)
        throw new RuntimeError(
          "cannot run an event loop while another one is running: await its work instead",
        );
      const keepAlive = setInterval(() => undefined, FOREVER);
      if (this.#isShuttingDown) keepAlive.unref();
      this.#running = true;
      setRunningLoop(this);
      this.#endRun = (error) => {
        clearInterval(keepAlive);
        this.#disarm();
        this.#running = this.#stopping = false;
        this.#endRun = null;
        setRunningLoop(null);
        if (error === null) resolve();
        else reject(error);
      };
      this.#scheduleTurn();
    });
  }

  /**
   * Runs until `future` is done and gives its outcome.
   * @throws RuntimeError when the loop was stopped before (rule LP-11).
   */
  async runUntilComplete<T>(future: Future<T>): Promise<T> {
    const stop = (): void => this.stop();
    this._checkOpen();
    future.addDoneCallback(stop);
    try {
      await this.runForever();
    } finally {
      future.removeDoneCallback(stop);
    }
    if (!future.done()) throw new RuntimeError("Event loop stopped before Future completed.");
    return future.result();
  }

  /** Ends the run after the present iteration; what that one schedules stays for the next run (rule LP-07). */
  stop(): void {
    this.#stopping = true;
    if (this.#running) this.#scheduleTurn();
  }

  /** Drops what is scheduled and reports what was never looked at. Idempotent. @throws RuntimeError while running. */
  close(): void {
    if (this.#running) throw new RuntimeError("cannot close a running event loop: stop() it first");
    if (this.#closed) return;
    for (const task of this._tasks())
      this.callExceptionHandler({
        message: "Task was destroyed but it is pending!",
        task,
        ...sourceOf(task),
      });
    for (const holder of [...this._unretrieved]) holder.report();
    for (const holder of [...this._neverAwaited]) holder.report();
    this.#closed = true;
    for (const resource of this._resources) resource._loopClosed();
    this._resources.clear();
    this.#firstReady = this.#lastReady = null;
    this._timers.clear();
    this.#clock.cancelWake();
  }

  /** @param handler null restores the default. @throws TypeError when it is no function (rule EH-03). */
  setExceptionHandler(handler: ExceptionHandler | null): void {
    if (handler !== null && typeof handler !== "function")
      throw new TypeError("an exception handler is a function (loop, context) => void, or null");
    this.#exceptionHandler = handler;
  }

  getExceptionHandler(): ExceptionHandler | null {
    return this.#exceptionHandler;
  }

  /** Writes the report to stderr. */
  defaultExceptionHandler(context: ExceptionContext): void {
    printReport(context);
  }

  /** Reports through the handler; a handler that throws is reported itself (rule EH-04). Fatal errors pass. */
  callExceptionHandler(context: ExceptionContext): void {
    const { task, future, handle } = context;
    this._report(context, (task ?? (future instanceof Task ? future : handle))?._context ?? null);
  }

  /** @internal The same, inside the context variables of what failed (rule EH-05). */
  _report(context: ExceptionContext, where: Context | null): void {
    report(this, context, where);
  }

  /**
   * @internal From now on a run keeps the process alive by its timers and I/O alone: what is left over and cannot
   * be woken (an async function inside a promise that nobody settles) must not keep a finished program.
   */
  _shutDown(): void {
    this.#isShuttingDown = true;
  }

  /** @internal */
  _checkOpen(): void {
    if (this.#closed) throw new RuntimeError("this event loop is closed: make a new one, or use run(main)");
  }

  /** @internal Behind what is ready already. */
  _enqueue(runnable: Runnable): void {
    if (this.#lastReady === null) this.#firstReady = runnable;
    else this.#lastReady._next = runnable;
    this.#lastReady = runnable;
    if (!this.#turnScheduled) this.#wakeUp();
  }

  /** Something became ready while no turn was to come. */
  #wakeUp(): void {
    if (this.#running) this.#scheduleTurn();
    else if (this.#closed) this.#firstReady = this.#lastReady = null;
  }

  /** @internal Calls a handle's callback. */
  _call(handle: Handle, callback: () => void): void {
    // As a task's step does: whatever runs next sets its own.
    setSteppingTask(null);
    enterContext(handle._context);
    if (tracksAsyncFunctions()) this._enterAsyncTask(undefined);
    try {
      callback();
    } catch (error) {
      if (isFatal(error)) this._fatal(error);
      else
        this.callExceptionHandler({
          message: `Exception in callback ${callback.name || "(anonymous)"}`,
          exception: error,
          handle,
          ...sourceOf(handle),
        });
    }
  }

  /** @internal What runs next in this turn belongs to `task`. */
  _enterAsyncTask(task: Task<unknown> | undefined): void {
    enterAsyncTask(task);
  }

  /** @internal An async function goes on in a microtask: that belongs to this iteration, not to the next one. */
  _drainMicrotasks(): void {
    this.#mustDrain = true;
  }

  /** @internal Ends the run with an error that no handler may see (rule EH-06). */
  _fatal(error: FatalError): void {
    this.#fatalError ??= error;
    this.stop();
  }

  /** @internal The armed timer was cancelled: it must not keep the process alive. */
  _timerCancelled(timer: TimerHandle): void {
    if (timer._when <= this.#armedFor && this.#running) this.#scheduleTurn();
  }

  /** @internal */
  _addTask(task: Task<unknown>): void {
    task._after = this._firstTask;
    if (this._firstTask !== null) this._firstTask._before = task;
    this._firstTask = task;
  }

  /** @internal */
  _removeTask(task: Task<unknown>): void {
    if (task._before !== null) task._before._after = task._after;
    else if (this._firstTask === task) this._firstTask = task._after;
    if (task._after !== null) task._after._before = task._before;
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

  /** @internal Schedules a timer without a copy of the context and without checks. */
  _schedule(timer: TimerHandle): void {
    this._timers.push(timer);
    if (timer._when < this.#armedFor && !this.#turnScheduled && this.#running) this.#scheduleTurn();
  }

  #at(when: number, callback: () => void, context: Context | undefined, method: string): TimerHandle {
    this.#checkCallback(callback, method);
    const timer = new TimerHandle(callback, this, context ?? copyContext(), when);
    if (this._debug) timer._source = new Error("created here");
    this._schedule(timer);
    return timer;
  }

  #checkCallback(callback: () => void, method: string): void {
    this._checkOpen();
    if (isCoroutine(callback) || (this._debug && isCoroutineFunction(callback)))
      throw new TypeError(`${method}() takes a plain function, not a coroutine: use createTask()`);
    if (typeof callback !== "function")
      throw new TypeError(`${method}() takes a function, got ${typeof callback}`);
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    // Something is ready: time of a virtual clock stands still.
    if (this.#armedFor !== Infinity) this.#disarm();
    // Not in the asynchronous context of whoever happened to make something ready (rule JS-06).
    this.#asyncScope.runInAsyncScope(setImmediate, null, this.#newSlice);
  }

  readonly #newSlice = (): void => {
    this.#sliceStart = realTime();
    this.#turn();
  };

  /** Iterations until nothing is ready, a stop, microtasks to drain, or the end of the slice. */
  readonly #turn = (): void => {
    this.#turnScheduled = true;
    let ended = false;
    try {
      let real = this.#sliceStart;
      let now = this.#clock.now();
      for (;;) {
        this.#mustDrain = false;
        this.#iterate(now);
        if (this.#stopping) {
          ended = true;
          // What async functions do in this iteration belongs to it.
          if (this.#mustDrain) queueMicrotask(this.#behindMicrotasks);
          else this.#endOfRun();
          return;
        }
        if (this.#firstReady === null && !this.#mustDrain) break;
        real = realTime();
        if (this.#mustDrain || real - this.#sliceStart >= SLICE) break;
        // One reading serves as the end of one iteration and the start of the next.
        now = this.#clockIsReal && performance.now === readClock ? real : this.#clock.now();
      }
      this.#turnScheduled = false;
      if (this.#mustDrain && real - this.#sliceStart < SLICE) {
        this.#turnScheduled = true;
        queueMicrotask(this.#behindMicrotasks);
      } else if (this.#firstReady === null && !this.#mustDrain) this.#arm();
      else this.#scheduleTurn();
      ended = true;
    } finally {
      // A reporter of the user's that throws is Node's to report; the loop goes on.
      if (!ended) {
        this.#turnScheduled = false;
        this.#scheduleTurn();
      }
    }
  };

  /** nextTick from within a microtask runs when all microtasks are through. */
  readonly #behindMicrotasks = (): void => nextTick(this.#drained);

  readonly #drained = (): void => {
    if (this.#stopping) this.#endOfRun();
    else if (this.#firstReady !== null) this.#turn();
    else {
      this.#turnScheduled = false;
      this.#arm();
    }
  };

  #endOfRun(): void {
    this.#turnScheduled = false;
    const error = this.#fatalError;
    this.#fatalError = null;
    this.#endRun?.(error);
  }

  #iterate(now: number): void {
    this.#iterationTime = now;
    this.#iterating = true;
    for (let timer = this._timers.peek(); timer !== null && timer._when <= now; timer = this._timers.peek()) {
      this._timers.pop();
      // Behind what is ready already (rule LP-03).
      if (this.#lastReady === null) this.#firstReady = timer;
      else this.#lastReady._next = timer;
      this.#lastReady = timer;
    }
    let runnable = this.#firstReady;
    this.#firstReady = this.#lastReady = null;
    try {
      while (runnable !== null && this.#fatalError === null) {
        const current: Runnable = runnable;
        runnable = current._next;
        current._next = null;
        current._run();
      }
    } finally {
      this.#iterating = false;
      setSteppingTask(null);
      enterContext(null);
      if (runnable !== null) this.#putBack(runnable);
    }
    if (tracksAsyncFunctions()) this._enterAsyncTask(undefined);
  }

  /** What a fatal error left over stays ready, in front. */
  #putBack(first: Runnable): void {
    let last = first;
    while (last._next !== null) last = last._next;
    last._next = this.#firstReady;
    this.#lastReady ??= last;
    this.#firstReady = first;
  }

  #arm(): void {
    const timer = this._timers.peek();
    const when = timer === null ? Infinity : timer._when;
    if (when === this.#armedFor) return;
    this.#armedFor = when;
    if (timer === null) this.#clock.cancelWake();
    else
      this.#clock.wakeAt(when, () => {
        this.#armedFor = Infinity;
        if (this.#running && !this.#turnScheduled) this.#newSlice();
      });
  }

  #disarm(): void {
    this.#armedFor = Infinity;
    this.#clock.cancelWake();
  }
}

function checkTime(value: number, name: string): void {
  if (typeof value !== "number" || Number.isNaN(value))
    throw new TypeError(
      `${name} must be a number of milliseconds, got ${value === null ? "null" : String(value)}`,
    );
}

function sourceOf(of: { _source: Error | null }): { sourceTraceback?: string } {
  return of._source === null ? {} : { sourceTraceback: of._source.stack ?? "" };
}

function closeQuietly(coroutine: { close(): void }): void {
  try {
    coroutine.close();
  } catch {
    // It runs elsewhere: then it is not ours to close.
  }
}

/** Makes a loop. It is not made the current one. */
export function newEventLoop(options?: EventLoopOptions): EventLoop {
  return new EventLoop(options);
}
