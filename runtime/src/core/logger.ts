import { channel } from "node:diagnostics_channel";
import { types } from "node:util";
import { given } from "./arguments.js";
import type { BaseEventLoop } from "./base-event-loop.js";
import type { ExceptionContext } from "./exception-handler.js";
import { Future } from "./future.js";
import { Handle } from "./handle.js";
import { Task } from "./task.js";

/** What is published on {@link logger}. */
export interface LogRecord {
  /** `error`: something failed and nobody else was told. `warning`: debug mode found something. */
  readonly level: "error" | "warning";
  /** One line. */
  readonly message: string;
  /** The whole report: the message, and the error, task, future or handle that it is about. */
  readonly context: ExceptionContext;
  /** The loop that reports. */
  readonly loop: BaseEventLoop;
}

/**
 * Where the runtime's reports go: the channel `asyncscope:log` of node:diagnostics_channel. As long as nobody
 * subscribes they are printed to stderr; a subscriber gets them as {@link LogRecord}s instead. For the errors of one
 * loop alone, `loop.setExceptionHandler()` comes first.
 * @example
 * import { subscribe } from "node:diagnostics_channel";
 * subscribe(logger.name, (record) => console.warn((record as LogRecord).message));
 */
export const logger = channel("asyncscope:log");

/** What a warning about a slow step says in its message, in figures. */
const SAID_BY_MESSAGE = new Set(["duration", "location"]);

/** @internal */
export function log(record: LogRecord): void {
  if (logger.hasSubscribers) logger.publish(record);
  else print(record.context);
}

function print(context: ExceptionContext): void {
  const lines = [context.message];
  for (const [key, value] of Object.entries(context)) {
    if (key === "message" || key === "exception" || value === undefined) continue;
    if (SAID_BY_MESSAGE.has(key)) continue;
    if (key === "sourceTraceback") lines.push(`created:\n${inWords(value)}`);
    else lines.push(`${key}: ${inWords(value)}`);
  }
  const { sourceTraceback, task, future, described } = context;
  if (sourceTraceback === undefined && (task ?? future ?? described) !== undefined)
    lines.push("created: ASYNC_DEBUG=1 in the environment tells where");
  if ("exception" in context) console.error(lines.join("\n"), "\n", context.exception);
  else console.error(lines.join("\n"));
}

function inWords(value: unknown): string {
  if (value instanceof Task) return `${value._describe()}, ${value.getCoro()?._name || "(anonymous)"}()`;
  if (value instanceof Future) return value._describe();
  if (value instanceof Handle) return "callback";
  if (typeof value === "string") return value;
  if (isReport(value))
    return "exception" in value ? `${value.message} (${thrownInWords(value.exception)})` : value.message;
  return given(value);
}

/** What a broken handler was told: it must not be lost with it. */
function isReport(value: unknown): value is ExceptionContext {
  return (
    typeof value === "object" &&
    value !== null &&
    !types.isProxy(value) &&
    typeof (value as { message?: unknown }).message === "string"
  );
}

function thrownInWords(error: unknown): string {
  try {
    return String(error);
  } catch {
    return given(error);
  }
}
