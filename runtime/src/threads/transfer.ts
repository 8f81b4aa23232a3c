import { given } from "../core/arguments.js";

/** @internal Key of what {@link Transfer} holds: another copy of the runtime, or none, may read it in the worker. */
export const TRANSFER_KEY = "asyncscope.transfer";
const TRANSFER: unique symbol = Symbol.for(TRANSFER_KEY) as never;

/** What can be handed over to another thread instead of being copied: an ArrayBuffer, a MessagePort, … */
export type Transferable = ArrayBuffer | object;

/** A value whose parts are handed over. Made by {@link transfer}. */
export interface Transfer<T> {
  readonly [TRANSFER]: { readonly value: T; readonly list: readonly Transferable[] };
}

/**
 * Hands `value` over to another thread instead of copying it: this thread cannot use it any more. For arguments of
 * `toThread` and `runInExecutor`, and for the result of a function that runs in a thread.
 * @param list what in `value` is handed over; default: the value itself, or the buffer of a typed array.
 * @example const hash = yield* toThread(work, transfer(pixels));
 */
export function transfer<T extends object>(value: T, list?: readonly Transferable[]): T {
  const part: unknown = value;
  if ((typeof part !== "object" || part === null) && typeof part !== "function")
    throw new TypeError(`transfer() takes what is handed over, a buffer or a port; got ${given(part)}`);
  const parts = list ?? [ArrayBuffer.isView(value) ? value.buffer : value];
  // Typed as the value: that is what the function in the thread gets.
  return { [TRANSFER]: { value, list: parts } } satisfies Transfer<T> as unknown as T;
}

/** @internal What is posted for `value`; adds to `list` what it hands over. */
export function unwrapTransfer(value: unknown, list: Transferable[]): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, TRANSFER)) return value;
  const { value: inner, list: parts } = (value as Transfer<unknown>)[TRANSFER];
  list.push(...parts);
  return inner;
}
