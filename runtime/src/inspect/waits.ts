import type { TaskId, WaitInfo, WaitKind } from "@asyncscope/protocol";
import type { CancelScope } from "../core/cancel-scope.js";
import type { Inspectable } from "../core/inspectable.js";
import type { Future } from "../core/future.js";
import type { Task } from "../core/task.js";
import { newWalk } from "./marks.js";
import { countOf, each, setAdd, setHas } from "./primordials.js";
import type { Registry } from "./registry.js";
import { asyncCallOf, isFutureLike, isTask, ownSite } from "./shapes.js";
import type { TaskRecord } from "./task-record.js";
import { clean } from "./text.js";

const MOST_WAITS = 20;
const MOST_TASKS = 20;
/** Most characters of a label that are shown. */
export const LABEL = 120;

/** Calls `visit` with the futures a task waits for: its own, or those of the awaits inside its async functions. */
export function eachWait(
  record: Pick<TaskRecord, "task">,
  visit: (
    future: Future<unknown>,
    since: number,
    awaitable: object | null,
    scope: CancelScope | null,
  ) => void,
): void {
  const { task } = record;
  if (task === null) return;
  let known = 0;
  if (task._strands !== null)
    each(task._strands, ({ _waiter: waiter, _since: since, _awaitable: awaitable, _scope: scope }) => {
      if (waiter === null || asyncCallOf(waiter) !== null) return;
      known++;
      visit(waiter, since, awaitable, scope);
    });
  const own = task._waiter;
  if (own === null) return;
  // The end of an async function says less than the awaits inside it, which are told already.
  if (asyncCallOf(own) !== null && known > 0) return;
  visit(own, task._since ?? 0, null, task._scope);
}

/**
 * Calls `visit` once with each task whose end a future stands for: itself, or the pending children of a gather, wait
 * or task group, however they are nested.
 */
function eachTaskBehind(future: Future<unknown>, visit: (task: Task<unknown>) => void): void {
  eachFutureBehind(future, (behind) => {
    if (isTask(behind)) visit(behind);
  });
}

/**
 * Calls `visit` with each future that one stands for: itself, and the pending children of a gather, wait or task
 * group, however they are nested.
 */
export function eachFutureBehind(future: Future<unknown>, visit: (future: Future<unknown>) => void): void {
  visit(future);
  const children = isTask(future) ? undefined : future._origin?.children?.(future);
  if (children === undefined) return;
  // Gathers of gathers may be deep, and meet again further down.
  const nested: Future<unknown>[] = [];
  const seen = new Set<object>();
  const look = (child: object): void => {
    if (!isFutureLike(child) || child.done()) return;
    if (isTask(child) || child._origin?.children === undefined) visit(child);
    else if (!setHas(seen, child)) {
      setAdd(seen, child);
      visit(child);
      nested[nested.length] = child;
    }
  };
  each(children, look);
  for (let i = 0; i < nested.length; i++) each(nested[i]!._origin!.children!(nested[i]!), look);
}

/** Calls `visit` once with each task that this one waits for. */
export function eachAwaited(
  registry: Registry,
  record: TaskRecord,
  visit: (awaited: TaskRecord) => void,
): void {
  const { task } = record;
  if (task === null) return;
  if (task._strands === null) {
    const own = task._waiter;
    if (own === null || (own._origin?.children === undefined && !isTask(own))) return;
  }
  let walk = 0;
  eachWait(record, (future) => {
    eachTaskBehind(future, (behind) => {
      const awaited = registry.recordOf(behind);
      if (awaited === undefined) return;
      if (walk === 0) walk = newWalk();
      if (awaited.met === walk) return;
      awaited.met = walk;
      visit(awaited);
    });
  });
}

/** What a task waits for, in words: at most 20 waits, and how many there are. */
export function describeWaits(registry: Registry, record: TaskRecord): { waits: WaitInfo[]; count: number } {
  const waits: WaitInfo[] = [];
  let count = 0;
  eachWait(record, (future, since, awaitable) => {
    if (count++ < MOST_WAITS) waits[waits.length] = describeWait(registry, future, since, awaitable);
  });
  return { waits, count };
}

/** Calls `visit` with what it waits for in words, uncut: what {@link describeWaits} says, and no more than is asked. */
export function eachLabel(registry: Registry, record: TaskRecord, visit: (label: string) => void): void {
  let count = 0;
  eachWait(record, (future) => {
    if (count++ >= MOST_WAITS) return;
    let first: Task<unknown> | null = null;
    let taskCount = 0;
    eachTaskBehind(future, (task) => {
      first ??= task;
      taskCount++;
    });
    visit(label(registry, kindOf(future), future, first, taskCount));
  });
}

/** What waiting for a future means, in words. Cleaned. */
export function labelOf(registry: Registry, future: Future<unknown>): string {
  let first: Task<unknown> | null = null;
  let taskCount = 0;
  eachTaskBehind(future, (task) => {
    first ??= task;
    taskCount++;
  });
  return clean(label(registry, kindOf(future), future, first, taskCount), LABEL);
}

/** What kind of thing a future is to those who wait for it. */
export function kindOf(future: Future<unknown>): WaitKind {
  return isTask(future) ? "task" : ((future._origin?.kind ?? "future") as WaitKind);
}

function describeWait(
  registry: Registry,
  future: Future<unknown>,
  since: number,
  awaitable: object | null,
): WaitInfo {
  const origin = future._origin;
  const kind = kindOf(future);
  const ids: TaskId[] = [];
  let taskCount = 0;
  let first: Task<unknown> | null = null;
  eachTaskBehind(future, (task) => {
    first ??= task;
    taskCount++;
    if (ids.length >= MOST_TASKS) return;
    const id = registry.recordOf(task)?.id;
    if (id !== undefined) ids[ids.length] = id;
  });
  const resource = origin?.resource == null ? undefined : registry.resources.of(origin.resource);
  const due = origin?.due?.(future);
  const site = awaitable === null ? ownSite(future) : registry.awaitSite(awaitable);
  return {
    kind,
    label: clean(label(registry, kind, future, first, taskCount), LABEL),
    since,
    ...(due === undefined || due === Infinity ? {} : { due }),
    ...(resource === undefined ? {} : { resource: resource.id }),
    ...(taskCount === 0 ? {} : { tasks: ids, taskCount }),
    ...(site === 0 ? {} : { site }),
  };
}

function label(
  registry: Registry,
  kind: WaitKind,
  future: Future<unknown>,
  first: Task<unknown> | null,
  taskCount: number,
): string {
  const words = future._origin?.describe?.();
  if (words !== undefined) return words;
  const resource = future._origin?.resource ?? null;
  const record = resource === null ? undefined : registry.resources.of(resource);
  if (record !== undefined) {
    const primitive = resource as Inspectable;
    const name = registry.resources.labelOf(record, primitive);
    const { state, owner } = primitive._inspect();
    // Whoever holds a condition's lock is the one who can notify: nobody waits for it to be given up.
    if (kind === "condition") return `${name} to be notified`;
    if (owner != null) return `${name} held by ${taskName(owner)}`;
    return kind === "queue-join" ? `${name} to be worked off` : `${name} ${state}`;
  }
  switch (kind) {
    case "sleep":
      return "timer";
    case "task":
      return `task ${taskName(first!)}`;
    case "gather":
    case "wait":
      return `${kind}: ${pending(future)}`;
    case "task-group":
      return `task group: ${taskCount} ${taskCount === 1 ? "task" : "tasks"} left`;
    case "shield":
      return `shield of ${first === null ? "a future" : `task ${taskName(first)}`}`;
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

/** `2 of 3 pending`: what was given to it, tasks or futures. */
function pending(future: Future<unknown>): string {
  const children = future._origin?.children?.(future) ?? [];
  let left = 0;
  each(children, (child) => {
    if (isFutureLike(child) && !child.done()) left++;
  });
  return `${left} of ${countOf(children)} pending`;
}

/** As `task.name`, without a getter that the program may have put there. */
export function taskName(task: Task<unknown>): string {
  return task._givenName ?? `Task-${task._number}`;
}
