import { currentTaskOrNull, setStepping } from "./current-task.js";
import { RuntimeError } from "./errors.js";
import { checkTask } from "./register-task.js";
import type { EventLoop } from "./event-loop.js";
import type { Task } from "./task.js";

/**
 * For those who write a task class of their own: makes `task` the current one. Call {@link leaveTask} after its step.
 * @throws RuntimeError when another task is current (rule TK-14).
 */
export function enterTask(_loop: EventLoop, task: Task<unknown>): void {
  checkTask(task, "enterTask()");
  const current = currentTaskOrNull();
  if (current !== null)
    throw new RuntimeError(`cannot enter ${task._describe()} while ${current._describe()} is being executed`);
  setStepping(task);
}

/** @throws RuntimeError when `task` is not the current one (rule TK-14). */
export function leaveTask(_loop: EventLoop, task: Task<unknown>): void {
  checkTask(task, "leaveTask()");
  const current = currentTaskOrNull();
  if (current !== task)
    throw new RuntimeError(
      `cannot leave ${task._describe()}: ${current === null ? "no task" : current._describe()} is the current one`,
    );
  setStepping(null);
}
