import { given } from "../core/arguments.js";
import { getRunningLoop } from "../core/running-loop.js";
import { EventLoop } from "../core/event-loop.js";
import type { Startable, Task, TaskOptions } from "../core/task.js";

/**
 * Starts a coroutine or function as a task of the running loop. Its body first runs in the next iteration
 * (rule TK-01). The loop keeps the task alive until it is done.
 * @throws TypeError when it cannot be started; RuntimeError when no loop runs.
 * @example
 * const task = createTask(fetchUser(1), { name: "user-1" });
 * const other = createTask(async () => { await sleep(10); });
 */
export function createTask<T>(what: Startable<T>, options?: TaskOptions): Task<T> {
  return getRunningLoop().createTask(what, options);
}

/** The tasks that are not done, of the running loop or the one given. A snapshot (rule TK-15). */
export function allTasks(loop: EventLoop = getRunningLoop()): Set<Task<unknown>> {
  if (!(loop instanceof EventLoop)) throw new TypeError(`allTasks() takes an event loop, got ${given(loop)}`);
  return new Set([...loop._tasks()].reverse());
}
