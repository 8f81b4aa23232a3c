import type { Protocol } from "devtools-protocol";
import type { SourceLocation } from "@asyncscope/protocol";
import type { CdpConnection } from "./cdp/connection.js";
import type { DebuggerDomain } from "./cdp/debugger-domain.js";
import { withTimeout } from "./inspector-access.js";
import type { Scripts } from "./scripts.js";

/** A function on the stack of a thread that does not come back to its event loop. */
export interface StackEntry {
  readonly functionName: string;
  /** Absent when its source is not known. */
  readonly location?: SourceLocation;
}

/** A loop that has not turned for so long counts as blocked, milliseconds. */
const TURN_MS = 500;
/** A thread in JavaScript stops within some milliseconds, one in a native call not at all. */
const PAUSE_MS = 2000;
const MOST_FRAMES = 50;
/** Resolves when the loop has turned once. Keeps no program alive that would end. */
const TURN = `new Promise((turned) => { require("node:timers").setImmediate(turned); }).then(() => 1)`;

/** Whether the event loop of a program comes round. */
export async function loopTurns(cdp: CdpConnection): Promise<boolean> {
  const turned = cdp.send("Runtime.evaluate", {
    expression: TURN,
    awaitPromise: true,
    returnByValue: true,
    silent: true,
    disableBreaks: true,
    includeCommandLineAPI: true,
  });
  return withTimeout(turned, TURN_MS).then(
    () => true,
    () => false,
  );
}

/**
 * Does something for which V8 waits until the loop turns, since Node 22: a loop that does not is stopped meanwhile.
 * Where that cannot be done either it is tried all the same.
 */
export async function thoughBlocked<T>(
  cdp: CdpConnection,
  domain: DebuggerDomain,
  work: () => Promise<T>,
): Promise<T> {
  if (await loopTurns(cdp)) return work();
  const done = await whilePaused(cdp, domain, async () => ({ result: await work() }));
  return done === undefined ? work() : done.result;
}

/** Stops the thread for the time of `work`; undefined when it cannot be stopped. */
async function whilePaused<T>(
  cdp: CdpConnection,
  domain: DebuggerDomain,
  work: (callFrames: readonly Protocol.Debugger.CallFrame[]) => Promise<T>,
): Promise<T | undefined> {
  let stop: () => void = () => undefined;
  const paused = new Promise<Protocol.Debugger.PausedEvent>((resolve) => {
    stop = cdp.on("Debugger.paused", resolve);
  });
  try {
    let callFrames: readonly Protocol.Debugger.CallFrame[];
    try {
      await withTimeout(domain.need("pause"), PAUSE_MS);
      await withTimeout(cdp.send("Debugger.pause"), PAUSE_MS);
      ({ callFrames } = await withTimeout(paused, PAUSE_MS));
    } catch {
      return undefined;
    }
    return await work(callFrames);
  } finally {
    stop();
    await withTimeout(
      cdp.send("Debugger.resume").catch(() => undefined),
      PAUSE_MS,
    ).catch(() => undefined);
    await withTimeout(domain.release("pause"), PAUSE_MS).catch(() => undefined);
  }
}

/**
 * The stack of a thread that does not come back to its loop, innermost first: it is stopped for the moment of the look
 * and goes on after it. Undefined when it cannot be stopped, because it is in a native call.
 */
export async function blockedStack(
  cdp: CdpConnection,
  domain: DebuggerDomain,
  scripts: Scripts,
): Promise<StackEntry[] | undefined> {
  // It goes on at once: positions are looked up while it runs.
  const callFrames = await whilePaused(cdp, domain, (frames) => Promise.resolve(frames));
  if (callFrames === undefined) return undefined;
  return Promise.all(
    callFrames.slice(0, MOST_FRAMES).map(async ({ functionName, location }) => {
      const { scriptId, lineNumber, columnNumber = 0 } = location;
      const position = await scripts
        .position(scripts.byId(scriptId), lineNumber + 1, columnNumber + 1)
        .catch(() => undefined);
      if (position === undefined) return { functionName };
      const { path, line, column } = position;
      return { functionName, location: { path, line, column, functionName } };
    }),
  );
}
