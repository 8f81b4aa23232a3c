import { given } from "../core/arguments.js";
import type { EncodedError } from "./error-transfer.js";

/** @internal Messages between threads carry it, so that they can share a port with those of the program. */
export const MARK = "asyncscope";

/** @internal From a thread to the loop. */
export type ToLoop =
  | {
      readonly asyncscope: "call" | "run";
      readonly id: number;
      readonly name: string;
      readonly args: unknown[];
    }
  | { readonly asyncscope: "cancel"; readonly id: number; readonly message: string };

/** @internal From the loop to a thread. */
export type FromLoop =
  | { readonly asyncscope: "result"; readonly id: number; readonly value: unknown }
  | { readonly asyncscope: "error"; readonly id: number; readonly error: EncodedError }
  | { readonly asyncscope: "cancelled"; readonly id: number; readonly message: string }
  /** Nobody answers any more. */
  | { readonly asyncscope: "closed" };

/** @internal What both ends of a connection between threads have: a MessagePort, or the Worker itself. */
export interface Endpoint {
  postMessage(message: unknown, transferList?: readonly never[]): void;
  on(event: string, listener: (value: never) => void): unknown;
  off(event: string, listener: (value: never) => void): unknown;
  listenerCount(event: string): number;
  ref(): void;
  unref(): void;
}

/** @internal Whether a message is one of ours. */
export function isMarked(message: unknown): boolean {
  return typeof message === "object" && message !== null && Object.hasOwn(message, MARK);
}

/** @internal @throws TypeError for what is no end of a connection. */
export function checkEndpoint(value: unknown, who: string): asserts value is Endpoint {
  const { postMessage, on } = (value ?? {}) as Partial<Endpoint>;
  if (typeof postMessage !== "function" || typeof on !== "function")
    throw new TypeError(`${who} takes a MessagePort of node:worker_threads or a Worker, got ${given(value)}`);
}
