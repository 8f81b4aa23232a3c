import type { AsyncResource } from "node:async_hooks";
import { checkOptions, given, nameKind } from "./arguments.js";
import type { Awaitable, Suspension } from "./awaitable.js";
import type { Values } from "./context.js";
import { Context, contextOf, currentValues, enterContext } from "./context.js";
import { Coroutine, GeneratorCoroutine } from "./coroutine.js";
import type { Frame } from "./coroutine.js";
import { asCoroutine, AsyncCall } from "./async-call.js";
import type { AwaitStrand } from "./await-strand.js";
import { CancelScope, TaskScope } from "./cancel-scope.js";
import {
  asyncScopeFor,
  currentPlaceOrNull,
  currentTaskOrNull,
  goOnIn,
  interruptWith,
  setStepping,
  tracksAsyncFunctions,
} from "./current-task.js";
import { drive } from "./driver.js";
import { asCancelledError, CancelledError, cancelRequest, isFatal, RuntimeError } from "./errors.js";
import type { CancelRequest } from "./errors.js";
import type { EventLoop } from "./event-loop.js";
import { Future } from "./future.js";
import type { Runnable } from "./handle.js";
import { activity, instrument } from "./instrument.js";
import { getRunningLoop, tryGetRunningLoop } from "./running-loop.js";
import { watchForCollection } from "./unretrieved.js";

let lastId = 0;
/** The tasks through which a cancel is on its way now. */
const propagating = new Set<Task<unknown>>();
/** That cancel came back to one of them. */
let metCycle = false;

/** A cancel calls itself for each task down an await chain; past so many the rest is cancelled from its end upwards. */
const DEEPEST_CANCEL = 500;
let cancelDepth = 0;
/** Cancelled by {@link cancelChain} before the one that waits for it. */
let cancelledAhead: Task<unknown> | null = null;

/** Where {@link Task.makeCancelledError} delivers: an await may wait in another scope than the task's own frames. */
let deliveringIn: CancelScope | null | undefined;

let lastNumbered = 0;
let lastName = "";

/** The name of a task without one. A task that cancels 100,000 others is asked for its name each time. */
function numbered(number: number): string {
  if (number === lastNumbered) return lastName;
  lastNumbered = number;
  return (lastName = `Task-${number}`);
}

/** The task that `task` waits for, if it waits for one alone. */
function awaitedBy(task: Task<unknown>): Task<unknown> | null {
  let waiter = task._waiter;
  const strands = task._strands;
  if (strands !== null) {
    // An async function waits for its promise and, inside, for what it awaits.
    if (strands.length > 1 || (waiter !== null && waiter._origin?.kind !== "foreign")) return null;
    for (const strand of strands) waiter = strand._waiter;
  }
  return waiter instanceof Task ? waiter : null;
}

/** Cancels what is below `task` in a chain of tasks that wait for each other, without recursion. */
function cancelChain(task: Task<unknown>, message: string): void {
  const chain: Task<unknown>[] = [];
  const seen = new Set<Task<unknown>>([task]);
  for (let at = awaitedBy(task); at !== null && !seen.has(at) && !propagating.has(at); at = awaitedBy(at)) {
    chain.push(at);
    seen.add(at);
  }
  cancelDepth = 0;
  while (chain.length > 0) {
    const last = chain.pop()!;
    last.cancel(message);
    cancelledAhead = last;
  }
  cancelDepth = 1;
}

/**
 * Options of {@link createTask}, which a task factory gets as they were given. A program that gives its factory more
 * adds that here.
 * @example
 * declare module "asyncscope" { interface TaskOptions { readonly priority?: number | undefined } }
 * loop.setTaskFactory((loop, what, options) => new RankedTask(what, { ...options, loop }));
 * createTask(work, { name: "first", priority: 5 });
 */
export interface TaskOptions {
  /** Default `Task-N`. Converted to a string. */
  readonly name?: string | undefined;
  /** The context to run in, by reference. Default: a copy of the current one (rule CV-01). */
  readonly context?: Context | undefined;
  /** Aborting it cancels the task. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether its body starts at once, inside `createTask()`, and runs up to where it first has to wait (rules EA-01,
   * EA-07). Only on a loop that runs. Default: what the task factory does; without one, false.
   */
  readonly eagerStart?: boolean | undefined;
}

/** What few tasks have. */
class TaskExtras {
  /** An async function of it has waited. */
  hasAwaited = false;
  firstStrand: AwaitStrand | null = null;
  lastStrand: AwaitStrand | null = null;
  readyStrands = 0;
  /** The innermost scope that its code is in. */
  scope: CancelScope | null = null;
  /** The scope that is the whole task; null until somebody needs it. */
  root: TaskScope | null = null;
  asyncScope: AsyncResource | null = null;
  unlinkSignal: (() => void) | null = null;
}

/**
 * A coroutine or async function that runs by itself, side by side with others. Made by {@link createTask}. It is a
 * {@link Future} of the result; a pending task is kept alive by its loop.
 */
export class Task<T> extends Future<T> {
  // Fields that most tasks need. A million tasks are a program: what few need is in `_more`, and methods are not `#`
  // private, which would mark each task with a field of its own.
  /** @internal */ _next: Runnable | null = null;
  /** @internal */ _frame: Frame | null;
  /** @internal */ _waiter: Future<unknown> | null = null;
  /** @internal Null until it was woken or has yielded for the first time. */ _cancelArrives: boolean | null =
    null;
  /** @internal Loop time at which it began to wait. */ _since: number | null = null;
  /** @internal Neighbours in the loop's list of tasks. */ _before: Task<unknown> | null = null;
  /** @internal */ _after: Task<unknown> | null = null;
  /** @internal For the inspector. */ _record: object | null = null;
  /** @internal The name that the program gave it, or the N of its `Task-N`. */ _label: string | number;
  /** @internal What it runs. */ _coroutine: Coroutine<T> | null;
  /** @internal Its context, or what that is a copy of until somebody asks. */ _variables: Context | Values;
  /** @internal */ _more: TaskExtras | null = null;

  /** Use {@link createTask}. @throws TypeError when `what` cannot be started. */
  constructor(what: Startable<T>, options?: TaskOptions & { readonly loop?: EventLoop | undefined });
  /** @internal */
  constructor(what: Startable<T>, options: TaskOptions | undefined, loop: EventLoop);
  constructor(
    what: Startable<T>,
    options?: TaskOptions & { readonly loop?: EventLoop | undefined },
    loop = options?.loop,
  ) {
    if (options !== undefined) checkTaskOptions(options);
    super(undefined, loop);
    const coroutine = asCoroutine(what)?._asFrame();
    if (coroutine === undefined) throw notStartable(what);
    coroutine._start();
    const parent = currentTaskOrNull();
    this._coroutine = coroutine as Coroutine<T>;
    this._frame = coroutine;
    this._label = options?.name === undefined ? ++lastId : String(options.name);
    this._variables = options?.context ?? currentValues();
    if (tracksAsyncFunctions() || coroutine instanceof AsyncCall)
      this._extras().asyncScope = asyncScopeFor(this);
    this._loop._addTask(this);
    if (instrument !== null) instrument.taskCreated(this, parent);
    if (options?.signal !== undefined) this._linkSignal(options.signal);
    if (options?.eagerStart === true && tryGetRunningLoop() === this._loop) this._startEagerly();
    else this._enqueue();
  }

  /** @internal Its first step is run in the middle of its creator's, which goes on afterwards (rules EA-02, EA-04). */
  _startEagerly(): void {
    this._resume(true);
    if (this.done()) this._coroutine = null;
  }

  /** For people. Default: `Task-` and a number. It may be changed at any time. */
  get name(): string {
    const label = this._label;
    return typeof label === "string" ? label : numbered(label);
  }

  set name(value: string) {
    this._label = String(value);
  }

  /** As {@link name}. */
  getName(): string {
    return this.name;
  }

  /** As {@link name}. */
  setName(value: string): void {
    this.name = value;
  }

  /** @internal The name that the program gave it; unlike `name`, never an overridden getter of the program. */
  get _givenName(): string | null {
    return typeof this._label === "string" ? this._label : null;
  }

  /** @internal N of the `Task-N` that one without a name is called; 0 when it has one. */
  get _number(): number {
    return typeof this._label === "string" ? 0 : this._label;
  }

  /** @internal */
  get _context(): Context {
    const variables = this._variables;
    return variables instanceof Context ? variables : (this._variables = contextOf(variables));
  }

  /** @internal The values of its context variables, without making the context for it. */
  get _contextValues(): Values {
    const variables = this._variables;
    return variables instanceof Context ? variables._values : variables;
  }

  /** @internal Awaits of async functions that run in this task, oldest first; null when none has waited. A copy. */
  get _strands(): readonly AwaitStrand[] | null {
    const more = this._more;
    if (more === null || !more.hasAwaited) return null;
    const strands: AwaitStrand[] = [];
    for (let strand = more.firstStrand; strand !== null; strand = strand._after)
      strands[strands.length] = strand;
    return strands;
  }

  /** @internal How many of them are in the ready queue. */
  get _readyStrands(): number {
    return this._more === null ? 0 : this._more.readyStrands;
  }

  /** @internal */
  set _readyStrands(count: number) {
    this._extras().readyStrands = count;
  }

  /** @internal In which its innermost frame waits; null: outside every scope. */
  get _scope(): CancelScope | null {
    return this._more === null ? null : this._more.scope;
  }

  /** @internal */
  _extras(): TaskExtras {
    return (this._more ??= new TaskExtras());
  }

  /** @internal */
  get _coroutineName(): string {
    return this._coroutine === null ? "" : this._coroutine._name;
  }

  /** What it runs; null when it finished inside `createTask()` (see {@link TaskOptions.eagerStart}). */
  getCoro(): Coroutine<T> | null {
    return this._coroutine;
  }

  /** The context that its coroutine runs in. */
  getContext(): Context {
    return this._context;
  }

  /**
   * Aborted, with the CancelledError as its reason, when this task is cancelled. A fresh one after `uncancel()` to 0.
   * Asked for by the task itself inside a timeout or task group it is the signal of that scope (rule JS-16).
   */
  get signal(): AbortSignal {
    const place = currentPlaceOrNull();
    return (place instanceof CancelScope && place._task === this ? place : this._rootScope()).signal;
  }

  /** A task owns its outcome. @throws RuntimeError always (rule TK-11). */
  override setResult(_value: T): never {
    throw new RuntimeError("a task's result is what its coroutine returns: setResult() is for a Future");
  }

  /** A task owns its outcome. @throws RuntimeError always (rule TK-11). */
  override setException(_error: unknown): never {
    throw new RuntimeError("a task's error is what its coroutine throws: setException() is for a Future");
  }

  /**
   * Asks the task to end: CancelledError is thrown where it waits, in an iteration to come. A request, not an act:
   * the coroutine cleans up, and may refuse (rules CA-02, CA-07).
   * @returns false only when the task is done already.
   */
  override cancel(message = ""): boolean {
    if (this.done()) return super.cancel();
    if (propagating.has(this)) {
      metCycle = true;
      return false;
    }
    // The one below it has been cancelled already.
    if (this === cancelledAhead) {
      cancelledAhead = null;
      return true;
    }
    if (++cancelDepth > DEEPEST_CANCEL) cancelChain(this, message);
    try {
      this._cancelScope(this._rootScope(), message);
    } finally {
      cancelDepth--;
      cancelledAhead = null;
    }
    return true;
  }

  /** @internal As {@link cancel}, for what waits inside `reach`; the request is one on `scope`. */
  _cancelScope(scope: CancelScope, message = "", reach = scope): void {
    const by = currentTaskOrNull();
    if (instrument !== null) instrument.cancelRequested(this, by, message);
    const taken = this._propagateCancel(reach, message);
    const request = cancelRequest(message, by?.name);
    scope.requested(request);
    if (!taken) reach.makeDue(request);
    scope.abortSignals(request, reach);
    if (!taken && metCycle) this._leaveCycle(reach);
  }

  /** Number of `cancel()` calls less `uncancel()` calls. */
  cancelling(): number {
    return this._more?.root?.allRequests ?? 0;
  }

  /** Takes one request back; at 0 a cancel not yet delivered is withdrawn (rule UC-03). @returns what is left. */
  uncancel(): number {
    const place = currentPlaceOrNull();
    const root = this._more?.root;
    if (place instanceof CancelScope && place._task === this) root?.uncancel(place);
    else if (place === this) root?.uncancel(this._scope);
    else root?.uncancelFromOutside(this._scope);
    return this.cancelling();
  }

  /** @internal */
  _rootScope(): TaskScope {
    return (this._extras().root ??= new TaskScope(this));
  }

  /** @internal As a place where code runs, see Place. */
  get _task(): this {
    return this;
  }

  /** @internal */
  _wake(future: Future<unknown>): void {
    this._waiter = null;
    this._cancelArrives = future._endedByCancel();
    if (activity !== null) activity.taskScheduled(this);
    this._enqueue();
  }

  /** @internal */
  _enqueue(): void {
    this._loop._enqueue(this);
  }

  /** @internal */
  _run(): void {
    this._step(true);
  }

  /** @internal Runs a step in the middle of other code, see {@link drive}. */
  _resume(delivers: boolean): void {
    const before = interruptWith(this._scope ?? this);
    const context = enterContext(null);
    try {
      this._step(delivers);
    } finally {
      enterContext(context);
      goOnIn(before, this);
    }
  }

  /** @internal What ran before and what runs after it set themselves as the current ones: so it needs no restoring. */
  _step(delivers: boolean): void {
    const more = this._more;
    setStepping(more === null ? this : (more.scope ?? this));
    enterContext(null);
    if (activity !== null) activity.stepEntered(this);
    if (more === null || more.asyncScope === null) {
      if (tracksAsyncFunctions()) this._loop._enterAsyncPlace(this._scope ?? this);
      drive(this, delivers);
    } else
      for (let again = true, first = delivers; again; first = false)
        again = more.asyncScope.runInAsyncScope(drive, undefined, this, first);
    if (activity !== null && !this.done()) activity.stepLeft(this);
  }

  /** @internal What its frames start from here on, and the awaits in there, belong to `scope`. */
  _changeScope(scope: CancelScope | null): boolean {
    const extras = this._extras();
    extras.scope = scope;
    setStepping(scope ?? this);
    if (extras.asyncScope !== null) {
      extras.asyncScope = asyncScopeFor(scope ?? this);
      return true;
    }
    if (tracksAsyncFunctions()) this._loop._enterAsyncPlace(scope ?? this);
    return false;
  }

  /** @internal */
  _finish(value: unknown): void {
    // A cancel that came too late to be delivered still counts: the result is dropped (rule CA-10).
    if (this._pendingCancel() !== null) {
      const error = this._makeCancelled();
      this._end();
      this._cancel(error.message, error);
    } else {
      this._end();
      if (this._loop._debug && this.cancelling() > 0) this._reportSwallowedCancel();
      super.setResult(value as T);
    }
    if (instrument !== null) instrument.taskDone(this);
  }

  /** @internal */
  _failed(error: unknown): void {
    this._end();
    const cancelled = asCancelledError(error);
    // An AbortError counts as cancellation only when it carries ours (rule JS-17).
    if (cancelled !== null) this._cancel(cancelled.message, cancelled);
    else this._fail(error);
    if (instrument !== null) instrument.taskDone(this);
    if (cancelled !== error && isFatal(error)) {
      // It ends the run: nobody need be told again that it was not looked at (rule EH-06).
      this.exception();
      this._loop._fatal(error);
    }
  }

  override _fail(error: unknown): void {
    this._state = 2;
    this._value = watchForCollection(this, "Task", error, this._context);
    this._settled();
  }

  /** @internal */
  _pendingCancel(): string | null {
    return this._more === null ? null : (this._pendingIn(this._more.scope)?.message ?? null);
  }

  /** @internal */
  _clearPendingCancel(): void {
    this._clearPendingIn(this._scope);
  }

  /** @internal */
  _makeCancelled(): CancelledError {
    return this._makeCancelledIn(this._scope);
  }

  /** @internal The error that is thrown where code in `scope` waits; the cancel is delivered with it. */
  _makeCancelledIn(scope: CancelScope | null): CancelledError {
    const before = deliveringIn;
    deliveringIn = scope;
    try {
      return this.makeCancelledError();
    } finally {
      deliveringIn = before;
      // Also when a subclass does not ask `super`.
      this._clearPendingIn(scope);
    }
  }

  /** While it is not done: the one that is thrown into its coroutine, with which the cancel counts as delivered. */
  protected override makeCancelledError(): CancelledError {
    if (this.done()) return super.makeCancelledError();
    const scope = deliveringIn === undefined ? this._scope : deliveringIn;
    const error = this._pendingIn(scope)?.toError() ?? new CancelledError();
    this._clearPendingIn(scope);
    return error;
  }

  /** @internal What is due at the next suspension in `scope` (null: in the task, outside every scope). */
  _pendingIn(scope: CancelScope | null): CancelRequest | null {
    const from = scope ?? (this._more === null ? null : this._more.root);
    return from === null ? null : from.due();
  }

  /** @internal */
  _clearPendingIn(scope: CancelScope | null): void {
    (scope ?? this._more?.root)?.delivered();
  }

  /** @internal */
  override _describe(): string {
    return `task "${this.name}"`;
  }

  /** @internal */
  _isItself(future: Future<unknown>): boolean {
    return (future as unknown) === this;
  }

  /** @internal */
  _addStrand(strand: AwaitStrand): void {
    const extras = this._extras();
    extras.hasAwaited = true;
    strand._before = extras.lastStrand;
    if (extras.lastStrand === null) extras.firstStrand = strand;
    else extras.lastStrand._after = strand;
    extras.lastStrand = strand;
    this._stepLeft();
  }

  /** @internal Its async functions wait, as far as anybody can see. */
  _stepLeft(): void {
    this._since = this._loop._iterationTime;
    if (activity !== null && !this.done()) activity.stepLeft(this);
  }

  /** @internal */
  _removeStrand(strand: AwaitStrand): void {
    const extras = this._more;
    // One that never had to wait, or that was left behind by a task that has ended, is in no list.
    if (extras === null || (strand._before === null && extras.firstStrand !== strand)) return;
    const { _before: before, _after: after } = strand;
    if (before === null) extras.firstStrand = after;
    else before._after = after;
    if (after === null) extras.lastStrand = before;
    else after._before = before;
    strand._before = strand._after = null;
  }

  /** @internal Whether its coroutine is an async function, whose frames only V8 knows. */
  get _isAsync(): boolean {
    return this._coroutine instanceof AsyncCall;
  }

  /** @internal Whether its coroutine is a generator, whose frames can be read. */
  get _isGenerator(): boolean {
    return this._coroutine instanceof GeneratorCoroutine;
  }

  /** @internal As {@link _cancelWaits}, noticing when the cancel comes back: tasks may wait for each other in a circle. */
  _propagateCancel(scope: CancelScope, message: string): boolean {
    const waiter = this._waiter;
    const forwards =
      waiter instanceof Task || waiter?._origin?.children !== undefined || this._more?.hasAwaited === true;
    if (!forwards) return this._cancelWaits(scope, message);
    propagating.add(this);
    try {
      return this._cancelWaits(scope, message);
    } finally {
      propagating.delete(this);
    }
  }

  /** @internal Gives its wait up and takes the cancel itself: what it waits for waits for it, and would never tell. */
  _leaveCycle(scope: CancelScope): void {
    metCycle = false;
    const owners: (Task<unknown> | AwaitStrand)[] = [this, ...(this._strands ?? [])];
    for (const owner of owners.reverse()) {
      const waiter = owner._waiter;
      if (waiter === null || waiter._origin?.kind === "foreign" || !scope.reaches(owner._scope)) continue;
      waiter._forget(owner);
      owner._waiter = null;
      owner._cancelArrives = false;
      if (activity !== null) activity.taskScheduled(this);
      owner._enqueue();
      return;
    }
  }

  /** @internal Cancels all that waits in `scope`. @returns whether anything took the cancel from which the block will hear of it. */
  _cancelWaits(scope: CancelScope, message: string): boolean {
    let delivered = false;
    const strands = this._strands;
    if (strands !== null)
      for (const strand of strands)
        // What a block left behind when it ended tells nobody.
        if (scope.reaches(strand._scope) && strand._waiter?.cancel(message) === true)
          delivered ||= strand._scope?.closed !== true;
    if (scope.reaches(this._scope) && this._waiter?.cancel(message) === true) delivered = true;
    return delivered;
  }

  /** @internal */
  _end(): void {
    this._frame = null;
    if (instrument !== null) instrument.taskUnlisted(this, true);
    this._loop._removeTask(this);
    const extras = this._more;
    if (extras === null) return;
    // Awaits that its async functions left behind go on, but no longer as this task.
    for (let strand = extras.firstStrand; strand !== null;) {
      const after: AwaitStrand | null = strand._after;
      strand._before = strand._after = null;
      strand = after;
    }
    extras.firstStrand = extras.lastStrand = null;
    extras.hasAwaited = false;
    extras.root?.delivered();
    extras.asyncScope = null;
    if (extras.unlinkSignal !== null) extras.unlinkSignal();
    extras.unlinkSignal = null;
  }

  /** @internal `catch` catches a CancelledError too: in debug mode a task that ends as if nothing had been asked is named (JS-12). */
  _reportSwallowedCancel(): void {
    this._loop.callExceptionHandler({
      message: `${this._describe()} was asked to cancel and returned normally: rethrow the CancelledError, or call uncancel() when that is meant`,
      task: this,
    });
  }

  /** @internal */
  _linkSignal(signal: AbortSignal): void {
    const abort = (): void => {
      const reason: unknown = signal.reason;
      this.cancel(
        reason instanceof Error
          ? reason.message
          : typeof reason === "string"
            ? reason
            : "the signal was aborted",
      );
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    this._extras().unlinkSignal = () => signal.removeEventListener("abort", abort);
  }
}

/**
 * What can be started as a task: a called coroutine, a generator object, or a function without arguments that is
 * async, a generator function or made by {@link coro}, also an arrow that returns a promise.
 */
export type Startable<T> =
  | Coroutine<T>
  | Generator<Suspension, T, unknown>
  | (() => PromiseLike<T> | Awaitable<T> | Generator<Suspension, T, unknown>);

function checkTaskOptions(options: TaskOptions): void {
  checkOptions(options, "createTask()");
  const { signal, context } = options as { signal?: Partial<AbortSignal> | null; context?: unknown };
  if (signal !== undefined && typeof signal?.addEventListener !== "function")
    throw new TypeError(`createTask() takes an AbortSignal as its signal, got ${given(signal)}`);
  if (context !== undefined && !(context instanceof Context))
    throw new TypeError(
      `createTask() takes a Context as its context, as copyContext() gives it; got ${given(context)}`,
    );
}

function notStartable(what: unknown): TypeError {
  const hint =
    what instanceof Future
      ? "a Future runs already: use ensureFuture(), or just wait for it"
      : what instanceof Promise
        ? "a Promise runs already: use until(promise) to wait for it, or pass the function that makes it"
        : `got ${given(what)}`;
  return new TypeError(`a task needs a coroutine or a function that makes one; ${hint}`);
}

/**
 * The task that runs now, null in a plain callback.
 * @param loop null as well unless the task is one of this loop. Default: the running one.
 * @throws RuntimeError when no loop is given and none runs (rule TK-13).
 */
export function currentTask(loop?: EventLoop): Task<unknown> | null {
  const task = currentTaskOrNull();
  if (loop === undefined) {
    if (task === null) getRunningLoop();
    return task;
  }
  if (typeof (loop as { readonly _debug?: unknown } | null)?._debug !== "boolean")
    throw new TypeError(`currentTask() takes an event loop, got ${given(loop)}`);
  return task?._loop === loop ? task : null;
}

nameKind(Task, "a task");
