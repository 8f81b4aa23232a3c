/** How what a snapshot holds reads. */
import type { TaskId, WaitInfo } from "@asyncscope/protocol";
import { cleanText } from "../../../text/plain-text.js";
import type { SuspendedFunction } from "./async-graph.js";
import type { Settler } from "./settlers.js";
import type { Awaited, SnapshotTask, SnapshotTasks } from "./snapshot-tasks.js";

const MOST_WAITS = 20;
const LABEL = 120;
const NAME = 200;

export function functionLabel({ functionName, isModule, script }: SuspendedFunction): string {
  if (functionName !== "") return cleanText(functionName, NAME);
  return isModule ? `module ${cleanText(script.slice(script.lastIndexOf("/") + 1), NAME)}` : "(anonymous)";
}

/** A task is called by the function that was called first. */
export function taskName({ frames }: SnapshotTask): string {
  return functionLabel(frames.at(-1)!);
}

/** What a task waits for, at most 20 things, and how many there are. */
export function waitsOf(
  task: SnapshotTask,
  tasks: SnapshotTasks,
  now: number,
  resourceOf: (settler: Settler) => number | undefined,
): { readonly waits: readonly WaitInfo[]; readonly count: number } {
  const wait = (awaited: Awaited): WaitInfo => {
    if (awaited.kind === "other") return settled(awaited.settler, task, now, resourceOf);
    if (awaited.kind === "function") return finished(awaited, tasks, now);
    const pending = awaited.inputs;
    const ids = [...new Set(pending.flatMap((input) => idsIn(input, tasks)))];
    return {
      kind: /all/.test(awaited.name) ? "gather" : "wait",
      label: `${awaited.name}: ${pending.length} pending`,
      since: now,
      ...(ids.length === 0 ? {} : { tasks: ids.slice(0, MOST_WAITS), taskCount: ids.length }),
    };
  };
  const { awaited } = task;
  const parts =
    awaited.kind === "combinator"
      ? [awaited, ...awaited.inputs.filter(({ kind }) => kind !== "function")]
      : [awaited];
  return { waits: parts.slice(0, MOST_WAITS).map(wait), count: parts.length };
}

function settled(
  settler: Settler,
  task: SnapshotTask,
  now: number,
  resourceOf: (settler: Settler) => number | undefined,
): WaitInfo {
  const { kind, label, since = now, due } = settler;
  const resource = resourceOf(settler);
  // Which of Node's functions it is: `file system: readFile`. One of them wraps all others.
  const call = task.native.find(({ functionName }) => functionName !== "fsCall")?.functionName ?? "";
  return {
    kind,
    label: cleanText(kind === "other" && call !== "" ? `${label}: ${call}` : label, LABEL),
    since,
    ...(due === undefined ? {} : { due }),
    ...(resource === undefined ? {} : { resource }),
  };
}

function finished(
  { function: fn, stored }: Awaited & { kind: "function" },
  tasks: SnapshotTasks,
  now: number,
): WaitInfo {
  const task = tasks.taskOf(fn);
  const name = functionLabel(fn);
  return {
    kind: "task",
    label: cleanText(stored === undefined ? name : `${name} (kept in ${stored})`, LABEL),
    since: now,
    ...(task === undefined ? {} : { tasks: [task.id], taskCount: 1 }),
  };
}

function idsIn(awaited: Awaited, tasks: SnapshotTasks): TaskId[] {
  if (awaited.kind === "combinator") return awaited.inputs.flatMap((input) => idsIn(input, tasks));
  if (awaited.kind !== "function") return [];
  const task = tasks.taskOf(awaited.function);
  return task === undefined ? [] : [task.id];
}
