import type { Stop } from "../target/execution.js";
import type { PinEvents } from "../tasks/pins.js";
import { forget, MAIN_THREAD, type Handler, type Handlers, type SessionContext } from "./context.js";

/** Events about pinned tasks: each is a thread that stands still while the task is suspended. */
export function pinEvents(context: () => SessionContext): PinEvents {
  return {
    started: ({ threadId }) => context().send("thread", { reason: "started", threadId }),
    suspended: ({ threadId, wait, stop }) =>
      context().send("stopped", {
        reason: stop?.reason ?? "suspended",
        description: stop?.description ?? `suspended: ${wait ?? ""}`,
        ...(stop === undefined ? {} : { text: stop.text }),
        threadId,
        preserveFocusHint: stop?.focus !== true,
        allThreadsStopped: false,
      }),
    resumed: ({ threadId }) => {
      forget(context(), threadId);
      context().send("continued", { threadId, allThreadsContinued: false });
    },
    exited: ({ threadId }) => {
      forget(context(), threadId);
      context().send("thread", { reason: "exited", threadId });
    },
  };
}

export function stoppedEvent(stop: Stop, breakpointId: (id: number) => number): object {
  const { reason, description, text, breakpointIds } = stop;
  return {
    reason,
    ...(description === undefined ? {} : { description }),
    ...(text === undefined ? {} : { text }),
    threadId: MAIN_THREAD,
    // Pinned tasks are threads too, and they are as suspended as before.
    allThreadsStopped: false,
    ...(breakpointIds.length === 0 ? {} : { hitBreakpointIds: breakpointIds.map(breakpointId) }),
  };
}

export function threadHandlers(context: SessionContext, programName: () => string): Handlers {
  const threads: Handler = () => {
    const rows = context.pins.all().map(({ threadId, name }) => ({ id: threadId, name }));
    return { threads: [{ id: MAIN_THREAD, name: programName() }, ...rows] };
  };
  return { threads };
}
