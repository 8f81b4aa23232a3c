import { isMainThread } from "node:worker_threads";
import { currentContext, inheritByName } from "../core/context.js";
import type { ContextVar } from "../core/context.js";

/** @internal Key on `globalThis` of a worker: the context variables of its present job. */
export const CONTEXT_KEY = "asyncscope.thread-context";
const KEY = Symbol.for(CONTEXT_KEY);

// A variable of this thread and that of the one who gave the job are two objects: their name makes them one.
if (!isMainThread)
  inheritByName(() => (globalThis as { [KEY]?: ReadonlyMap<string, unknown> | undefined })[KEY]);

/**
 * @internal The values of the current context, by name, as far as names are unique: of two variables with one name a
 * thread could not tell which is meant.
 */
export function contextByName(): Map<string, unknown> {
  const values = currentContext()._values as ReadonlyMap<ContextVar<unknown>, unknown>;
  const byName = new Map<string, unknown>();
  const twice = new Set<string>();
  for (const [{ name }, value] of values) {
    if (byName.has(name)) twice.add(name);
    byName.set(name, value);
  }
  for (const name of twice) byName.delete(name);
  return byName;
}

/** @internal What of it can be copied to another thread. */
export function travelling(context: ReadonlyMap<string, unknown>): Map<string, unknown> {
  const kept = new Map<string, unknown>();
  for (const [name, value] of context)
    try {
      structuredClone(value);
      kept.set(name, value);
    } catch {
      // A function, a socket: the variable has no value in the thread, and says so when it is read.
    }
  return kept;
}
