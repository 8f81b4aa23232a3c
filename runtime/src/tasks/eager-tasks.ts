import { given } from "../core/arguments.js";
import type { TaskFactory } from "../core/base-event-loop.js";
import type { EventLoop } from "../core/event-loop.js";
import type { Future } from "../core/future.js";
import { Task } from "../core/task.js";
import type { Startable, TaskOptions } from "../core/task.js";

/** A task class: {@link Task}, or a subclass that passes the options on. */
export type TaskConstructor = new (
  what: Startable<unknown>,
  options: TaskOptions & { readonly loop: EventLoop },
) => Future<unknown>;

/**
 * A task factory whose tasks are made by `constructor` and start at once (rule EA-01); `eagerStart: false` of one
 * call overrides it (rule EA-06). The body runs inside the constructor: fields of a subclass do not exist yet.
 * @throws TypeError when `constructor` is no class.
 */
export function createEagerTaskFactory(constructor: TaskConstructor): TaskFactory {
  if (typeof constructor !== "function")
    throw new TypeError(
      `createEagerTaskFactory() takes a task class, as in createEagerTaskFactory(Task); got ${given(constructor)}`,
    );
  return (loop: EventLoop, what: Startable<unknown>, options: TaskOptions) =>
    new constructor(what, { ...options, loop, eagerStart: options.eagerStart ?? true });
}

/**
 * Makes tasks that start at once, inside `createTask()`: one that never has to wait is done when that returns, and
 * costs no iteration of the loop. Changes the order in which a program runs. The end of an async function is seen
 * only in a microtask: such a task is done a moment later, before the next iteration.
 * @example getRunningLoop().setTaskFactory(eagerTaskFactory);
 */
export const eagerTaskFactory: TaskFactory = createEagerTaskFactory(Task);
