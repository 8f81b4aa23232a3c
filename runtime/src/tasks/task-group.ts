import { callBody, checkBody } from "../core/async-call.js";
import type { Body } from "../core/async-call.js";
import type { CancelScope } from "../core/cancel-scope.js";
import { ScopeChange } from "../core/cancel-scope.js";
import { Coroutine, coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { CancelledError, ExceptionGroup, isCancelled, isFatal, RuntimeError } from "../core/errors.js";
import type { FatalError } from "../core/errors.js";
import { Future } from "../core/future.js";
import type { WaitOrigin } from "../core/instrument.js";
import type { Startable, Task, TaskOptions } from "../core/task.js";
import { innermostScope, openScope, signalOf } from "./scopes.js";

const origin: WaitOrigin = {
  kind: "task-group",
  resource: null,
  children: (future) => (future as ChildrenDone)._tasks,
};

class ChildrenDone extends Future<void> {
  override _origin: WaitOrigin | null = origin;
  constructor(
    readonly _tasks: ReadonlySet<Task<unknown>>,
    parent: Task<unknown>,
  ) {
    super({ loop: parent._loop });
  }
}

/**
 * Tasks that belong together: the block ends when every one of them has ended, and the first that fails cancels
 * the others (rules TG-01, TG-02). Use {@link taskGroup}, which handles errors exactly.
 */
export class TaskGroup {
  /** @internal The children that are not done. */ readonly _tasks = new Set<Task<unknown>>();
  readonly #errors: unknown[] = [];
  #parent: Task<unknown> | null = null;
  #scope: CancelScope | null = null;
  /** Where a cancel of the body goes: the awaits of an `await using` block know no scope but the one around it. */
  #reach: CancelScope | null = null;
  #exiting = false;
  #aborting = false;
  /** Whether this group itself asked its parent to cancel. */
  #cancelledParent = false;
  #fatal: FatalError | null = null;
  #childrenDone: ChildrenDone | null = null;

  /**
   * Starts a task that belongs to the group.
   * @throws RuntimeError before the block, after it, and once a child has failed (rule TG-14).
   */
  createTask<T>(what: Startable<T>, options?: TaskOptions): Task<T> {
    try {
      if (this.#parent === null)
        throw new RuntimeError("this task group has not been entered: use taskGroup(body)");
      if (this.#exiting && this._tasks.size === 0) throw new RuntimeError("this task group has finished");
      if (this.#aborting) throw new RuntimeError("this task group is shutting down, it takes no new tasks");
    } catch (error) {
      if (what instanceof Coroutine) what.close();
      throw error;
    }
    const task = this.#parent._loop.createTask(what, options);
    this._tasks.add(task);
    task.addDoneCallback((done) => this.#taskDone(done));
    return task;
  }

  /**
   * Aborted when the block is cancelled: when a child fails, and when its task or a scope around it is cancelled.
   * Whatever it makes reject in the body ends the block as the cancellation would (rules JS-16, JS-17).
   * @throws RuntimeError before the block.
   */
  get signal(): AbortSignal {
    return signalOf(this.#scope, "taskGroup(body)");
  }

  /**
   * For `await using group = new TaskGroup()` in an async function: the group is entered where it is declared and
   * waited for at the end of the block. Exact for a block that ends normally, and for a cancel from outside.
   *
   * What a block throws, its end is not told: the children of a block that failed by itself are waited for, not
   * cancelled, and errors of children come in a SuppressedError together with that of the block. Use
   * {@link taskGroup} where that matters.
   * @throws RuntimeError outside a task, and the second time.
   */
  get [Symbol.asyncDispose](): () => Promise<void> {
    // `await using` reads this property once, at the declaration.
    this._enter();
    const scope = this.#scope!;
    this.#reach = scope._parent;
    const requests = scope.outsideRequests();
    return async () => {
      // The block was, most likely, left by that cancellation.
      if (scope.outsideRequests() > requests && !this.#aborting) this.#abort();
      await leave(this);
    };
  }

  /** @internal To be yielded to: the body starts there. */
  _enter(): ScopeChange {
    if (this.#parent !== null)
      throw new RuntimeError("this task group has been entered already: make a new one");
    this.#reach = this.#scope = openScope("a task group");
    this.#parent = this.#scope._task;
    return new ScopeChange(this.#scope);
  }

  /** @internal Waits for the children and throws what the block throws. */
  *_exit(error: unknown, failed: boolean): CoroutineGenerator<void> {
    this.#exiting = true;
    const parent = this.#parent!;
    if (failed && isFatal(error)) this.#fatal ??= error;
    // An AbortError that carries the cancellation is one as well (rule JS-17).
    const isCancellation = failed && isCancelled(error);
    let cancellation = isCancellation ? error : null;
    if (failed && !this.#aborting) this.#abort();
    while (this._tasks.size > 0) {
      this.#childrenDone ??= new ChildrenDone(this._tasks, parent);
      try {
        yield* this.#childrenDone;
      } catch (interruption) {
        if (!(interruption instanceof CancelledError)) throw interruption;
        if (!this.#aborting) {
          // The parent is cancelled from outside while it waits (rule TG-05).
          cancellation = interruption;
          this.#abort();
        }
      }
      this.#childrenDone = null;
    }
    // What the group injected itself it takes back; nothing else may end with it (rule TG-08).
    const requests = this.#scope!.close();
    if (this.#fatal !== null) throw this.#fatal;
    if (this.#cancelledParent && requests === 0) cancellation = null;
    if (cancellation !== null && this.#errors.length === 0) throw cancellation;
    if (failed && !isCancellation) this.#errors.push(error);
    if (this.#errors.length === 0) return;
    // A cancel from outside stays pending and hits at the parent's next suspension (rule TG-07).
    this.#scope!.renewOutside();
    throw new ExceptionGroup(this.#errors, "unhandled errors in a TaskGroup");
  }

  #abort(): void {
    this.#aborting = true;
    for (const task of this._tasks) if (!task.done()) task.cancel();
  }

  #taskDone(task: Task<unknown>): void {
    this._tasks.delete(task);
    if (this._tasks.size === 0) this.#childrenDone?._trySetResult();
    if (task.cancelled()) return;
    if (!task._hasError()) return;
    const error = task.exception();
    this.#errors.push(error);
    if (isFatal(error)) this.#fatal ??= error;
    const parent = this.#parent!;
    if (parent.done()) {
      parent._loop.callExceptionHandler({
        message: `${task._describe()} has errored out but its parent ${parent._describe()} is already completed`,
        exception: error,
        task,
      });
      return;
    }
    if (this.#aborting || this.#cancelledParent) return;
    this.#abort();
    // The body's await ends too (rule TG-02).
    this.#cancelledParent = true;
    parent._cancelScope(this.#scope!, "", this.#reach!);
  }
}

const leave = coroInternal(function* leave(group: TaskGroup): CoroutineGenerator<void> {
  yield* group._exit(null, false);
});

const running = coroInternal(function* body(body: Body<[TaskGroup], unknown>): CoroutineGenerator<unknown> {
  const group = new TaskGroup();
  const around = innermostScope();
  yield* group._enter();
  let result: unknown;
  let error: unknown = null;
  let failed = false;
  try {
    result = yield* callBody(body, [group], "taskGroup()");
  } catch (thrown) {
    failed = true;
    error = thrown;
  }
  try {
    yield* group._exit(error, failed);
  } finally {
    yield* new ScopeChange(around);
  }
  return result;
}, "taskGroup");

/**
 * Runs `body(group)` and waits for every task it started with `group.createTask()`. Errors of the body and of the
 * tasks come together as one {@link ExceptionGroup}.
 * @returns what the body returns.
 * @throws TypeError when `body` is no function; RuntimeError outside a task.
 * @example
 * yield* taskGroup(function* (group) {
 *   group.createTask(worker(1));
 *   group.createTask(worker(2));
 * });
 */
export function taskGroup<T>(body: Body<[TaskGroup], T>): Coroutine<T> {
  checkBody(body, "taskGroup()");
  return running(body) as Coroutine<T>;
}
