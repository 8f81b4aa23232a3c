/**
 * The methods of a task that show its stack. They are added to the class here: the core knows nothing of what stands
 * on it.
 */
import { types } from "node:util";
import { checkOptions } from "../core/arguments.js";
import { currentTaskOrNull } from "../core/current-task.js";
import { Task } from "../core/task.js";
import { stackFrames } from "../inspect/stack-frames.js";
import { describeError } from "../inspect/text.js";
import type { FrameCallGraphEntry } from "./call-graph.js";
import { positionFrames } from "./capture-call-graph.js";
import { BELOW_TASK, currentFrames, MOST_SITES, OWN_SCRIPT } from "./current-frames.js";
import { checkSink, entryText, futureText } from "./format-call-graph.js";
import type { TextSink } from "./format-call-graph.js";
import { asUrl } from "./source-positions.js";
import { taskFrames } from "./task-frames.js";

declare module "../core/task.js" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- must be declared as the class is
  interface Task<T> {
    /**
     * Where the task stands, oldest function first (rule TK-19): the frames of its coroutines while it is suspended or
     * runs, those of its error's stack once it has failed, none when it has ended otherwise.
     *
     * A suspended async function has no position unless a debugger watches the program.
     * @param options.limit at most so many: the newest, of an error's stack the oldest. Default: all.
     */
    getStack(options?: { readonly limit?: number | null }): FrameCallGraphEntry[];
    /** Writes {@link getStack} as text to `stream`, default standard error; for a failed task the error as well. */
    printStack(options?: { readonly limit?: number | null; readonly stream?: TextSink | undefined }): void;
  }
}

const methods = {
  getStack(this: Task<unknown>, options: { readonly limit?: number | null } = {}) {
    checkOptions(options, "getStack()");
    const { limit = null } = options;
    return stackOf(this, limit, stackFrames(MOST_SITES));
  },
  printStack(
    this: Task<unknown>,
    options: { readonly limit?: number | null; readonly stream?: TextSink | undefined } = {},
  ) {
    checkOptions(options, "printStack()");
    const { limit = null, stream = process.stderr } = options;
    checkSink(stream, "printStack()");
    const frames = stackOf(this, limit, stackFrames(MOST_SITES));
    const failed = this._hasError();
    const heading = frames.length === 0 ? "No stack for" : failed ? "Stack of the error of" : "Stack of";
    const lines = [`${heading} ${futureText(this)}${frames.length > 1 ? " (most recent call last):" : ""}`];
    for (const entry of frames) lines.push(`  at ${entryText(entry)}`);
    if (failed) lines.push(describeError(this._peekError()));
    stream.write(`${lines.join("\n")}\n`);
  },
};

for (const [name, value] of Object.entries(methods))
  Object.defineProperty(Task.prototype, name, { value, writable: true, configurable: true });

/** @param sites the stack, from the helper on that took it. */
function stackOf(
  task: Task<unknown>,
  limit: number | null,
  sites: readonly NodeJS.CallSite[],
): FrameCallGraphEntry[] {
  if (task._hasError()) {
    const frames = errorFrames(task._peekError()).reverse();
    return limit === null ? frames : frames.slice(0, Math.max(0, limit));
  }
  if (task.done()) return [];
  const frames = task === currentTaskOrNull() ? currentFrames(task, sites.slice(2)) : taskFrames(task);
  const [stack = []] = positionFrames([limit === null ? frames : frames.slice(0, Math.max(0, limit))]);
  return [...stack].reverse();
}

/** The functions of the program in an error's stack, innermost first. */
function errorFrames(error: unknown): FrameCallGraphEntry[] {
  if (types.isProxy(error) || !types.isNativeError(error)) return [];
  let stack: unknown;
  try {
    ({ stack } = error);
  } catch {
    return [];
  }
  if (typeof stack !== "string") return [];
  const frames: FrameCallGraphEntry[] = [];
  // Below the step of the task are whoever runs the loop, and then those that awaited the coroutine.
  let below = false;
  for (const [, line = ""] of stack.matchAll(/^ {4}at (.+)$/gm)) {
    const [, awaits, name, place] = /^(async )?(?:(.*) \((.*)\)|.*)$/.exec(line) ?? [];
    const [, url, row, column] =
      /^(.*):(\d+):(\d+)$/.exec(place ?? line.slice(awaits === undefined ? 0 : awaits.length)) ?? [];
    if (url === OWN_SCRIPT && BELOW_TASK.test(name ?? "")) below = true;
    if (url === undefined || url.startsWith("node:") || (below && awaits === undefined)) continue;
    frames.push({
      functionName: name ?? "",
      kind: awaits === undefined ? "function" : "coroutine",
      url,
      line: Number(row),
      column: Number(column),
    });
  }
  // In a program that is bundled with the runtime all is one script.
  const bundled = frames[0]?.url === OWN_SCRIPT;
  return frames
    .filter(({ url }) => bundled || url !== OWN_SCRIPT)
    .map((frame) => ({ ...frame, url: asUrl(frame.url!) }));
}
