import { checkOptions, given } from "./arguments.js";
import { BaseEventLoop } from "./base-event-loop.js";
import type { Clock } from "./clock.js";
import { SystemClock } from "./clock.js";
import { enterContext } from "./context.js";
import type { Place } from "./current-task.js";
import {
  asyncScope,
  enterAsyncPlace,
  setStepping,
  trackAsyncFunctions,
  tracksAsyncFunctions,
} from "./current-task.js";
import { isFatal, renewStacks, RuntimeError } from "./errors.js";
import type { FatalError } from "./errors.js";
import { sourceOf } from "./exception-handler.js";
import { noTasksToReport } from "./exit-report.js";
import { loopBegins } from "../frames/source.js";
import { Future } from "./future.js";
import type { Handle, Runnable } from "./handle.js";
import { forgetRecent, lineOfTask, watchRecent } from "./never-awaited.js";
import { setRunningLoop, tryGetRunningLoop } from "./running-loop.js";
import { SlowSteps } from "./slow-steps.js";
import type { Startable } from "./task.js";
import type { Timer } from "./timer-heap.js";

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
/**
 * Callbacks and steps that may run between two looks at the clock, as long as they take less than {@link BRISK} together.
 * A look costs 60 to 90 ns, as much as a switch between two tasks.
 */
const MOST_UNTIMED = 16;
/** Milliseconds. */
const BRISK = 0.1;
/** A timer that never fires: keeps the process alive while a loop runs and waits. */
const FOREVER = 2 ** 31 - 1;

/** Options of {@link EventLoop}. */
export interface EventLoopOptions {
  /** Default: `performance.now()` and Node's timers. Tests give a virtual one (`asyncscope/testing`). */
  readonly clock?: Clock;
  /** See {@link BaseEventLoop.debug}. Default: ASYNC_DEBUG=1. */
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
  /** The last look at the real clock, and at that of the loop. */
  #real = 0;
  #now = 0;
  /** What `#now` was when this iteration began; null between iterations. Never unboxed: it is handed out as it is. */
  #iterationTime: number | null = null;
  /** How many ran since the last look at the clock, and how many may. */
  #untimed = 0;
  #mayRun = 1;
  #mustDrain = false;
  #running = false;
  #stopping = false;
  #closed = false;
  #isShuttingDown = false;
  #fatalError: FatalError | null = null;
  #slowSteps: SlowSteps | null = null;
  #endRun: ((error: FatalError | null) => void) | null = null;
  #keepAlive: NodeJS.Timeout | null = null;

  constructor(options?: EventLoopOptions) {
    if (options !== undefined) checkOptions(options, "new EventLoop()");
    super(options?.debug);
    const clock: Partial<Clock> = options?.clock ?? new SystemClock();
    if (typeof clock.now !== "function" || typeof clock.wakeAt !== "function")
      throw new TypeError(`a loop takes a clock with now(), wakeAt() and cancelWake(), got ${given(clock)}`);
    this.#clock = clock as Clock;
    if (options?.asyncLocalStorage === true) trackAsyncFunctions();
    this.#clockIsReal = this.#clock instanceof SystemClock;
  }

  /**
   * @internal Time at the start of this iteration, or up to {@link MOST_UNTIMED} short steps before; between two of them
   * (a callback of Node's) the time itself.
   */
  get _iterationTime(): number {
    return this.#iterationTime ?? this.#clock.now();
  }

  /** Monotonic time in milliseconds; `callAt` and `timeoutAt` use the same scale. */
  override time(): number {
    return this.#clock.now();
  }

  /** Whether it runs callbacks and tasks: inside of `run`, `runForever` and `runUntilComplete`. */
  isRunning(): boolean {
    return this.#running;
  }

  /** Whether {@link close} was called: it takes nothing more. */
  isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Runs until {@link stop}. The process stays alive meanwhile.
   * @throws RuntimeError (as a rejection) when it is closed, or when this or another loop runs (rule LP-12).
   */
  runForever(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#checkCanRun();
      try {
        this.runForeverSetup();
      } catch (error) {
        this.runForeverCleanup();
        throw error;
      }
      loopBegins();
      const keepAlive = (this.#keepAlive = setInterval(() => undefined, FOREVER));
      if (this.#isShuttingDown) keepAlive.unref();
      this.#endRun = (error) => {
        this.#endRun = null;
        clearInterval(keepAlive);
        this.#keepAlive = null;
        try {
          this.runForeverCleanup();
        } catch (mistake) {
          reject(mistake);
        }
        if (error === null) resolve();
        else reject(error);
      };
      this.#turnScheduled = false;
      this.#scheduleTurn();
    });
  }

  override runForeverSetup(): void {
    this.#checkCanRun();
    this.#running = true;
    // As long as nobody else does it, whoever set it up calls runOnce(): no turn is scheduled.
    this.#turnScheduled = true;
    forgetRecent();
    setRunningLoop(this);
  }

  override runOnce(): number {
    if (!this.#running || this.#endRun !== null)
      throw new RuntimeError(
        "runOnce() is for a loop that was set up with runForeverSetup() and not by runForever()",
      );
    this.#now = this.#iterationTime = this.#clock.now();
    try {
      this.#iterate();
    } finally {
      this.#iterationTime = null;
    }
    const error = this.#fatalError;
    this.#fatalError = null;
    if (error !== null) throw error;
    if (this.#firstReady !== null) return 0;
    const timer = this._timers.peek();
    return timer === null ? Infinity : Math.max(0, timer._when - this.#clock.now());
  }

  override runForeverCleanup(): void {
    this.#slowSteps?.stop();
    this.#disarm();
    this.#running = this.#stopping = this.#turnScheduled = false;
    if (tryGetRunningLoop() === this) setRunningLoop(null);
    // A loop that nobody closes must not be kept for nothing.
    if (this._firstTask === null && this._neverAwaited.size === 0) this.#leaveExitReport();
  }

  override isStopping(): boolean {
    return this.#stopping;
  }

  #checkCanRun(): void {
    this._checkOpen();
    if (this.#running) throw new RuntimeError("this event loop is already running");
    if (tryGetRunningLoop() !== null)
      throw new RuntimeError("cannot run an event loop while another one is running: await its work instead");
  }

  /**
   * Runs until a future, or a coroutine or function that is made a task, is done and gives its outcome.
   * @throws RuntimeError when it is closed, or when this or another loop runs (rule LP-12): then no task is made; when
   * the loop was stopped before (rule LP-11).
   */
  async runUntilComplete<T>(what: Future<T> | Startable<T>): Promise<T> {
    let isOver = false;
    // Called in an iteration after the end, which a fatal error may have put off to the next run (rule LP-13).
    const stop = (): void => {
      if (!isOver) this.stop();
    };
    this.#checkCanRun();
    const future = what instanceof Future ? what : this.createTask(what);
    future.addDoneCallback(stop);
    try {
      await this.runForever();
    } catch (error) {
      // Nobody else has the task: what it threw in the same iteration as the fatal error would be reported as lost.
      if (future !== what && future.done() && !future.cancelled()) future.exception();
      throw error;
    } finally {
      isOver = true;
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
    try {
      this._reportLeft();
      for (const holder of [...this._unretrieved]) holder.report();
    } finally {
      this.#closed = true;
      this.#leaveExitReport();
      for (const resource of this._resources) resource._loopClosed();
      this._resources.clear();
      this.#firstReady = this.#lastReady = null;
      this._timers.clear();
      this.#clock.cancelWake();
    }
  }

  /**
   * @internal Tasks that will not go on and coroutines that nobody will start. Not tasks while it runs: the process is
   * told to end then, with whatever is going on.
   */
  _reportLeft(): void {
    if (!this.#running) {
      for (const task of this._tasks())
        this.callExceptionHandler({
          message: "Task was destroyed but it is pending!",
          task,
          ...lineOfTask(task),
        });
      watchRecent(this);
    }
    for (const holder of [...this._neverAwaited]) holder.report();
  }

  #leaveExitReport(): void {
    this._isInExitReport = false;
    noTasksToReport(this);
  }

  /**
   * @internal From now on a run keeps the process alive by its timers and I/O alone: what is left over and cannot
   * be woken (an async function inside a promise that nobody settles) must not keep a finished program.
   */
  _shutDown(): void {
    this.#isShuttingDown = true;
    for (const resource of this._resources) resource._shuttingDown?.();
  }

  /** @internal */
  get _isShuttingDown(): boolean {
    return this.#isShuttingDown;
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
    setStepping(null);
    enterContext(handle._context);
    if (tracksAsyncFunctions()) this._enterAsyncPlace(undefined);
    try {
      callback();
    } catch (error) {
      if (isFatal(error)) this._fatal(error);
      else
        this.callExceptionHandler({
          message: `Exception in callback ${(handle._of ?? callback).name || "(anonymous)"}`,
          exception: error,
          handle,
          ...sourceOf(handle),
        });
    }
  }

  /** @internal What runs next in this turn belongs to `place`. */
  _enterAsyncPlace(place: Place | undefined): void {
    enterAsyncPlace(place);
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

  /** @internal One in the heap was cancelled: when it is the armed one, it must not keep the process alive. */
  _timerCancelled(timer: Timer): void {
    this._timers.cancelled();
    if (timer._when <= this.#armedFor && this.#running) this.#scheduleTurn();
  }

  /** @internal Schedules a timer without a copy of the context and without checks. */
  override _schedule(timer: Timer): void {
    this._timers.push(timer);
    // It may be due in the very next iteration.
    this.#untimed = MOST_UNTIMED;
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
    this.#readClock();
    this.#sliceStart = this.#real;
    this.#turn();
  };

  /** Iterations until nothing is ready, a stop, microtasks to drain, or the end of the slice. */
  readonly #turn = (): void => {
    this.#turnScheduled = true;
    let ended = false;
    try {
      this.#iterationTime = this.#now;
      for (;;) {
        this.#mustDrain = false;
        this.#iterate();
        if (this.#stopping) {
          ended = true;
          // What async functions do in this iteration belongs to it.
          if (this.#mustDrain) queueMicrotask(this.#behindMicrotasks);
          else this.#endOfRun();
          return;
        }
        if (this.#firstReady === null && !this.#mustDrain) break;
        this.#lookAtClock();
        if (this.#mustDrain || this.#real - this.#sliceStart >= SLICE) break;
      }
      // What runs in microtasks still belongs to this iteration.
      if (this.#mustDrain) queueMicrotask(this.#behindMicrotasks);
      else this.#endOfTurn();
      ended = true;
    } finally {
      // A reporter of the user's that throws is Node's to report; the loop goes on.
      if (!ended) {
        this.#iterationTime = null;
        this.#turnScheduled = false;
        this.#scheduleTurn();
      }
    }
  };

  /** nextTick from within a microtask runs when all microtasks are through. */
  readonly #behindMicrotasks = (): void => nextTick(this.#drained);

  readonly #drained = (): void => {
    if (this.#stopping) this.#endOfRun();
    else if (this.#firstReady !== null && this.#real - this.#sliceStart < SLICE) this.#turn();
    else this.#endOfTurn();
  };

  #endOfTurn(): void {
    this.#turnScheduled = false;
    this.#iterationTime = null;
    if (this.#firstReady === null) this.#arm();
    else this.#scheduleTurn();
  }

  /** One reading serves as the end of one iteration and the start of the next. */
  #lookAtClock(): void {
    if (this.#untimed >= this.#mayRun) this.#readClock();
    else if (!this.#clockIsReal) this.#now = this.#clock.now();
    else return;
    this.#iterationTime = this.#now;
  }

  #readClock(): void {
    const real = realTime();
    const isBrisk = real - this.#real < BRISK && performance.now === readClock;
    this.#mayRun = isBrisk ? Math.min(2 * this.#mayRun, MOST_UNTIMED) : 1;
    this.#untimed = 0;
    this.#real = real;
    this.#now = this.#clockIsReal && performance.now === readClock ? real : this.#clock.now();
  }

  #endOfRun(): void {
    this.#turnScheduled = false;
    this.#iterationTime = null;
    const error = this.#fatalError;
    this.#fatalError = null;
    this.#endRun?.(error);
  }

  #iterate(): void {
    const now = this.#now;
    const slow = this._debug ? (this.#slowSteps ??= new SlowSteps(this)) : null;
    for (let timer = this._timers.peek(); timer !== null && timer._when <= now; timer = this._timers.peek()) {
      this._timers.pop();
      // Behind what is ready already (rule LP-03).
      if (this.#lastReady === null) this.#firstReady = timer;
      else this.#lastReady._next = timer;
      this.#lastReady = timer;
    }
    const last = this.#lastReady;
    renewStacks();
    let ran = 0;
    try {
      for (let runnable = this.#firstReady; runnable !== null;) {
        const next: Runnable | null = runnable._next;
        // What a fatal error leaves over stays ready, in front.
        this.#firstReady = next;
        if (next === null) this.#lastReady = null;
        else runnable._next = null;
        ran++;
        if (slow === null) runnable._run();
        else slow.run(runnable);
        if (runnable === last || this.#fatalError !== null) break;
        runnable = this.#firstReady;
      }
    } finally {
      this.#untimed += ran;
      setStepping(null);
      enterContext(null);
      if (slow !== null) slow.iterationEnded();
    }
    if (tracksAsyncFunctions()) this._enterAsyncPlace(undefined);
  }

  /** @internal Calls `visit` with all that is ready, also what this iteration has not come to yet. */
  _eachReady(visit: (runnable: Runnable) => void): void {
    for (let runnable = this.#firstReady; runnable !== null; runnable = runnable._next) visit(runnable);
  }

  /** @internal Whether it has nothing to run, now or at a time. */
  get _isIdle(): boolean {
    if (this.#turnScheduled || this.#firstReady !== null) return false;
    const timer = this._timers.peek();
    return timer === null || timer._when === Infinity;
  }

  /** @internal What `look` gives while nothing of this loop keeps the process alive. */
  _withoutKeepAlive<T>(look: () => T): T {
    const keepAlive = this.#keepAlive;
    if (keepAlive?.hasRef() !== true) return look();
    keepAlive.unref();
    try {
      return look();
    } finally {
      keepAlive.ref();
    }
  }

  #arm(): void {
    watchRecent(this);
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
