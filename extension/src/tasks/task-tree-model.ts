import type {
  TaskNodeFilter,
  TaskId,
  TaskNode,
  TaskState,
  TreeArguments,
  TreeBody,
  TreeOrder,
} from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import { LiveModel } from "../views/live-model.js";
import { AwaitChains, standsAt } from "./await-chains.js";
import { chainRows } from "./chain-rows.js";
import type { ChainNode, GroupRowNode, MoreNode, TaskRowNode, TaskTreeNode } from "./task-nodes.js";
import { joinPages, WantedPages, type Children } from "./tree-pages.js";

/** Roots are opened by themselves when there are at most this many. */
const AUTO_EXPAND_ROOTS = 8;

/**
 * The state behind the Tasks view of one session: what is opened, how many children of each are shown, and the last
 * answer of the program. One request per refresh brings the roots and the children of every opened task.
 */
export class TaskTreeModel extends LiveModel<TreeBody, TaskTreeNode> {
  #order: TreeOrder = "creation";
  #filter: TaskNodeFilter | undefined;
  /** Distinguishes the rows of one order and filter from those of another. */
  #generation = 0;
  /** Version of the newest answer, whatever it was about. */
  #seenVersion = 0;
  readonly #tasks = new Map<TaskId, TaskNode>();
  readonly #children = new Map<TaskId, Children>();
  readonly #wanted = new WantedPages();
  readonly #chains: AwaitChains;
  readonly #nodes = new Map<string, TaskTreeNode>();
  #load: Promise<void> | undefined;

  constructor(session: ScopeSession, changed?: () => void, clock?: () => number) {
    super(session, changed, clock);
    this.#chains = new AwaitChains(session, (id) => this.#tasks.get(id));
  }

  get order(): TreeOrder {
    return this.#order;
  }

  get filter(): TaskNodeFilter | undefined {
    return this.#filter;
  }

  override get isEmpty(): boolean {
    const asked = this.#children.has(0) || (this.status !== "live" && this.status !== "paused");
    return asked && super.isEmpty;
  }

  get counts(): Readonly<Partial<Record<TaskState, number>>> {
    return this.body?.counts ?? {};
  }

  /** Tasks that matched and were left out because of a limit. */
  get hidden(): number {
    return this.body?.hidden ?? 0;
  }

  /** The lists of children that are known, by parent (0: roots). */
  get pages(): TreeBody["pages"] {
    return [...this.#children].map(([task, { ids, total }]) => ({ task, offset: 0, children: ids, total }));
  }

  override get ageing(): boolean {
    return this.status === "live" && this.#tasks.size > 0;
  }

  task(id: TaskId): TaskNode | undefined {
    return this.#tasks.get(id);
  }

  setOrder(order: TreeOrder): void {
    // Nobody could answer any more: the last state stays as it is.
    if (order === this.#order || this.hasEnded()) return;
    this.#order = order;
    this.#forgetRows();
  }

  setFilter(filter: TaskNodeFilter | undefined): void {
    if (this.hasEnded()) return;
    this.#filter = filter;
    this.#forgetRows();
  }

  #forgetRows(): void {
    this.#generation += 1;
    this.#children.clear();
    this.#wanted.clear();
    this.expanded.clear();
    this.#nodes.clear();
  }

  /** Asks for more children of a task (0: roots) or more frames of its chain with the next {@link refresh}. */
  showMore(node: MoreNode): void {
    if (node.parent?.kind === "chain") this.#chains.lengthen(node.task);
    else this.#wanted.more(node.task);
  }

  /** How a row that has something under it first appears. */
  isOpen(node: TaskTreeNode): boolean {
    if (this.expanded.has(node.path)) return true;
    if (node.kind === "chain") return !this.#opensByItself(node.parent);
    return node.kind === "task" && this.#opensByItself(node);
  }

  #opensByItself(node: TaskRowNode): boolean {
    if (this.#filter) return (this.#children.get(node.task)?.ids.length ?? 0) > 0;
    return node.level === 0 && (this.#children.get(0)?.total ?? Infinity) <= AUTO_EXPAND_ROOTS;
  }

  /** Whether a task's row can be opened. */
  hasChildren(node: TaskRowNode): boolean {
    if (node.cycle) return false;
    const task = this.#tasks.get(node.task);
    if (!task) return false;
    if (task.depth > 0) return true;
    return this.#filter ? (this.#children.get(node.task)?.ids.length ?? 0) > 0 : task.childCount > 0;
  }

  /** One batch: roots and the children of every opened task. */
  override async refresh(): Promise<void> {
    if (this.hasEnded()) return;
    const generation = this.#generation;
    const opened = this.#openedTasks();
    let body: TreeBody;
    try {
      body = await this.session.request("asyncscope/tree", this.#query([0, ...opened]));
    } catch (error) {
      this.fail(error);
      return;
    }
    // The order or the filter changed meanwhile: another refresh is on its way.
    if (generation !== this.#generation) return;
    const unchanged =
      this.failure === undefined &&
      this.body?.version === body.version &&
      this.body.status === body.status &&
      this.body.message === body.message &&
      [0, ...opened].every((task) => this.#shownOf(task) === this.#wanted.of(task));
    this.failure = undefined;
    if (this.body && this.#knowsMore(body)) this.body = withStatusOf(body, this.body);
    else this.#replace(body, [0, ...opened]);
    this.clock.set(this.body?.now ?? 0, body.status === "live");
    if (body.status === "live" || body.status === "paused") await this.#chains.refresh(this.#openedChains());
    this.#pruneNodes();
    if (!unchanged) this.changed();
  }

  /**
   * Of a program that does not answer, or not any more, the adapter has its last answer, which may have been to
   * another question than this: what was seen here is more, unless something newer came at the end. A program that
   * finished all its tasks leaves an empty tree: what they were doing last is still worth reading.
   */
  #knowsMore(body: TreeBody): boolean {
    if (this.#tasks.size === 0) return false;
    if (body.status === "blocked") return true;
    return body.status === "ended" && (body.tasks.length === 0 || body.version <= this.#seenVersion);
  }

  #replace(body: TreeBody, asked: readonly TaskId[]): void {
    const tasks = body.status === "ended" ? body.tasks.map((task) => this.#withKnownLines(task)) : body.tasks;
    this.#children.clear();
    this.#tasks.clear();
    this.body = body;
    this.#take({ ...body, tasks }, asked);
  }

  /** Lines cannot be asked for any more at the end: those of a task that has not moved since are still right. */
  #withKnownLines(task: TaskNode): TaskNode {
    const old = this.#tasks.get(task.id);
    if (!old) return task;
    return {
      ...task,
      ...(old.createdAtLocation && { createdAtLocation: old.createdAtLocation }),
      ...(old.location && standsAt(old) === standsAt(task) && { location: old.location }),
    };
  }

  override async children(node?: TaskTreeNode): Promise<readonly TaskTreeNode[]> {
    if (!node) return this.rows();
    if (node.kind === "task") {
      this.expand(node);
      const known = (this.#tasks.get(node.task)?.childCount ?? 0) === 0 || this.#children.has(node.task);
      if (!known && !this.hasEnded()) await this.#loadMissing();
    } else if (node.kind === "chain") {
      this.expand(node);
      if (!this.#chains.get(node.task) && !this.hasEnded()) await this.#chains.load(node.task);
    }
    return this.rows(node);
  }

  override rows(node?: TaskTreeNode): readonly TaskTreeNode[] {
    if (!node || node.kind === "task") return this.#taskRows(node);
    return node.kind === "chain" ? this.#frameRows(node) : [];
  }

  #taskRows(parent: TaskRowNode | undefined): TaskTreeNode[] {
    const base = parent?.path ?? `g${this.#generation}`;
    const rows: TaskTreeNode[] = [];
    const task = parent && this.#tasks.get(parent.task);
    if (parent && task && task.depth > 0)
      rows.push(this.#node<ChainNode>({ kind: "chain", path: `${base}/chain`, parent, task: parent.task }));
    const id = parent?.task ?? 0;
    const children = this.#children.get(id);
    for (const child of children?.ids ?? [])
      rows.push(
        this.#node<TaskRowNode>({
          kind: "task",
          path: `${base}/${child}`,
          parent,
          task: child,
          level: parent ? parent.level + 1 : 0,
          cycle: isAncestor(parent, child),
        }),
      );
    const hidden = (children?.total ?? 0) - (children?.ids.length ?? 0);
    if (hidden > 0)
      rows.push(this.#node<MoreNode>({ kind: "more", path: `${base}/more`, parent, task: id, hidden }));
    return rows;
  }

  #frameRows(chain: ChainNode): TaskTreeNode[] {
    const rows = chainRows(chain, this.#chains.get(chain.task), this.hasEnded());
    for (const row of rows) this.#nodes.set(row.path, row);
    return rows;
  }

  /** The same object for the same row, so that the editor keeps its selection. */
  #node<T extends TaskTreeNode>(fresh: T): T {
    const old = this.#nodes.get(fresh.path);
    if (old?.kind === fresh.kind && (old.kind !== "more" || old.hidden === (fresh as MoreNode).hidden))
      return old as T;
    this.#nodes.set(fresh.path, fresh);
    return fresh;
  }

  #pruneNodes(): void {
    const reachable = new Set<string>();
    const visit = (node: TaskTreeNode): void => {
      reachable.add(node.path);
      if (this.expanded.has(node.path)) for (const row of this.rows(node)) visit(row);
    };
    for (const root of this.rows()) visit(root);
    for (const path of this.#nodes.keys()) if (!reachable.has(path)) this.#nodes.delete(path);
    for (const path of this.expanded) if (!reachable.has(path)) this.expanded.delete(path);
  }

  /** Tasks whose children are on the screen: opened, and all above them too. */
  #openedTasks(): TaskId[] {
    const tasks = new Set<TaskId>();
    const visit = (node: TaskTreeNode): void => {
      if (node.kind !== "task" || !this.expanded.has(node.path) || node.cycle) return;
      tasks.add(node.task);
      for (const row of this.#taskRows(node)) visit(row);
    };
    for (const root of this.rows()) visit(root);
    return [...tasks];
  }

  #openedChains(): Set<TaskId> {
    const tasks = new Set<TaskId>();
    const visit = (node: TaskTreeNode): void => {
      if (!this.expanded.has(node.path)) return;
      if (node.kind === "chain") tasks.add(node.task);
      if (node.kind === "task") for (const row of this.#taskRows(node)) visit(row);
    };
    for (const root of this.rows()) visit(root);
    return tasks;
  }

  #shownOf(task: TaskId): number {
    const children = this.#children.get(task);
    return children && children.ids.length < children.total ? children.ids.length : this.#wanted.of(task);
  }

  #query(tasks: readonly TaskId[]): TreeArguments {
    return this.#wanted.query(tasks, this.#order, this.#filter);
  }

  #take(body: TreeBody, asked: readonly TaskId[]): void {
    this.#seenVersion = body.version;
    for (const task of body.tasks) this.#tasks.set(task.id, task);
    for (const [task, children] of joinPages(body.pages)) this.#children.set(task, children);
    // A task that has gone has no page in the reply: known to be empty, so that nobody asks again.
    if (body.status !== "ended")
      for (const task of asked)
        if (!this.#children.has(task)) this.#children.set(task, { ids: [], total: 0 });
  }

  /** Asks for the children of all rows opened in this turn of the event loop at once. */
  #loadMissing(): Promise<void> {
    this.#load ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.#load = undefined;
      const generation = this.#generation;
      const missing = this.#openedTasks().filter((task) => !this.#children.has(task));
      if (missing.length === 0) return;
      try {
        const body = await this.session.request("asyncscope/tree", this.#query(missing));
        const answered = body.status === "live" || body.status === "paused";
        if (answered && generation === this.#generation) this.#take(body, missing);
      } catch {
        // Shown without children; the next refresh says what is wrong.
      }
    });
    return this.#load;
  }
}

function withStatusOf({ status, message }: TreeBody, known: TreeBody): TreeBody {
  const { message: _, ...rest } = known;
  return { ...rest, status, ...(message !== undefined && { message }) };
}

function isAncestor(node: TaskRowNode | undefined, task: TaskId): boolean {
  for (let at: TaskRowNode | GroupRowNode | undefined = node; at?.kind === "task"; at = at.parent)
    if (at.task === task) return true;
  return false;
}
