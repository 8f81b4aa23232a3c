import type {
  GroupId,
  GroupNode,
  GroupPageQuery,
  GroupsArguments,
  GroupsBody,
  TaskId,
  TaskNode,
  TaskNodeFilter,
  TaskState,
} from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import { LiveModel } from "../views/live-model.js";
import { AwaitChains } from "./await-chains.js";
import { chainRows } from "./chain-rows.js";
import type { GroupRowNode, MoreNode, TaskRowNode, TaskTreeNode } from "./task-nodes.js";

/** Groups, and tasks of a group, shown at first, and how many "Show more" adds. */
const PAGE = 100;
/** The most groups that one reply may hold. */
const MOST_GROUPS = 1000;
/** The most tasks that one page of a query may ask for. */
const PAGE_QUERY_LIMIT = 1000;

interface Members {
  readonly tasks: readonly TaskId[];
  readonly total: number;
}

/**
 * The state behind the Tasks view of one session when tasks are grouped by where they stand. One request per refresh
 * brings the groups and the tasks of every opened one.
 */
export class GroupTreeModel extends LiveModel<GroupsBody, TaskTreeNode> {
  #filter: TaskNodeFilter | undefined;
  /** Distinguishes the rows of one filter from those of another. */
  #generation = 0;
  #wantedGroups = PAGE;
  readonly #wanted = new Map<GroupId, number>();
  readonly #groups = new Map<GroupId, GroupNode>();
  readonly #members = new Map<GroupId, Members>();
  readonly #tasks = new Map<TaskId, TaskNode>();
  readonly #chains: AwaitChains;
  readonly #nodes = new Map<string, TaskTreeNode>();

  constructor(session: ScopeSession, changed?: () => void, clock?: () => number) {
    super(session, changed, clock);
    this.#chains = new AwaitChains(session, (id) => this.#tasks.get(id));
  }

  override get ageing(): boolean {
    return this.status === "live" && this.#groups.size > 0;
  }

  get filter(): TaskNodeFilter | undefined {
    return this.#filter;
  }

  get counts(): Readonly<Partial<Record<TaskState, number>>> {
    return this.body?.counts ?? {};
  }

  task(id: TaskId): TaskNode | undefined {
    return this.#tasks.get(id);
  }

  group(id: GroupId): GroupNode | undefined {
    return this.#groups.get(id);
  }

  setFilter(filter: TaskNodeFilter | undefined): void {
    if (this.hasEnded()) return;
    this.#filter = filter;
    this.#generation += 1;
    this.#wantedGroups = PAGE;
    for (const known of [this.#wanted, this.#groups, this.#members, this.#nodes, this.expanded])
      known.clear();
  }

  /** Asks for more groups, more tasks of one, or more frames of a chain with the next {@link refresh}. */
  showMore({ parent, task }: MoreNode): void {
    if (parent?.kind === "chain") this.#chains.lengthen(task);
    else if (parent?.kind === "group")
      this.#wanted.set(parent.group, (this.#wanted.get(parent.group) ?? PAGE) + PAGE);
    else this.#wantedGroups = Math.min(MOST_GROUPS, this.#wantedGroups + PAGE);
  }

  isOpen(node: TaskTreeNode): boolean {
    // The chain is all that there is under a task here.
    return this.expanded.has(node.path) || node.kind === "chain";
  }

  hasChildren(node: TaskRowNode): boolean {
    return (this.#tasks.get(node.task)?.depth ?? 0) > 0;
  }

  override async refresh(): Promise<void> {
    if (this.hasEnded()) return;
    const generation = this.#generation;
    const opened = this.#openedGroups();
    const query = this.#query(opened);
    let body: GroupsBody;
    try {
      body = await this.session.request("asyncscope/groups", query);
    } catch (error) {
      this.fail(error);
      return;
    }
    // The filter changed meanwhile: another refresh is on its way.
    if (generation !== this.#generation) return;
    this.failure = undefined;
    // Of a program that does not answer, or not any more, what was seen here is more than nothing.
    if (this.body !== undefined && this.#knowsMore(body)) this.body = { ...this.body, ...statusOf(body) };
    else this.#take(body);
    this.clock.set(this.body?.now ?? 0, body.status === "live");
    if (body.status === "live" || body.status === "paused") await this.#chains.refresh(this.#openedChains());
    this.#prune();
    this.changed();
  }

  #knowsMore(body: GroupsBody): boolean {
    return (
      this.#groups.size > 0 &&
      (body.status === "blocked" || (body.status === "ended" && body.groups.length === 0))
    );
  }

  #take(body: GroupsBody): void {
    this.body = body;
    this.#groups.clear();
    this.#members.clear();
    this.#tasks.clear();
    for (const group of body.groups) this.#groups.set(group.id, group);
    this.#takePages(body);
  }

  #takePages({ pages, tasks }: GroupsBody): void {
    for (const task of tasks) this.#tasks.set(task.id, task);
    const joined = new Map<GroupId, Members>();
    for (const page of [...pages].sort((a, b) => a.offset - b.offset)) {
      const all = [...new Set([...(joined.get(page.group)?.tasks ?? []), ...page.tasks])];
      joined.set(page.group, { tasks: all, total: Math.max(page.total, all.length) });
    }
    for (const [group, members] of joined) this.#members.set(group, members);
  }

  override async children(node?: TaskTreeNode): Promise<readonly TaskTreeNode[]> {
    if (node?.kind === "group") {
      this.expand(node);
      if (!this.#members.has(node.group) && !this.hasEnded()) await this.#loadMembers(node);
    } else if (node?.kind === "task") this.expand(node);
    else if (node?.kind === "chain") {
      this.expand(node);
      if (!this.#chains.get(node.task) && !this.hasEnded()) await this.#chains.load(node.task);
    }
    return this.rows(node);
  }

  async #loadMembers({ group }: GroupRowNode): Promise<void> {
    const generation = this.#generation;
    try {
      const body = await this.session.request("asyncscope/groups", { ...this.#query([group]), limit: 0 });
      const answered = body.status === "live" || body.status === "paused";
      if (answered && generation === this.#generation) this.#takePages(body);
    } catch {
      // Shown without tasks; the next refresh says what is wrong.
    }
  }

  override rows(node?: TaskTreeNode): readonly TaskTreeNode[] {
    switch (node?.kind) {
      case undefined:
        return this.#groupRows();
      case "group":
        return this.#memberRows(node);
      case "task":
        return this.hasChildren(node)
          ? [this.#node({ kind: "chain", path: `${node.path}/chain`, parent: node, task: node.task })]
          : [];
      case "chain":
        return chainRows(node, this.#chains.get(node.task), this.hasEnded());
      default:
        return [];
    }
  }

  #groupRows(): TaskTreeNode[] {
    const base = `l${this.#generation}`;
    const rows: TaskTreeNode[] = [...this.#groups.keys()].map((group) =>
      this.#node({ kind: "group", path: `${base}/${group}`, parent: undefined, group }),
    );
    const { total = 0, hiddenTasks = 0 } = this.body ?? {};
    const hidden = total - rows.length;
    if (hidden > 0) {
      const what = `${hidden.toLocaleString("en-US")} groups with ${hiddenTasks.toLocaleString("en-US")} tasks`;
      rows.push({ kind: "more", path: `${base}/more`, parent: undefined, task: 0, hidden, what });
    }
    return rows;
  }

  #memberRows(parent: GroupRowNode): TaskTreeNode[] {
    const members = this.#members.get(parent.group);
    if (!members)
      return this.hasEnded()
        ? [{ kind: "note", path: `${parent.path}/note`, parent, text: "The program has ended" }]
        : [];
    const rows: TaskTreeNode[] = members.tasks.map((task) =>
      this.#node({ kind: "task", path: `${parent.path}/${task}`, parent, task, level: 1, cycle: false }),
    );
    const hidden = members.total - members.tasks.length;
    if (hidden > 0) rows.push({ kind: "more", path: `${parent.path}/more`, parent, task: 0, hidden });
    return rows;
  }

  /** The same object for the same row, so that the editor keeps its selection. */
  #node<T extends TaskTreeNode>(fresh: T): T {
    const old = this.#nodes.get(fresh.path);
    if (old?.kind === fresh.kind) return old as T;
    this.#nodes.set(fresh.path, fresh);
    return fresh;
  }

  #query(opened: readonly GroupId[]): GroupsArguments {
    const pages: GroupPageQuery[] = [];
    for (const group of opened) {
      const wanted = this.#wanted.get(group) ?? PAGE;
      for (let offset = 0; offset < wanted; offset += PAGE_QUERY_LIMIT)
        pages.push({ group, offset, limit: Math.min(PAGE_QUERY_LIMIT, wanted - offset) });
    }
    return { all: true, limit: this.#wantedGroups, pages, ...(this.#filter && { filter: this.#filter }) };
  }

  #openedGroups(): GroupId[] {
    return this.#groupRows().flatMap((row) =>
      row.kind === "group" && this.expanded.has(row.path) ? [row.group] : [],
    );
  }

  #openedChains(): Set<TaskId> {
    const tasks = new Set<TaskId>();
    for (const group of this.#groupRows())
      if (group.kind === "group" && this.expanded.has(group.path))
        for (const row of this.#memberRows(group))
          if (row.kind === "task" && this.expanded.has(`${row.path}/chain`)) tasks.add(row.task);
    return tasks;
  }

  /** Drops what is remembered of rows that are not there any more. */
  #prune(): void {
    const reachable = new Set<string>();
    const visit = (node: TaskTreeNode): void => {
      reachable.add(node.path);
      if (this.expanded.has(node.path)) for (const row of this.rows(node)) visit(row);
    };
    for (const row of this.#groupRows()) visit(row);
    for (const path of this.#nodes.keys()) if (!reachable.has(path)) this.#nodes.delete(path);
    for (const path of this.expanded) if (!reachable.has(path)) this.expanded.delete(path);
    for (const group of this.#wanted.keys()) if (!this.#groups.has(group)) this.#wanted.delete(group);
  }
}

function statusOf({ status, message }: GroupsBody): Pick<GroupsBody, "status" | "message"> {
  return message === undefined ? { status } : { status, message };
}
