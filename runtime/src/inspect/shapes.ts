import type { AwaitStrand } from "../core/await-strand.js";
import type { Frame } from "../core/coroutine.js";
import { FUTURE_BRAND } from "../core/future.js";
import type { Future } from "../core/future.js";
import type { Task } from "../core/task.js";

/**
 * What a thing of the runtime is, told by its fields: `instanceof` would not know those of a second copy of the
 * runtime in the same program (ESM and CommonJS), which this inspector shows as well.
 */
export function isFutureLike(value: object): value is Future<unknown> {
  return FUTURE_BRAND in value;
}

export function isTask(value: object): value is Task<unknown> {
  return "_strands" in value;
}

/** An `await` of an async function. */
export function isStrand(value: object): value is AwaitStrand {
  return "_awaitable" in value;
}

/** The call of an async function: the only frame of user code that is not a generator. */
export function isAsyncFrame(frame: Frame): boolean {
  return frame._isUserCode && frame._iterator === (frame as unknown);
}

/** Where a frame or a wait stands, when it says so itself: that of a plain async function. 0 otherwise. */
export function ownSite(thing: object): number {
  return (thing as { readonly _site?: number })._site ?? 0;
}

/** The call whose end `future` stands for, when it is that of an async function. */
export function asyncCallOf(future: Future<unknown> | null): Frame | null {
  return future === null ? null : ((future as { readonly _call?: Frame })._call ?? null);
}

/** The promise that the async function gave whose call a frame is; null of a generator, and before it was called. */
export function promiseOf(frame: Frame): object | null {
  return (frame as { readonly _promise?: object | null })._promise ?? null;
}
