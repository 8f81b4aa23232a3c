import type { TaskInfo, TreeReply } from "@asyncscope/protocol";
import type { Protocol } from "devtools-protocol";
import type { CdpConnection } from "./cdp/connection.js";
import type { InspectorAccess } from "./inspector-access.js";
import type { Scripts } from "./scripts.js";
import { generatorState, type GeneratorState } from "./suspended-frames.js";

/** The task whose code is paused, with the generators of its own frames. */
export interface RunningTask {
  readonly task: TaskInfo;
  readonly reply: TreeReply;
  /** Its coroutines, innermost first; undefined where a frame is none. */
  readonly generators: readonly (GeneratorState | undefined)[];
  /** Index of the call frame that is the innermost coroutine; -1 when it is not on the stack. */
  readonly innermostFrame: number;
}

const MAX_GENERATORS = 50;

/** Finds the task that the paused call frames belong to. Undefined outside tasks and in programs without any. */
export async function runningTask(
  cdp: CdpConnection,
  access: InspectorAccess,
  scripts: Scripts,
  callFrames: readonly Protocol.Debugger.CallFrame[],
  group: string,
): Promise<RunningTask | undefined> {
  if (!access.ready) return undefined;
  // Without a frame of the runtime below it, no code of a task is on the stack.
  if (!callFrames.some(({ location }) => scripts.isRuntime(scripts.byId(location.scriptId))))
    return undefined;
  const reply = await access.json<TreeReply>("tree", {
    order: "creation",
    pages: [{ task: 0, limit: 1 }],
    deep: true,
    limit: 200,
    filter: { states: ["running"] },
  });
  const task = reply.tasks.find(({ state }) => state === "running");
  if (task === undefined) return undefined;
  const objects = await access.objects(group, "frameObjects", task.id, MAX_GENERATORS);
  const generators = await Promise.all(
    objects.map(async (generator) => (generator === undefined ? undefined : generatorState(cdp, generator))),
  );
  const start = generators[0]?.functionLocation;
  const innermostFrame =
    start === undefined
      ? -1
      : callFrames.findIndex(
          ({ functionLocation }, i) =>
            functionLocation?.scriptId === start.scriptId &&
            functionLocation.lineNumber === start.lineNumber &&
            functionLocation.columnNumber === start.columnNumber &&
            belowIsRuntime(callFrames, i, scripts),
        );
  return { task, reply, generators, innermostFrame };
}

function belowIsRuntime(
  frames: readonly Protocol.Debugger.CallFrame[],
  index: number,
  scripts: Scripts,
): boolean {
  const below = frames[index + 1];
  return below !== undefined && scripts.isRuntime(scripts.byId(below.location.scriptId));
}
