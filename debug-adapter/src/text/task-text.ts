/** How a task reads, in a row of the editor or of a terminal. Pure functions of the task and the program's clock. */
import type { SourceLocation, TaskNode, TaskState, WaitInfo } from "@asyncscope/protocol";
import { cleanText, count, formatDuration, shortLocation } from "./plain-text.js";

export function isFinished(state: TaskState): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

export function taskLabel(task: Pick<TaskNode, "id" | "name">): string {
  return cleanText(task.name) || `Task-${task.id}`;
}

/** In a sentence: `Task worker-7`, and `Task-3` for one without a name. */
export function calledTask(task: Pick<TaskNode, "id" | "name">, atStart = true): string {
  const label = taskLabel(task);
  return /^Task-\d+$/.test(label) ? label : `${atStart ? "Task" : "task"} ${label}`;
}

/**
 * What stands behind the name: `waiting: Queue jobs 3/10 · 1.2 s · worker.ts:12`.
 * @param now the program's loop clock
 * @param place how a position reads
 */
export function taskDescription(
  task: TaskNode,
  now: number,
  place: (location: SourceLocation) => string = shortLocation,
): string {
  const parts = [stateText(task), ageText(task, now)];
  if (task.cancelling > 0 && !isFinished(task.state)) parts.push("cancel requested");
  if (task.state === "failed" && task.unretrieved) parts.push("never retrieved");
  if (floats(task)) {
    const called = task.createdAtLocation;
    parts.push(called === undefined ? "floating" : `floating, called at ${place(called)}`);
  }
  if (task.threadId !== undefined) parts.push("pinned");
  const location = task.location ?? (task.state === "suspended" ? undefined : task.createdAtLocation);
  if (location) parts.push(place(location));
  return parts.filter((part) => part !== "").join(" · ");
}

/** Whether nobody awaits its promise. Of one that has ended that is no news. */
export function floats(task: Pick<TaskNode, "floating" | "state">): boolean {
  return task.floating === true && !isFinished(task.state);
}

/** The state in words, with what is waited for: `waiting: Lock db held by worker-7`, `failed: TypeError: …`. */
export function stateText(task: Pick<TaskNode, "state" | "waits" | "error">): string {
  switch (task.state) {
    case "suspended":
      return task.waits.length === 0 ? "suspended" : `waiting: ${waitsText(task.waits)}`;
    case "failed":
      return task.error ? `failed: ${cleanText(task.error, 120)}` : "failed";
    default:
      return task.state;
  }
}

export function waitsText(waits: readonly WaitInfo[]): string {
  const first = waits[0];
  if (!first) return "";
  const label = cleanText(first.label, 120) || first.kind;
  return waits.length === 1 ? label : `${label} (+${waits.length - 1} more)`;
}

/** Since when, and for timers how long still: `1.2 s`, `1.2 s, 3.8 s left`. */
export function ageText(task: TaskNode, now: number): string {
  if (task.state === "running" || task.state === "done" || task.state === "cancelled") return "";
  if (task.ageUnknown === true) return "";
  const wait = task.state === "suspended" ? task.waits[0] : undefined;
  const text = formatDuration(now - (wait?.since ?? task.since));
  return wait?.due === undefined || wait.due <= now
    ? text
    : `${text}, ${formatDuration(wait.due - now)} left`;
}

const COUNTED: readonly TaskState[] = [
  "running",
  "scheduled",
  "suspended",
  "created",
  "failed",
  "cancelled",
  "done",
];

/** The numbers beside the view's title: `1 running · 12 suspended`. Finished tasks count only when some are kept. */
export function countsText(counts: Readonly<Partial<Record<TaskState, number>>>): string {
  return [...COUNTED]
    .sort((a, b) => Number(b === "suspended") - Number(a === "suspended"))
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${(counts[state] ?? 0).toLocaleString("en-US")} ${state}`)
    .join(" · ");
}

/** One frame of an await chain: name of its function, and where it stands. */
export function frameText(frame: {
  readonly functionName: string;
  readonly kind: string;
  readonly location?: { readonly path: string; readonly line: number };
}): { label: string; description: string } {
  const where = frame.location
    ? shortLocation(frame.location)
    : frame.kind === "native"
      ? "native code"
      : "no source";
  return { label: cleanText(frame.functionName, 120) || "(anonymous)", description: where };
}

/** An await chain as text for the clipboard, innermost frame first, one line each. */
export function chainText(
  task: TaskNode,
  now: number,
  frames: readonly {
    readonly functionName: string;
    readonly location?: { readonly path: string; readonly line: number; readonly column: number };
  }[],
  hidden: number,
): string {
  const lines = [`${taskLabel(task)} (${stateText(task)}, since ${formatDuration(now - task.since)})`];
  for (const frame of frames) {
    const name = cleanText(frame.functionName) || "(anonymous)";
    const at = frame.location;
    lines.push(`    at ${name}${at ? ` (${at.path}:${at.line}:${at.column})` : ""}`);
  }
  if (hidden > 0) lines.push(`    … ${count(hidden, "frame")} more`);
  return lines.join("\n") + "\n";
}
