import { enterContext } from "./context.js";
import type { Context } from "./context.js";
import { stackText } from "./creation-stack.js";
import { isFatal } from "./errors.js";
import type { EventLoop } from "./event-loop.js";
import type { Future } from "./future.js";
import type { Handle } from "./handle.js";
import type { Task } from "./task.js";

/** What an exception handler is told. `message` is always there. */
export interface ExceptionContext {
  /** What happened, in a line. */
  readonly message: string;
  /** What was thrown. */
  readonly exception?: unknown;
  /** The future that it is about. */
  readonly future?: Future<unknown>;
  /** The task that it is about. */
  readonly task?: Task<unknown>;
  /** The callback that it is about. */
  readonly handle?: Handle;
  /** The task or future in words, when the object itself is gone. */
  readonly described?: string;
  /** Where it was created, in debug mode: the frames of the program, innermost first, a line each. */
  readonly sourceTraceback?: string;
  readonly [key: string]: unknown;
}

/** Set with `loop.setExceptionHandler()`: is told of errors that have nobody else to go to. */
export type ExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void;

/**
 * @internal Reports through the handler of the loop, inside the context variables of what failed (rule EH-05). A
 * handler that throws is reported itself (rule EH-04); fatal errors end the run, or reach the caller when there is none.
 */
export function report(loop: EventLoop, context: ExceptionContext, where: Context | null): void {
  const handler = loop.getExceptionHandler();
  try {
    if (handler === null) {
      loop.defaultExceptionHandler(context);
      return;
    }
    const outer = where === null ? null : enterContext(where);
    try {
      const returned: unknown = handler(loop, context);
      // One that is async, where a function was asked for: its rejection would end the process.
      if (returned instanceof Promise)
        returned.catch((error: unknown) => reportBrokenHandler(loop, context, error));
    } finally {
      if (where !== null) enterContext(outer);
    }
  } catch (error) {
    if (isFatal(error)) {
      if (!loop.isRunning()) throw error;
      loop._fatal(error);
    } else if (handler === null) logQuietly("Exception in default exception handler", error);
    else reportBrokenHandler(loop, context, error);
  }
}

function reportBrokenHandler(loop: EventLoop, context: ExceptionContext, exception: unknown): void {
  try {
    loop.defaultExceptionHandler({ message: "Unhandled error in exception handler", exception, context });
  } catch (second) {
    logQuietly("Exception in default exception handler while handling an unexpected error", second);
  }
}

/** @internal For a report: where it was made, in debug mode. */
export function sourceOf(of: { _source: Error | null }): { sourceTraceback?: string } {
  return of._source === null ? {} : { sourceTraceback: stackText(of._source) };
}

/** The last resort: a report that cannot be written must not end the loop. */
function logQuietly(message: string, error: unknown): void {
  try {
    console.error(message, error);
  } catch {
    // The console itself is broken.
  }
}
