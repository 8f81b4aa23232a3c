import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { getRunningLoop } from "../core/running-loop.js";
import { defaultExecutor } from "./default-executor.js";
import { contextByName } from "./thread-context.js";
import { sourceOfWork } from "./work.js";
import type { ModuleReference, Work, WorkSource } from "./work.js";

/**
 * Runs a function in a thread of the default executor and waits for its result. Nothing runs before it is awaited.
 * What travels, and how, `loop.runInExecutor` says. A cancel gives the wait up, not the work (rule EX-02).
 *
 * Context variables go along (rule CV-07): where the thread loads a module that makes a `ContextVar` of the same name,
 * that has the caller's value, as far as it can be copied. What the function sets stays in the thread.
 * @throws TypeError when `work` cannot run in a thread; what the function throws (rule EX-03).
 * @example
 * const primes = await toThread((n: number) => { ... }, 1_000_000);
 * const hash = yield* toThread<typeof import("./hash.js").hash>({ module: new URL("./hash.js", import.meta.url), export: "hash" }, text);
 */
export function toThread<A extends unknown[], R>(work: (...args: A) => R, ...args: A): Coroutine<Awaited<R>>;
/** As above. @typeParam F the function that the module exports: `typeof import("./hash.js").hash`. */
export function toThread<F extends (...args: never[]) => unknown = (...args: unknown[]) => unknown>(
  work: ModuleReference | URL,
  ...args: Parameters<F>
): Coroutine<Awaited<ReturnType<F>>>;
export function toThread(work: Work<unknown[], unknown>, ...args: unknown[]): Coroutine<unknown> {
  return inThread(sourceOfWork(work), args);
}

const inThread = coroInternal(function* toThread(
  work: WorkSource,
  args: readonly unknown[],
): CoroutineGenerator<unknown> {
  const loop = getRunningLoop();
  return yield* defaultExecutor(loop)._submit(loop, work, args, contextByName());
}, "toThread");
