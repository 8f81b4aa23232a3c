/** The task tree as lines of a terminal: `npm start` and the command line draw it. */
import type { ChainBody, SourceLocation, TaskId, TaskNode, TaskState, TreeBody } from "@asyncscope/protocol";
import { cleanText } from "./plain-text.js";
import { countsText, taskDescription, taskLabel } from "./task-text.js";

const MARKS: Readonly<Record<TaskState, string>> = {
  created: "○",
  scheduled: "◔",
  running: "▶",
  suspended: "◌",
  done: "✔",
  failed: "✖",
  cancelled: "⊘",
};
const COLORS: Readonly<Record<TaskState, number>> = {
  created: 90,
  scheduled: 36,
  running: 32,
  suspended: 33,
  done: 90,
  failed: 31,
  cancelled: 35,
};

export interface TerminalTreeOptions {
  /** Characters in a line. */
  readonly width: number;
  /** At most so many lines; the last one says what was cut. */
  readonly height: number;
  readonly color: boolean;
  /** Paths are shown relative to it. */
  readonly folder?: string | undefined;
  /** Where all lines can be seen, for the last one. Default: the editor. */
  readonly elsewhere?: string;
  /** Await chains that are shown under their tasks, when they have more than one frame. */
  readonly chains?: ReadonlyMap<TaskId, ChainBody>;
}

/** A line to come, or the children that stand under one. */
type Step = { readonly line: string } | { readonly parent: TaskId; readonly indent: string };

/** A heading with counts, then a line for each task. */
export function renderTree(body: TreeBody, options: TerminalTreeOptions): string[] {
  const tasks = new Map(body.tasks.map((task) => [task.id, task]));
  const pages = new Map(body.pages.map((page) => [page.task, page]));
  const seen = new Set<TaskId>();
  const lines: string[] = [];
  // A chain of awaits may be deeper than the stack of JavaScript.
  const steps: (Step | (() => void))[] = [{ parent: 0, indent: "" }];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if (typeof step === "function") step();
    else if ("line" in step) lines.push(step.line);
    else {
      const { parent, indent } = step;
      const page = pages.get(parent);
      if (page === undefined) continue;
      const missing = page.total - page.offset - page.children.length;
      const children = page.children.map((id, index) => () => {
        const task = tasks.get(id);
        // In the order by await a task may stand in several places, and in a cycle: its children are shown once.
        if (task === undefined) return;
        const last = index === page.children.length - 1 && missing <= 0;
        const branch = parent === 0 ? "" : last ? "└─ " : "├─ ";
        const again = seen.has(id) && (pages.get(id)?.children.length ?? 0) > 0;
        lines.push(taskLine(task, indent + branch, body.now, again, options));
        if (seen.has(id)) return;
        seen.add(id);
        const under = parent === 0 ? "" : indent + (last ? "   " : "│  ");
        lines.push(...chainLines(options.chains?.get(id), under, options));
        steps.push({ parent: id, indent: under });
      });
      if (missing > 0) steps.push({ line: `${indent}└─ … ${missing} more` });
      steps.push(...children.reverse());
    }
  }
  const head = summary(body);
  if (lines.length + 1 <= options.height) return [head, ...lines];
  const kept = lines.slice(0, Math.max(0, options.height - 2));
  const elsewhere = options.elsewhere ?? "the editor shows all";
  return [head, ...kept, `… ${lines.length - kept.length} more lines (${elsewhere})`];
}

/** The frames of an await chain, innermost first. */
function chainLines(chain: ChainBody | undefined, indent: string, { folder }: TerminalTreeOptions): string[] {
  if (chain === undefined || chain.frames.length < 2) return [];
  const place = placeFrom(folder);
  const lines = chain.frames.map(
    ({ functionName, location }) =>
      `${indent}    at ${cleanText(functionName) || "(anonymous)"}${location === undefined ? "" : `  ${place(location)}`}`,
  );
  return chain.hidden === 0 ? lines : [...lines, `${indent}    … ${chain.hidden} more`];
}

/** Counts by state, and what is wrong. */
export function summary(body: TreeBody): string {
  const parts = [`Tasks: ${countsText(body.counts) || "none"}`];
  if (body.status === "paused" || body.status === "blocked") parts.push(`the program is ${body.status}`);
  if (body.hidden > 0) parts.push(`${body.hidden} not shown`);
  if (body.message) parts.push(cleanText(body.message));
  return parts.join(" · ");
}

/** A path as it is named from `folder`, and the line: `src/worker.ts:12`. */
export function placeFrom(folder: string | undefined): (location: SourceLocation) => string {
  return ({ path, line }) => {
    const inside = folder !== undefined && path.startsWith(`${folder}/`);
    return `${cleanText(inside ? path.slice(folder.length + 1) : path, 200)}:${line}`;
  };
}

function taskLine(
  task: TaskNode,
  indent: string,
  now: number,
  again: boolean,
  { width, color, folder }: TerminalTreeOptions,
): string {
  const left = `${indent}${MARKS[task.state]} ${taskLabel(task)}`;
  const detail = again ? "(see above)" : taskDescription(task, now, placeFrom(folder));
  const text = Array.from(`${left}  ${detail}`)
    .slice(0, Math.max(20, width - 1))
    .join("");
  if (!color) return text;
  return (
    text.slice(0, indent.length) +
    `\u001B[${COLORS[task.state]}m${text.slice(indent.length, left.length)}\u001B[0m` +
    `\u001B[90m${text.slice(left.length)}\u001B[0m`
  );
}
