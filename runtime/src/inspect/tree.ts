import type { TaskFilter, TaskId, TaskInfo, TreePage, TreeQuery, TreeReply } from "@asyncscope/protocol";
import { currentTaskOrNull } from "../core/current-task.js";
import type { Task } from "../core/task.js";
import type { Registry } from "./registry.js";
import { RUNNING, SUSPENDED, STATES } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { clean } from "./text.js";
import { describeWaits, rawWaits, tasksBehind } from "./waits.js";

const MOST_TASKS = 20_000;
const MOST_PER_PAGE = 1000;

/** Answers a {@link TreeQuery}: filters and pages first, caps after, and counts what the caps hid. */
export function queryTree(registry: Registry, query: TreeQuery, now: number): TreeReply {
  const shape = query.order === "await" ? new AwaitShape(registry) : new CreationShape(registry);
  const visible = query.filter === undefined ? null : matching(registry, shape, query.filter, now);
  const limit = Math.min(query.limit ?? 2000, MOST_TASKS);
  const included = new Map<TaskId, TaskRecord>();
  const pages: TreePage[] = [];
  let hidden = 0;

  const page = (task: TaskId, offset: number, size: number): TaskRecord[] => {
    const parent = task === 0 ? registry.root : registry.get(task);
    let children = parent === undefined ? [] : shape.children(parent);
    if (visible !== null) children = children.filter((child) => visible.has(child));
    const wanted = children.slice(offset, offset + size);
    const room = wanted.filter((child) => included.has(child.id) || included.size < limit);
    for (const child of room) if (included.size < limit) included.set(child.id, child);
    const shown = room.filter((child) => included.has(child.id));
    hidden += wanted.length - shown.length;
    pages.push({ task, offset, children: shown.map((child) => child.id), total: children.length });
    return shown;
  };

  let level: TaskRecord[] = [];
  for (const asked of query.pages)
    level.push(
      ...page(asked.task, Math.max(0, asked.offset ?? 0), Math.min(asked.limit ?? 100, MOST_PER_PAGE)),
    );
  if (query.deep === true) {
    const seen = new Set<TaskId>(query.pages.map((asked) => asked.task));
    while (level.length > 0) {
      const next: TaskRecord[] = [];
      for (const record of level) {
        if (seen.has(record.id)) continue;
        seen.add(record.id);
        if (shape.childCount(record) > 0) next.push(...page(record.id, 0, MOST_PER_PAGE));
      }
      level = next;
    }
  }

  const infos = new Map<TaskId, TaskInfo>();
  for (const record of included.values()) infos.set(record.id, taskInfo(registry, shape, record));
  // The tasks that a shown one waits for are named too.
  for (const info of [...infos.values()])
    for (const wait of info.waits)
      for (const id of wait.tasks ?? []) {
        const record = registry.get(id);
        if (record !== undefined && !infos.has(id)) infos.set(id, taskInfo(registry, shape, record));
      }
  return {
    now,
    version: registry.version,
    pages,
    tasks: [...infos.values()],
    sites: registry.sites.since(query.knownSites ?? 0),
    counts: Object.fromEntries(
      STATES.map((state, index) => [state, registry.counts[index]!]),
    ) as TreeReply["counts"],
    hidden,
  };
}

/** Tasks as rows, for lists that name them. */
export function taskInfos(registry: Registry, ids: Iterable<TaskId>): TaskInfo[] {
  const shape = new CreationShape(registry);
  const infos: TaskInfo[] = [];
  for (const id of new Set(ids)) {
    const record = registry.get(id);
    if (record !== undefined) infos.push(taskInfo(registry, shape, record));
  }
  return infos;
}

/** Who is whose child. */
interface Shape {
  children(record: TaskRecord): TaskRecord[];
  childCount(record: TaskRecord): number;
  parents(record: TaskRecord): Iterable<TaskRecord>;
}

class CreationShape implements Shape {
  readonly #root: TaskRecord;
  constructor(registry: Registry) {
    this.#root = registry.root;
  }
  children(record: TaskRecord): TaskRecord[] {
    return [...record.children()];
  }
  childCount(record: TaskRecord): number {
    return record.childCount;
  }
  parents(record: TaskRecord): TaskRecord[] {
    return record.parent === null || record.parent === this.#root ? [] : [record.parent];
  }
}

/** A task's children are the tasks it waits for. Cycles are legal: each has one member among the roots. */
class AwaitShape implements Shape {
  readonly #roots: TaskRecord[] = [];
  readonly #awaiters = new Map<TaskRecord, TaskRecord[]>();
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
    for (const record of registry.all())
      for (const child of awaited(registry, record)) {
        const awaiters = this.#awaiters.get(child);
        if (awaiters === undefined) this.#awaiters.set(child, [record]);
        else awaiters.push(record);
      }
    const reached = new Set<TaskRecord>();
    const reach = (from: TaskRecord): void => {
      const stack = [from];
      for (let record = stack.pop(); record !== undefined; record = stack.pop()) {
        if (reached.has(record)) continue;
        reached.add(record);
        if (record.state === SUSPENDED) stack.push(...awaited(registry, record));
      }
    };
    for (const record of registry.all())
      if (!this.#awaiters.has(record)) {
        this.#roots.push(record);
        reach(record);
      }
    for (const record of registry.all())
      if (!reached.has(record)) {
        this.#roots.push(record);
        reach(record);
      }
    this.#roots.sort((a, b) => a.id - b.id);
  }

  children(record: TaskRecord): TaskRecord[] {
    return record === this.#registry.root ? this.#roots : awaited(this.#registry, record);
  }
  childCount(record: TaskRecord): number {
    return record === this.#registry.root ? this.#roots.length : awaited(this.#registry, record).length;
  }
  parents(record: TaskRecord): Iterable<TaskRecord> {
    return this.#awaiters.get(record) ?? [];
  }
}

function awaited(registry: Registry, record: TaskRecord): TaskRecord[] {
  const children = new Set<TaskRecord>();
  for (const { future } of rawWaits(record))
    for (const task of tasksBehind(future)) {
      const child = registry.recordOf(task);
      if (child !== undefined) children.add(child);
    }
  return [...children];
}

/** The tasks that match, and those that lead to them. */
function matching(registry: Registry, shape: Shape, filter: TaskFilter, now: number): Set<TaskRecord> {
  const text = filter.text?.toLowerCase() ?? "";
  const states = filter.states === undefined ? null : new Set(filter.states);
  const visible = new Set<TaskRecord>();
  for (const record of registry.all()) {
    if (states !== null && !states.has(STATES[record.state]!)) continue;
    if (filter.olderThan !== undefined && now - record.since < filter.olderThan) continue;
    if (text !== "" && !mentions(registry, record, text)) continue;
    const stack = [record];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (visible.has(at)) continue;
      visible.add(at);
      stack.push(...shape.parents(at));
    }
  }
  return visible;
}

function mentions(registry: Registry, record: TaskRecord, text: string): boolean {
  return (
    nameOf(record).toLowerCase().includes(text) ||
    coroutineOf(record).toLowerCase().includes(text) ||
    describeWaits(registry, record).some((wait) => wait.label.toLowerCase().includes(text))
  );
}

function taskInfo(registry: Registry, shape: Shape, record: TaskRecord): TaskInfo {
  const { task, rare } = record;
  const ended = record.ended?.deref();
  return {
    id: record.id,
    name: clean(nameOf(record), 200),
    state: STATES[stateOf(record)]!,
    coroutine: clean(coroutineOf(record), 200),
    form: (task === null ? rare?.isAsync : task._isAsync) === true ? "async" : "generator",
    parent: record.parent === registry.root ? 0 : (record.parent?.id ?? 0),
    created: record.created,
    ...(rare?.createdIsInferred === true ? { createdIsInferred: true } : {}),
    createdAt: record.createdAt,
    since: record.since,
    waits: stateOf(record) === SUSPENDED ? describeWaits(registry, record) : [],
    depth: task === null ? 0 : depthOf(task),
    cancelling: task?.cancelling() ?? 0,
    ...(rare?.cancelledBy === undefined ? {} : { cancelledBy: rare.cancelledBy }),
    ...(rare?.error === undefined ? {} : { error: rare.error }),
    ...(ended?._isUnretrieved() === true ? { unretrieved: true } : {}),
    childCount: shape.childCount(record),
  };
}

/** A task asked about from inside itself (at a breakpoint, say) runs, whatever was last noted of it. */
function stateOf(record: TaskRecord): number {
  return record.task !== null && record.task === currentTaskOrNull() ? RUNNING : record.state;
}

function nameOf(record: TaskRecord): string {
  return record.task?.name ?? record.rare?.name ?? "";
}

function coroutineOf(record: TaskRecord): string {
  return record.task?.getCoro()._name ?? record.rare?.coroutine ?? "";
}

function depthOf(task: Task<unknown>): number {
  let depth = 0;
  for (let frame = task._frame; frame !== null; frame = frame._caller) depth++;
  for (const strand of task._strands ?? [])
    for (let frame = strand._frame; frame !== null; frame = frame._caller) depth++;
  return depth;
}
