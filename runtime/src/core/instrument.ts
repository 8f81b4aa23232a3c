import type { Task } from "./task.js";

/** A gather, as whoever looks for its leftovers sees it. */
export interface FailedGather {
  readonly _children: readonly object[];
  /** Loop time at which it failed while children were left; null when it has not. */
  readonly _failedAt: number | null;
  _peekError(): unknown;
}

/** Something from which tasks take what they are to give back: a queue, a semaphore. */
export interface TakenFrom {
  /** What the instrument knows of it, and nobody else reads: this happens too often to look anything up. */
  _takings: object | null;
}

/**
 * What the core tells whoever watches it. The core works without: with none installed each call site costs one
 * load and a branch. Implementations must not throw and must not call back into the core's public API.
 */
export interface Instrument {
  /** A task exists and will start in a later iteration. `parent`: the task that created it, null outside tasks. */
  taskCreated(task: Task<unknown>, parent: Task<unknown> | null): void;
  /** The task is about to leave the list of its loop, where it is found until then. `ends`: or the program hides it. */
  taskUnlisted(task: Task<unknown>, ends: boolean): void;
  /** The task has its result, error or cancellation. */
  taskDone(task: Task<unknown>): void;
  /** Somebody asked for cancellation. `by`: the task that did, null outside tasks. */
  cancelRequested(task: Task<unknown>, by: Task<unknown> | null, message: string): void;
  /**
   * A coroutine or operation was made: for an async function the only moment that shows where it will wait. Not told
   * before the first async function ran.
   */
  awaitableCreated(awaitable: object): void;
  /** A queue, lock or other primitive was made. `kind` as in the protocol's ResourceKind. */
  primitiveCreated(primitive: object, kind: string): void;
  /** The error of a task or future that is about to be reported, as nobody has looked at it and nobody can any more. */
  errorUnretrieved(error: unknown, described: string): void;
  /** The program made a future. Futures of the runtime's own kinds are not told. */
  futureCreated(future: object): void;
  /** The running task holds `primitive` from now on. `operation`: what it awaited for it. */
  acquired(primitive: object, operation: object): void;
  /**
   * The running task took an item out of a queue, or a permit of a semaphore. `operation`: what it awaited for it, null
   * when it did not.
   */
  taken(primitive: TakenFrom, operation: object | null): void;
  /** The running code says of a queue that an item is dealt with, or gave a semaphore a permit back. */
  givenBack(primitive: TakenFrom): void;
}

/**
 * Told of what happens all the time. In what state a task is, it says itself; so somebody listens here only while the
 * next change is waited for, and a switch between tasks costs the same whether it is watched or not.
 */
export interface Activity {
  /** The task's code is about to run. */
  stepEntered(task: Task<unknown>): void;
  /** The task's code has stopped running; `task._waiter` (and its strands) say what for. Not called at its end. */
  stepLeft(task: Task<unknown>): void;
  /** Something the task waited for is done: it will be resumed in an iteration to come. */
  taskScheduled(task: Task<unknown>): void;
  /** The primitive's contents, owner or waiters changed. */
  primitiveChanged(primitive: object): void;
}

/** @internal The installed instrument; null when nobody watches. */
export let instrument: Instrument | null = null;

/**
 * @internal Told of each coroutine and operation that is made, by which an async function says where it is; null when
 * nobody wants to know. One place for the instrument and for debug mode: they are made all the time.
 */
export let awaitableMade: ((awaitable: object) => void) | null = null;

/** @internal In debug mode: the program is at a wait, or at the end of an async function, of the given task. */
export let slowStepWatch: ((task?: object) => void) | null = null;

/** @internal Installs or (null) removes the instrument. One at a time. */
export function setInstrument(value: Instrument | null): void {
  instrument = value;
  updateAwaitableMade();
}

/** @internal Sets or (null) removes what debug mode does there. */
export function setSlowStepWatch(watch: ((task?: object) => void) | null): void {
  slowStepWatch = watch;
  updateAwaitableMade();
}

let asyncFunctionsRan = false;

/** @internal The first async function is about to run: generators tell where they stand, they never pay for it. */
export function asyncFunctionsRun(): void {
  asyncFunctionsRan = true;
  updateAwaitableMade();
}

function updateAwaitableMade(): void {
  const watch = slowStepWatch;
  const watcher = asyncFunctionsRan ? instrument : null;
  if (watch === null && watcher === null) awaitableMade = null;
  else
    awaitableMade = (awaitable) => {
      if (watch !== null) watch();
      if (watcher !== null) watcher.awaitableCreated(awaitable);
    };
}

/** @internal Who listens to what happens all the time; null when nobody does. */
export let activity: Activity | null = null;

/** @internal Begins or (null) ends listening. One at a time. */
export function setActivity(value: Activity | null): void {
  activity = value;
}

/**
 * What a pending future stands for, so that a view can say more than "a future". One object per primitive and
 * role, shared by all its waiters: naming a wait costs one pointer.
 */
export interface WaitOrigin {
  /** As the protocol's WaitKind. */
  readonly kind: string;
  /** The primitive, null when there is none. */
  readonly resource: object | null;
  /** Loop time at which a timer will settle it. */
  due?(future: object): number | undefined;
  /** The futures whose end it waits for. */
  children?(future: object): Iterable<object>;
  /** What it is, in words, where the kind says too little: `socket 127.0.0.1:5432`. Runs no code of the program. */
  describe?(): string;
}
