import type { TaskFilter, TaskId, TaskInfo, TreePage, TreeQuery } from "@asyncscope/protocol";

const DEFAULT_PAGE = 100;
const MOST_IN_PAGE = 1000;
const DEFAULT_LIMIT = 2000;
const MOST = 20_000;

/** A piece of the tree. */
export interface TreePiece {
  readonly pages: readonly TreePage[];
  readonly tasks: readonly TaskInfo[];
  readonly hidden: number;
}

/** Answers questions for pieces of a tree that lies before us as a whole. */
export class SnapshotTree {
  readonly #tasks: ReadonlyMap<TaskId, TaskInfo>;
  readonly #roots: readonly TaskId[];

  constructor(tasks: readonly TaskInfo[]) {
    this.#tasks = new Map(tasks.map((task) => [task.id, task]));
    const awaited = new Set(tasks.flatMap((task) => this.#awaited(task)));
    const roots = tasks.map(({ id }) => id).filter((id) => !awaited.has(id));
    // In a circle everybody is waited for: the first of each begins it.
    const seen = new Set<TaskId>();
    const walk = (start: TaskId): void => {
      const open = [start];
      for (let id = open.pop(); id !== undefined; id = open.pop()) {
        if (seen.has(id)) continue;
        seen.add(id);
        open.push(...this.#awaited(this.#tasks.get(id)));
      }
    };
    for (const id of roots) walk(id);
    for (const { id } of tasks)
      if (!seen.has(id)) {
        roots.push(id);
        walk(id);
      }
    this.#roots = roots.sort((a, b) => a - b);
  }

  #awaited(task: TaskInfo | undefined): TaskId[] {
    return task?.waits.flatMap(({ tasks = [] }) => tasks).filter((id) => this.#tasks.has(id)) ?? [];
  }

  #children(task: TaskId, { order, filter }: TreeQuery): TaskId[] {
    const all =
      order === "creation"
        ? task === 0
          ? [...this.#tasks.keys()]
          : []
        : task === 0
          ? this.#roots
          : [...new Set(this.#awaited(this.#tasks.get(task)))];
    return filter === undefined ? [...all] : all.filter((id) => this.#leadsTo(id, order, filter));
  }

  /** Whether a task matches, or one that it waits for. */
  #leadsTo(start: TaskId, order: TreeQuery["order"], filter: TaskFilter): boolean {
    const seen = new Set<TaskId>();
    const open = [start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const task = this.#tasks.get(id);
      if (task === undefined || seen.has(id)) continue;
      seen.add(id);
      if (matches(task, filter)) return true;
      if (order === "await") open.push(...this.#awaited(task));
    }
    return false;
  }

  /** The pages asked for, then, when `deep`, those of what is in them, until the limit is reached. */
  piece(query: TreeQuery): TreePiece {
    const limit = Math.min(query.limit ?? DEFAULT_LIMIT, MOST);
    const shown = new Map<TaskId, TaskInfo>();
    const pages: TreePage[] = [];
    const open = query.pages.map(({ task, offset = 0, limit: most = DEFAULT_PAGE }) => ({
      task,
      offset,
      most: Math.min(most, MOST_IN_PAGE),
    }));
    const expanded = new Set(open.map(({ task }) => task));
    let hidden = 0;
    for (const { task, offset, most } of open) {
      const all = this.#children(task, query);
      const children: TaskId[] = [];
      for (const id of all.slice(offset, offset + most)) {
        if (shown.size >= limit && !shown.has(id)) {
          hidden++;
          continue;
        }
        children.push(id);
        shown.set(id, this.#counted(this.#tasks.get(id)!, query));
        if (query.deep !== true || expanded.has(id)) continue;
        expanded.add(id);
        open.push({ task: id, offset: 0, most: MOST_IN_PAGE });
      }
      if (children.length > 0 || query.pages.some((page) => page.task === task))
        pages.push({ task, offset, children, total: all.length });
      if (query.deep === true) hidden += Math.max(0, all.length - offset - most);
    }
    // Tasks named in a wait can be shown by name.
    for (const task of [...shown.values()])
      for (const id of this.#awaited(task))
        if (shown.size < limit && !shown.has(id)) shown.set(id, this.#counted(this.#tasks.get(id)!, query));
    return { pages, tasks: [...shown.values()], hidden };
  }

  #counted(task: TaskInfo, { order }: TreeQuery): TaskInfo {
    return { ...task, childCount: order === "await" ? new Set(this.#awaited(task)).size : 0 };
  }
}

function matches(task: TaskInfo, { text, states, olderThan }: TaskFilter): boolean {
  if (states !== undefined && !states.includes(task.state)) return false;
  // How long it has been suspended is not known of most.
  if (olderThan !== undefined && task.ageUnknown === true) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  return [task.name, task.coroutine, ...task.waits.map(({ label }) => label)].some((each) =>
    each.toLowerCase().includes(wanted),
  );
}
