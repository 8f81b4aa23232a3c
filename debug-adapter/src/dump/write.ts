/**
 * A dump as text: for people first, the same for the same state, what changes from one moment to the next at the ends
 * of lines. {@link parseDump} reads it back.
 */
import type { DumpResource, DumpTask, DumpTaskRef, DumpWait, TaskDump, TaskId } from "@asyncscope/protocol";
import { count } from "../text/plain-text.js";
import { exactDuration } from "./durations.js";
import {
  CYCLES_HEADING,
  END,
  FINDINGS_HEADING,
  findingText,
  FLOATING,
  functionText,
  INDENT,
  lineText,
  locationText,
  MOST_LEVELS,
  nameText,
  pathText,
  positionText,
  RESOURCES_HEADING,
  resourceRef,
  stateText,
  TASK_STATES,
  taskRef,
  TASKS_HEADING,
  TITLE,
} from "./notation.js";

export function writeDump(dump: TaskDump): string {
  const lines = [
    `${TITLE} ${dump.version}`,
    "",
    ...header(dump),
    ...(dump.findings.length > 0 ? ["", FINDINGS_HEADING, "", ...findings(dump.findings)] : []),
    ...(dump.cycles.length > 0 ? ["", CYCLES_HEADING, "", ...cycles(dump.cycles)] : []),
    "",
    TASKS_HEADING,
    "",
    ...tasks(dump.tasks),
    "",
    RESOURCES_HEADING,
    "",
    ...dump.resources.flatMap(resourceLines),
    "",
    endLine(dump.tasks.length, dump.resources.length),
  ];
  return `${lines.filter((line, i) => line !== "" || lines[i - 1] !== "").join("\n")}\n`;
}

/** Says how many entries a whole dump has. */
export function endLine(tasks: number, resources: number): string {
  return `${END}: ${tasks} tasks, ${resources} queues and locks.`;
}

function header(dump: TaskDump): string[] {
  const fields: [string, string][] = [
    ["program", pathText(dump.program)],
    ["process", String(dump.pid)],
    ["node", lineText(dump.node)],
    ["runtime", lineText(dump.runtime)],
    ["time", lineText(dump.time)],
    ["status", dump.status],
    [
      "counts",
      TASK_STATES.filter((state) => (dump.counts[state] ?? 0) > 0)
        .map((state) => `${dump.counts[state]!} ${state}`)
        .join(", "),
    ],
    ["hidden", hidden(dump)],
    ...dump.notes.map((note): [string, string] => ["note", lineText(note)]),
  ];
  return fields.filter(([, value]) => value !== "").map(([name, value]) => `${name.padEnd(9)}${value}`);
}

function hidden({ hidden: { tasks, resources, chains } }: TaskDump): string {
  const parts: string[] = [];
  if (tasks > 0) parts.push(`${tasks} tasks`);
  if (resources > 0) parts.push(`${resources} queues and locks`);
  if (chains > 0) parts.push(`${chains} await chains`);
  return parts.join(", ");
}

function findings(list: TaskDump["findings"]): string[] {
  return list.flatMap(({ kind, text, locations }) => [
    `- [${kind}] ${findingText(text)}`,
    ...locations.map((location) => `${pad(1)}at ${locationText(location)}`),
  ]);
}

function cycles(list: TaskDump["cycles"]): string[] {
  return list.flatMap((members) => [
    `- ${count(members.length, "task")} in a circle, each waiting for the next`,
    ...members.map((member) => `${pad(1)}${taskRef(member)}`),
  ]);
}

function tasks(list: readonly DumpTask[]): string[] {
  const lines: string[] = [];
  // The task on each level above the next one.
  const path: TaskId[] = [];
  for (const task of list) {
    const level = task.parent === undefined ? 0 : path.indexOf(task.parent.id) + 1;
    const nested = level > 0 && level < MOST_LEVELS;
    path.length = nested ? level : 0;
    path.push(task.id);
    const depth = path.length - 1;
    lines.push(`${pad(depth)}- ${nameText(task.name, `Task-${task.id}`)} [${task.state}] #${task.id}`);
    const own = pad(depth + 1);
    if (!nested && task.parent !== undefined) lines.push(`${own}started by ${taskRef(task.parent)}`);
    for (const line of taskLines(task)) lines.push(own + line);
  }
  return lines;
}

function taskLines(task: DumpTask): string[] {
  const lines: string[] = [];
  lines.push(`runs ${functionText(task.coroutine)} (${task.form})`);
  if (task.floating === true) lines.push(FLOATING);
  if (task.age !== ageOfWaits(task.waits)) lines.push(`for ${exactDuration(task.age)}`);
  if (task.error !== undefined)
    lines.push(`${task.unretrieved ? "unretrieved error" : "error"} ${lineText(task.error)}`.trimEnd());
  for (const wait of task.waits) lines.push(...waitLines(wait));
  more(lines, task.hiddenWaits, "wait");
  if (task.cancelling > 0) lines.push(`cancel requests ${task.cancelling}`);
  if (task.cancelledBy !== undefined) {
    const { by, message, location } = task.cancelledBy;
    lines.push(by === undefined ? "cancelled from outside any task" : `cancelled by ${taskRef(by)}`);
    const text = lineText(message);
    if (text !== "") lines.push(`${pad(1)}message ${text}`);
    if (location !== undefined) lines.push(`${pad(1)}at ${locationText(location)}`);
  }
  for (const { functionName, kind, location } of task.frames)
    lines.push(
      `at ${kind === "generator" ? "" : `${kind} `}${functionText(functionName)} (${location === undefined ? "no source" : positionText(location)})`,
    );
  more(lines, task.hiddenFrames, "frame");
  if (task.created !== undefined)
    lines.push(`created ${task.createdIsInferred ? "about" : "at"} ${locationText(task.created)}`);
  return lines;
}

/** A task is mostly as long in its state as it waits: then it is said once. */
export function ageOfWaits(waits: readonly { readonly age: number }[]): number {
  return waits[0]?.age ?? 0;
}

function waitLines(wait: DumpWait): string[] {
  const left = wait.left === undefined ? "" : `, ${exactDuration(wait.left)} left`;
  const lines = [
    `waits for ${lineText(wait.label) || wait.kind} [${wait.kind}] ${exactDuration(wait.age)}${left}`,
  ];
  if (wait.resource !== undefined) lines.push(`${pad(1)}on ${resourceRef(wait.resource)}`);
  for (const task of wait.tasks) lines.push(`${pad(1)}on ${taskRef(task)}`);
  if (wait.hiddenTasks > 0) lines.push(`${pad(1)}... ${wait.hiddenTasks} more tasks`);
  return lines;
}

function more(lines: string[], hiddenCount: number, noun: string): void {
  if (hiddenCount > 0) lines.push(`... ${hiddenCount} more ${noun}s`);
}

function resourceLines(resource: DumpResource): string[] {
  const lines: string[] = [];
  if (resource.unfinished !== undefined) lines.push(`unfinished ${resource.unfinished}`);
  if (resource.lock !== undefined) lines.push(`on ${resourceRef(resource.lock)}`);
  for (const { index, preview } of resource.items) lines.push(`[${index}] ${lineText(preview)}`.trimEnd());
  more(lines, resource.hiddenItems, "item");
  if (resource.owner !== undefined)
    lines.push(`owner ${taskRef(resource.owner)} ${exactDuration(resource.owner.age)}`);
  for (const { role, task, age } of resource.waiters)
    lines.push(`${role} ${waiterText(task)} ${exactDuration(age)}`);
  more(lines, resource.hiddenWaiters, "waiter");
  if (resource.created !== undefined) lines.push(`created at ${locationText(resource.created)}`);
  const name = nameText(resource.name, `unnamed-${resource.id}`);
  const head = `- ${name} [${resource.kind}: ${stateText(resource.state)}] @${resource.id}`;
  return [head, ...lines.map((line) => pad(1) + line)];
}

/** Of a waiter that is no task, too. */
function waiterText(task: DumpTaskRef | undefined): string {
  return task === undefined ? "(no task)" : taskRef(task);
}

function pad(levels: number): string {
  return " ".repeat(levels * INDENT);
}
