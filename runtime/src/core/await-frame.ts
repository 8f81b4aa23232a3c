import { types } from "node:util";
import { CancelledError } from "./errors.js";

/** How many await frames an error has been given. */
const awaitFrames = new WeakMap<Error, number>();

/**
 * @internal An error left a coroutine or future for the one that awaits it: its stack gets the line of that await,
 * as V8 does for async functions (rule CA-17). As many as `Error.stackTraceLimit`, so that depth costs nothing.
 * @param above the method that the awaiting generator called: its line is the one below.
 */
export function addAwaitFrame(error: unknown, above: (...args: never[]) => unknown): void {
  if (CancelledError._made(error)) {
    if (error._isBare) return;
  } else if (types.isProxy(error) || !(error instanceof Error)) return;
  const limit = Error.stackTraceLimit;
  const count = awaitFrames.get(error) ?? 0;
  if (!(count < limit)) return;
  awaitFrames.set(error, count + 1);
  try {
    const stack: unknown = error.stack;
    if (typeof stack !== "string") return;
    const line = lineBelow(above, limit);
    if (line !== undefined) error.stack = `${stack}\n    at async ${line}`;
  } catch {
    // A frozen error keeps the stack that it has; one with a hostile getter says nothing.
  }
}

/** @internal How many await frames `error` has now, to be given back to {@link restoreStack}. */
export function countAwaitFrames(error: Error): number {
  return awaitFrames.get(error) ?? 0;
}

/** @internal Takes back the await frames of those who looked before (rule FU-16). */
export function restoreStack(error: Error, stack: string, count: number): void {
  try {
    if (error.stack === stack) return;
    error.stack = stack;
    awaitFrames.set(error, count);
  } catch {
    // As above.
  }
}

function lineBelow(above: (...args: never[]) => unknown, limit: number): string | undefined {
  const here: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = 1;
    Error.captureStackTrace(here, above);
  } finally {
    Error.stackTraceLimit = limit;
  }
  if (typeof here.stack !== "string") return undefined;
  return /^ {4}at (.*)$/m.exec(here.stack)?.[1]?.replace(/\.next(?= \()/, "");
}
