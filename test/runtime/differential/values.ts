import { CancelledError, ExceptionGroup, isCancelled, TimeoutError } from "asyncscope";
import type { Future } from "asyncscope";

/** The error that programs raise. */
export class Boom extends Error {
  override name = "Boom";
}

/** How an error reads in a trace. */
export function showError(error: unknown): string {
  if (error instanceof ExceptionGroup) return `Group(${error.errors.map(showError).join(", ")})`;
  if (error instanceof CancelledError) return `Cancelled(${error.message})`;
  if (error instanceof Boom) return `Boom(${error.message})`;
  if (error instanceof TimeoutError && isCancelled(error.cause))
    return `TimeoutError<${showError(error.cause)}`;
  return error instanceof Error ? error.name : String(error);
}

/** How a value reads in a trace. `nameOf` knows the futures. */
export function showValue(value: unknown, nameOf: (future: object) => string | undefined): string {
  if (value === undefined || value === null) return "-";
  if (Array.isArray(value)) return `[${value.map((item) => showValue(item, nameOf)).join(", ")}]`;
  if (value instanceof Error) return showError(value);
  if (typeof value === "object") return nameOf(value) ?? "?";
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "?";
}

/** How the state of a future reads in a trace. */
export function showState(future: Future<unknown>, nameOf: (future: object) => string | undefined): string {
  if (!future.done()) return "pending";
  if (future.cancelled()) return "cancelled";
  const error = future.exception();
  return error === null ? `result ${showValue(future.result(), nameOf)}` : showError(error);
}
