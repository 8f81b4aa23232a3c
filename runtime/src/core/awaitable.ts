import { types } from "node:util";

/**
 * What a coroutine can wait for, and what "suspending" means between a coroutine and the driver.
 *
 * A generator suspends by yielding a {@link Suspension} to the driver. Only the runtime makes those: user code
 * writes `yield* awaitable`, never `yield`. Because `Suspension` is opaque, forgetting the star does not compile.
 */

declare const suspension: unique symbol;

/** What a coroutine hands to the driver when it suspends. Opaque. */
export interface Suspension {
  readonly [suspension]: true;
}

/** Something that `yield*` (in a generator coroutine) and `await` (in an async function) both wait for. */
export interface Awaitable<T> extends PromiseLike<T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}

/** @internal Yielded to let one iteration of the loop pass without waiting for anything. */
export const YIELD_ONCE = Symbol("asyncscope.yield-once") as unknown as Suspension;

/** @internal What the driver sends into the iterator that suspended last, so that it needs no memory of having. */
export const RESUMED = Symbol("asyncscope.resumed");

/**
 * @internal Thrown into a suspended iterator of the runtime to deliver a cancellation: the iterator creates the
 * CancelledError itself, so that its stack shows the interrupted line (rule JS-03).
 */
export class CancelSignal {
  constructor(readonly make: () => Error) {}
}

/** @internal What an iterator of the runtime throws when `error` was thrown into it. */
export function delivered(error: unknown): unknown {
  // What a program throws may be a revoked proxy, on which `instanceof` throws itself.
  return !types.isProxy(error) && error instanceof CancelSignal ? error.make() : error;
}

/**
 * @internal The iterator result that every iterator of the runtime hands out. One object for all: `yield*` passes
 * an inner result through unchanged and reads it before anything else can run, so no result need be allocated.
 */
export const shared: { done: boolean; value: unknown } = { done: false, value: undefined };

/** @internal */
export function suspend(value: unknown): IteratorYieldResult<Suspension> {
  shared.done = false;
  shared.value = value;
  return shared as unknown as IteratorYieldResult<Suspension>;
}

/** @internal */
export function complete<T>(value: T): IteratorReturnResult<T> {
  shared.done = true;
  shared.value = value;
  return shared as unknown as IteratorReturnResult<T>;
}

type Awaiter = <T>(awaitable: Awaitable<T>) => Promise<T>;
let awaiter: Awaiter;

/** @internal Gives `then()` its implementation, which stands above what it is called on (await-strand.ts). */
export function installAwaiter(implementation: Awaiter): void {
  awaiter = implementation;
}

/** @internal What `await` on an awaitable of the runtime does: waits as the current task, as a native promise. */
export function awaitNatively<T>(awaitable: Awaitable<T>): Promise<T> {
  return awaiter(awaitable);
}
