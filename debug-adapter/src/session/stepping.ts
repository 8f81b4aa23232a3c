import { fail } from "../errors.js";
import { MAIN_THREAD, type Handler, type Handlers, type SessionContext } from "./context.js";
import type { Arguments } from "./arguments.js";
import type { EventStops } from "./event-stops.js";

export function steppingHandlers(context: SessionContext, stops: EventStops): Handlers {
  /** The program's own thread; a pinned task goes on by itself. */
  const mainThread = (args: Arguments): void => {
    const threadId = args.requiredCount("threadId");
    if (threadId === MAIN_THREAD) return;
    const pin = context.pins.byThread(threadId) ?? fail("unknownThread", { threadId });
    fail("stepSuspended", { wait: pin.wait ?? "running" });
  };
  const step =
    (kind: "over" | "into" | "out"): Handler =>
    async (args) => {
      mainThread(args);
      await context.target(args.command).step(kind);
      return undefined;
    };
  const pause: Handler = async (args) => {
    mainThread(args);
    await context.target("pause").pause();
    return undefined;
  };
  const resume: Handler = async (args) => {
    const threadId = args.requiredCount("threadId");
    // "Continue" on a suspended task changes nothing: it continues when what it waits for is there.
    if (threadId === MAIN_THREAD) await context.target("continue").resume();
    else if (context.pins.byThread(threadId) === undefined) fail("unknownThread", { threadId });
    else await stops.goOn(threadId);
    return { allThreadsContinued: false };
  };
  return { next: step("over"), stepIn: step("into"), stepOut: step("out"), pause, continue: resume };
}
