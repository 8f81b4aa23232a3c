/** How many frames of the user's are named. */
const MOST_FRAMES = 8;
/** With those of the runtime that are left out. */
const TAKEN = 32;

/** @internal Where something is being made, for {@link stackText}. Debug mode only: it costs microseconds. */
export function creationStack(): Error {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = TAKEN;
    return new Error("created here");
  } catch {
    // The program has frozen its Error.
    return new Error("created here");
  } finally {
    try {
      Error.stackTraceLimit = stackTraceLimit;
    } catch {
      // As above.
    }
  }
}

/** @internal The user's frames of a {@link creationStack}, innermost first, a line each; all when there are only ours. */
export function stackText(error: Error): string {
  const frames = readStack(error).split("\n").slice(1);
  const users = frames.filter((frame) => !isOurs(frame) && !/\(node:|at node:/.test(frame));
  // In a program that bundles the runtime none can be told apart: its own are behind those of the runtime.
  return (users.length > 0 ? users.slice(0, MOST_FRAMES) : frames).join("\n");
}

/** @internal Whether reading a stack may run code of the program's, or parse its source maps: milliseconds. */
export function isStackCostly(): boolean {
  const { name } =
    (Error as { readonly prepareStackTrace?: { readonly name?: unknown } }).prepareStackTrace ?? {};
  // Newer Nodes have one of their own.
  if (name !== undefined && name !== "ErrorPrepareStackTrace") return true;
  return (process as { readonly sourceMapsEnabled?: boolean }).sourceMapsEnabled === true;
}

/** A program may have its own idea of what a stack is, and of who may see it. */
function readStack(error: Error): string {
  try {
    const stack: unknown = error.stack;
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
}

function isOurs(frame: string): boolean {
  return frame.includes(ownScript());
}

let script: string | undefined;

/**
 * The file of this module, as it stands in stacks: one for the whole package as it is published. In a program that
 * bundles the runtime it is the program's own, and nothing is left out.
 */
function ownScript(): string {
  script ??= /\(?((?:file:|\/|[A-Za-z]:\\).*?):\d+:\d+\)?$/m.exec(
    (new Error("me").stack ?? "").split("\n")[1] ?? "",
  )?.[1];
  return script ?? "\0";
}
