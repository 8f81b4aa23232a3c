import type { TaskId, WaitInfo, WaitKind } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import { Future } from "../core/future.js";
import { Task } from "../core/task.js";
import type { Registry } from "./registry.js";
import type { TaskRecord } from "./task-record.js";
import { clean } from "./text.js";

const MOST_TASKS = 20;
const LABEL = 120;

interface RawWait {
  readonly future: Future<unknown>;
  readonly since: number;
  readonly awaitable: object | null;
}

/** The futures a task waits for: its own, or those of the awaits inside its async functions. */
export function rawWaits(record: TaskRecord): RawWait[] {
  const { task } = record;
  if (task === null) return [];
  const waits: RawWait[] = [];
  for (const strand of task._strands ?? [])
    if (strand._waiter !== null)
      waits.push({ future: strand._waiter, since: strand._since, awaitable: strand._awaitable });
  // The end of an async function says less than the awaits inside it.
  const own = task._waiter;
  if (own !== null && !(waits.length > 0 && own._origin?.kind === "foreign"))
    waits.push({ future: own, since: record.since, awaitable: null });
  return waits;
}

/** The tasks whose end a future stands for: itself, or the children of a gather, wait or task group. */
export function tasksBehind(future: Future<unknown>): Task<unknown>[] {
  if (future instanceof Task) return [future as Task<unknown>];
  const children = future._origin?.children?.(future);
  if (children === undefined) return [];
  const tasks: Task<unknown>[] = [];
  for (const child of children) {
    if (!(child instanceof Future) || child.done()) continue;
    if (child instanceof Task) tasks.push(child as Task<unknown>);
    else tasks.push(...tasksBehind(child as Future<unknown>));
  }
  return tasks;
}

/** What a task waits for, in words. */
export function describeWaits(registry: Registry, record: TaskRecord): WaitInfo[] {
  return rawWaits(record).map(({ future, since, awaitable }) =>
    describeWait(registry, future, since, awaitable),
  );
}

function describeWait(
  registry: Registry,
  future: Future<unknown>,
  since: number,
  awaitable: object | null,
): WaitInfo {
  const origin = future._origin;
  const kind = future instanceof Task ? "task" : ((origin?.kind ?? "future") as WaitKind);
  const tasks = tasksBehind(future);
  const ids: TaskId[] = [];
  for (const task of tasks.slice(0, MOST_TASKS)) {
    const id = registry.recordOf(task)?.id;
    if (id !== undefined) ids.push(id);
  }
  const resource = origin?.resource == null ? undefined : registry.resources.of(origin.resource);
  const due = origin?.due?.(future);
  const site = awaitable === null ? 0 : registry.awaitSite(awaitable);
  return {
    kind,
    label: clean(label(registry, kind, future, tasks, origin?.resource ?? null), LABEL),
    since,
    ...(due === undefined ? {} : { due }),
    ...(resource === undefined ? {} : { resource: resource.id }),
    ...(tasks.length === 0 ? {} : { tasks: ids, taskCount: tasks.length }),
    ...(site === 0 ? {} : { site }),
  };
}

function label(
  registry: Registry,
  kind: WaitKind,
  future: Future<unknown>,
  tasks: readonly Task<unknown>[],
  resource: object | null,
): string {
  const record = resource === null ? undefined : registry.resources.of(resource);
  if (record !== undefined) {
    const primitive = resource as Inspectable;
    const name = registry.resources.labelOf(record, primitive);
    const { state, owner } = primitive._inspect();
    if (owner != null) return `${name} held by ${owner.name}`;
    return kind === "queue-join" ? `${name} to be worked off` : `${name} ${state}`;
  }
  switch (kind) {
    case "sleep":
      return "timer";
    case "task":
      return `task ${tasks[0]?.name ?? ""}`;
    case "gather":
    case "wait": {
      const total = [...(future._origin?.children?.(future) ?? [])].length;
      return `${kind}: ${plural(tasks.length, "task")} of ${total} pending`;
    }
    case "task-group":
      return `task group: ${plural(tasks.length, "task")} left`;
    case "shield":
      return `shield of ${tasks[0] === undefined ? "a future" : `task ${tasks[0].name}`}`;
    case "promise":
      return "promise";
    case "foreign":
      return "an await outside the runtime";
    case "future":
      return "future";
    default:
      return kind;
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
