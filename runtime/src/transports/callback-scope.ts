import { enterContext } from "../core/context.js";
import type { Context } from "../core/context.js";
import { currentPlaceOrNull, setStepping, tracksAsyncFunctions } from "../core/current-task.js";
import { isFatal } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";

/**
 * @internal Calls a method of a protocol as the loop calls a callback: as nobody's task, with the context variables
 * of whoever made the transport. Node calls in from outside, in the asynchronous context of the socket's maker.
 */
export function callProtocol<A extends unknown[], R>(
  loop: EventLoop,
  context: Context,
  protocol: object,
  method: (...args: A) => R,
  ...args: A
): R {
  const stepping = setStepping(null);
  const task = tracksAsyncFunctions() ? currentPlaceOrNull() : null;
  if (task !== null) loop._enterAsyncPlace(undefined);
  const outer = enterContext(context);
  try {
    return method.apply(protocol, args);
  } finally {
    enterContext(outer);
    if (task !== null) loop._enterAsyncPlace(task);
    setStepping(stepping);
  }
}

/** @internal Reports what a method of a protocol threw; what ends the loop does. */
export function reportFailure(
  loop: EventLoop,
  message: string,
  exception: unknown,
  transport: object,
  protocol: object,
): void {
  if (isFatal(exception)) loop._fatal(exception);
  else loop.callExceptionHandler({ message, exception, transport, protocol });
}
