import { types } from "node:util";
import { CancelledError } from "./errors.js";

/**
 * What a coroutine can wait for, and what "suspending" means between a coroutine and the driver.
 *
 * A generator suspends by yielding a {@link Suspension} to the driver. Only the runtime makes those: user code
 * writes `yield* awaitable`, never `yield`. Because `Suspension` is opaque, forgetting the star does not compile.
 */

declare const suspension: unique symbol;

/** What a coroutine hands to the driver when it suspends. Opaque. */
export interface Suspension {
  /** @internal */
  readonly [suspension]: true;
}

/** Something that `yield*` (in a generator coroutine) and `await` (in an async function) both wait for. */
export interface Awaitable<T> extends PromiseLike<T> {
  /** For `yield*`. */
  [Symbol.iterator](): Iterator<Suspension, T, unknown>;
}

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
  // Most of what passes here was a cancel a frame before.
  if (CancelledError._made(error)) return error;
  // What a program throws may be a revoked proxy, on which `instanceof` throws itself.
  return !types.isProxy(error) && error instanceof CancelSignal ? error.make() : error;
}

/**
 * @internal The iterator result that every iterator of the runtime hands out. One object for all: `yield*` passes
 * an inner result through unchanged and reads it before anything else can run, so no result need be allocated.
 */
export const shared: { done: boolean; value: unknown; wants: Wants } = {
  done: false,
  value: undefined,
  wants: "turn",
};

/**
 * @internal What the driver is to do with the value of {@link shared}: wait for the future, run the coroutine, let an
 * iteration of the loop pass, or go on in another cancel scope. Said beside the value, as telling values apart by their class costs 10 ns a switch.
 */
type Wants = "future" | "call" | "turn" | "scope";

/** @internal Waits for a future. */
export function suspend(future: unknown): IteratorYieldResult<Suspension> {
  shared.done = false;
  shared.wants = "future";
  shared.value = future;
  return shared as unknown as IteratorYieldResult<Suspension>;
}

/** @internal Has the driver run a generator coroutine on top of the one that awaits it. */
export function call(coroutine: unknown): IteratorYieldResult<Suspension> {
  shared.done = false;
  shared.wants = "call";
  shared.value = coroutine;
  return shared as unknown as IteratorYieldResult<Suspension>;
}

/** @internal Lets one iteration of the loop pass without waiting for anything. */
export function yieldOnce(): IteratorYieldResult<Suspension> {
  shared.done = false;
  shared.wants = "turn";
  return shared as unknown as IteratorYieldResult<Suspension>;
}

/** @internal Goes on in another cancel scope, null for none; costs no suspension. */
export function enterScope(scope: object | null): IteratorYieldResult<Suspension> {
  shared.done = false;
  shared.wants = "scope";
  shared.value = scope;
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
