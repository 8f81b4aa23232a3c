import type { Protocol } from "devtools-protocol";
import type { CdpConnection } from "./cdp/connection.js";

/** A frame of an async function that awaits, directly or through others, the code that is running. */
export interface AwaitingFrame {
  readonly functionName: string;
  readonly url: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

const MAX_FRAMES = 50;

/**
 * The async functions that await the paused code. V8 finds them by following promises at the moment an Error is
 * created, which needs no async stack recording and so costs the running program nothing.
 */
const COLLECT = `(() => {
  const { stackTraceLimit } = Error;
  // The loader has a setter there, behind which columns are no more those of the running code.
  const formatter = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const value = (_, sites) => sites;
  try {
    Error.stackTraceLimit = 200;
    Object.defineProperty(Error, "prepareStackTrace", { value, configurable: true, writable: true });
    const sites = new Error().stack;
    let out = "";
    for (let i = 0; i < sites.length; i++) {
      const s = sites[i];
      if (!s.isAsync()) continue;
      const name = s.isPromiseAll() ? "Promise.all" : s.getFunctionName() ?? "";
      out += (s.getScriptNameOrSourceURL() ?? "") + "\\n" + (s.getLineNumber() ?? 0) + "\\n"
        + (s.getColumnNumber() ?? 0) + "\\n" + name + "\\n";
    }
    return out;
  } catch { return ""; } finally {
    Error.stackTraceLimit = stackTraceLimit;
    delete Error.prepareStackTrace;
    if (formatter !== undefined) Object.defineProperty(Error, "prepareStackTrace", formatter);
  }
})()`;

export async function awaitingFrames(
  cdp: CdpConnection,
  frames: readonly Protocol.Debugger.CallFrame[],
): Promise<AwaitingFrame[]> {
  const bottom = frames[frames.length - 1];
  if (bottom === undefined) return [];
  const { result, exceptionDetails } = await cdp.send("Debugger.evaluateOnCallFrame", {
    callFrameId: bottom.callFrameId,
    expression: COLLECT,
    silent: true,
    returnByValue: true,
    timeout: 500,
  });
  if (exceptionDetails !== undefined || typeof result.value !== "string") return [];
  const fields = result.value.split("\n");
  const out: AwaitingFrame[] = [];
  for (let i = 0; i + 3 < fields.length && out.length < MAX_FRAMES; i += 4)
    out.push({
      url: fields[i]!,
      line: Number(fields[i + 1]),
      column: Number(fields[i + 2]),
      functionName: fields[i + 3]!,
    });
  return out;
}
