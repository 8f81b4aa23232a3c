import { given } from "./arguments.js";
import { isFuture } from "./future.js";
import { instrument } from "./instrument.js";
import type { Task } from "./task.js";

/**
 * For those who write a task class of their own: counts `task` among the unfinished ones of its loop, which
 * `allTasks()` lists (rule TK-15) and which the loop keeps alive. Every {@link Task} registers itself when it is made
 * and leaves at its end. Nothing happens when it is done or registered already.
 */
export function registerTask(task: Task<unknown>): void {
  checkTask(task, "registerTask()");
  const loop = task.getLoop();
  if (task.done() || task._before !== null || task._after !== null || loop._firstTask === task) return;
  loop._addTask(task);
}

/** The opposite of {@link registerTask}: the task runs on, unlisted. Nothing happens when it is not registered. */
export function unregisterTask(task: Task<unknown>): void {
  checkTask(task, "unregisterTask()");
  if (instrument !== null) instrument.taskUnlisted(task, false);
  task.getLoop()._removeTask(task);
}

/** @internal Anything with the members of a task: a program may have a class of its own. */
export function checkTask(task: unknown, who: string): void {
  if (!isFuture(task)) throw new TypeError(`${who} takes a task, got ${given(task)}`);
}
