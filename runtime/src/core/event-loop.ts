import { BaseEventLoop } from "./base-event-loop.js";
import type { Clock } from "./clock.js";
import { SystemClock } from "./clock.js";
import { enterContext } from "./context.js";
import {
  asyncScope,
  enterAsyncTask,
  setSteppingTask,
  trackAsyncFunctions,
  tracksAsyncFunctions,
} from "./current-task.js";
import { isFatal, RuntimeError } from "./errors.js";
import type { FatalError } from "./errors.js";
import { sourceOf } from "./exception-handler.js";
import type { Future } from "./future.js";
import type { Handle, Runnable, TimerHandle } from "./handle.js";
import { setRunningLoop, tryGetRunningLoop } from "./running-loop.js";
import type { Task } from "./task.js";

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
export class EventLoop extends BaseEventLoop {
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

  constructor(options?: EventLoopOptions) {
    super(options?.debug);
    this.#clock = options?.clock ?? new SystemClock();
    if (options?.asyncLocalStorage === true) trackAsyncFunctions();
    this.#clockIsReal = this.#clock instanceof SystemClock;
  }

  /** @internal Time at the start of this iteration; between two of them (a callback of Node's) the time itself. */
  get _iterationTime(): number {
    return this.#iterating ? this.#iterationTime : this.#clock.now();
  }

  /** Monotonic time in milliseconds; `callAt` and `timeoutAt` use the same scale. */
  override time(): number {
    return this.#clock.now();
  }

  isRunning(): boolean {
    return this.#running;
  }

  isClosed(): boolean {
    return this.#closed;
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

  /**
   * @internal From now on a run keeps the process alive by its timers and I/O alone: what is left over and cannot
   * be woken (an async function inside a promise that nobody settles) must not keep a finished program.
   */
  _shutDown(): void {
    this.#isShuttingDown = true;
  }

  /** @internal */
  override _checkOpen(): void {
    if (this.#closed) throw new RuntimeError("this event loop is closed: make a new one, or use run(main)");
  }

  /** @internal Behind what is ready already. */
  override _enqueue(runnable: Runnable): void {
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
  override _fatal(error: FatalError): void {
    this.#fatalError ??= error;
    this.stop();
  }

  /** @internal The armed timer was cancelled: it must not keep the process alive. */
  _timerCancelled(timer: TimerHandle): void {
    if (timer._when <= this.#armedFor && this.#running) this.#scheduleTurn();
  }

  /** @internal Schedules a timer without a copy of the context and without checks. */
  override _schedule(timer: TimerHandle): void {
    this._timers.push(timer);
    if (timer._when < this.#armedFor && !this.#turnScheduled && this.#running) this.#scheduleTurn();
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

/** Makes a loop. It is not made the current one. */
export function newEventLoop(options?: EventLoopOptions): EventLoop {
  return new EventLoop(options);
}
