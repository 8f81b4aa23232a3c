import { given } from "../core/arguments.js";
import type { Future } from "../core/future.js";
import { isTask } from "../inspect/shapes.js";
import { stackFrames } from "../inspect/stack-frames.js";
import { taskName } from "../inspect/waits.js";
import { clean } from "../inspect/text.js";
import type { CallGraphOptions, FrameCallGraphEntry, FutureCallGraph } from "./call-graph.js";
import { capture } from "./capture-call-graph.js";
import { MOST_SITES } from "./current-frames.js";

/** Longest name in a line. */
const NAME = 200;

/** Where text can be written: a stream, or anything with its `write`. */
export interface TextSink {
  /** Takes the text. */
  write(text: string): unknown;
}

/**
 * The graph of {@link captureCallGraph} as text. `""` when there is none.
 * @throws as {@link captureCallGraph}.
 */
export function formatCallGraph(future?: Future<unknown> | null, options: CallGraphOptions = {}): string {
  return format(capture(future, options, stackFrames(MOST_SITES).slice(1)));
}

/** Writes {@link formatCallGraph} to `stream`, default standard output. */
export function printCallGraph(
  future?: Future<unknown> | null,
  options: CallGraphOptions & { readonly stream?: TextSink | undefined } = {},
): void {
  const text = format(capture(future, options, stackFrames(MOST_SITES).slice(1)));
  const { stream = process.stdout } = options;
  checkSink(stream, "printCallGraph()");
  if (text !== "") stream.write(`${text}\n`);
}

/** @internal @throws TypeError for what text cannot be written to. */
export function checkSink(stream: unknown, who: string): void {
  if (typeof (stream as Partial<TextSink> | null)?.write !== "function")
    throw new TypeError(`${who} takes a stream to write to, got ${given(stream)}`);
}

function format(root: FutureCallGraph | null): string {
  if (root === null) return "";
  const lines: string[] = [];
  const shown = new Set<FutureCallGraph>();
  // By hand, because chains may be deeper than the stack.
  const open: { readonly graph: FutureCallGraph; readonly indent: string }[] = [{ graph: root, indent: "" }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const { graph, indent } = step;
    const again = shown.has(graph);
    shown.add(graph);
    const note = graph.cycle ? " (cycle: it stands below already)" : again ? " (see above)" : "";
    lines.push(`${indent}* ${futureText(graph.future)}${note}`);
    if (again || graph.cycle) continue;
    if (graph.callStack.length > 0) {
      lines.push(`${indent}  + Call stack:`);
      for (const entry of graph.callStack) lines.push(`${indent}  |   at ${entryText(entry)}`);
    }
    if (graph.awaitedBy.length + graph.hidden === 0) continue;
    lines.push(`${indent}  + Awaited by:${graph.hidden > 0 ? ` (${graph.hidden} more are not shown)` : ""}`);
    for (const next of [...graph.awaitedBy].reverse()) open.push({ graph: next, indent: `${indent}     ` });
  }
  return lines.join("\n");
}

/** @internal `Task "name"`. */
export function futureText(future: Future<unknown>): string {
  return isTask(future) ? `Task ${JSON.stringify(clean(taskName(future), NAME))}` : "Future";
}

/** @internal `async function main (file:///app/main.js:3:5)`. */
export function entryText({ functionName, kind, url, line, column }: FrameCallGraphEntry): string {
  const tag = kind === "function" || kind === "coroutine" ? "" : `${kind} `;
  const name = `${tag}${clean(functionName, NAME) || "(anonymous)"}`;
  return url === null ? name : `${name} (${clean(url, NAME * 5)}:${line}:${column})`;
}
