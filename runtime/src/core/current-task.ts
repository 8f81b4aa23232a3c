import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import type { Task } from "./task.js";

/**
 * Which task runs now. The driver knows it while a step runs; an async function that was resumed by a microtask
 * is found through AsyncLocalStorage. That storage is switched on by the first async function the runtime sees:
 * programs of generator coroutines alone never pay for it (Node 20: 15 ns a step, Node 24: 115 ns, and every
 * native promise gets slower).
 */
const storage = new AsyncLocalStorage<Task<unknown> | undefined>();
let stepping: Task<unknown> | null = null;
let tracksAsync = false;

/** @internal Sets the task whose step runs now and returns the one before. */
export function setSteppingTask(task: Task<unknown> | null): Task<unknown> | null {
  const before = stepping;
  stepping = task;
  return before;
}

/** @internal */
export function currentTaskOrNull(): Task<unknown> | null {
  if (stepping !== null) return stepping;
  if (!tracksAsync) return null;
  const task = storage.getStore();
  return task === undefined || task.done() ? null : task;
}

/** @internal From now on async functions find their task. */
export function trackAsyncFunctions(): void {
  tracksAsync = true;
}

/** @internal */
export function tracksAsyncFunctions(): boolean {
  return tracksAsync;
}

/** @internal Calls `fn` so that it and every async function it calls belong to `task`. */
export function runAsTask<T>(task: Task<unknown> | null, fn: () => T): T {
  tracksAsync = true;
  const before = setSteppingTask(task);
  try {
    return storage.run(task ?? undefined, fn);
  } finally {
    stepping = before;
  }
}

/**
 * @internal The asynchronous context of this moment, with `task` as the current one: what the steps of a task run in,
 * so that every AsyncLocalStorage of the program follows it (rule JS-06).
 */
export function asyncScopeFor(task: Task<unknown>): AsyncResource {
  return storage.run(task, asyncScope);
}

/** @internal The asynchronous context of this moment. */
export function asyncScope(): AsyncResource {
  // 0.1 µs, and 30 ns to enter; AsyncLocalStorage.snapshot() costs 20 µs on Node 20.
  return new AsyncResource("asyncscope", { requireManualDestroy: true });
}

/** @internal For the loop between two callbacks: what runs next belongs to `task` (undefined: to none). */
export function enterAsyncTask(task: Task<unknown> | undefined): void {
  storage.enterWith(task);
}
