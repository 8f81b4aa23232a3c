import type {
  GroupId,
  GroupNode,
  TaskId,
  TaskNode,
  TaskNodeFilter,
  TaskState,
  TreeBody,
  TreeOrder,
} from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import type { LiveRows } from "../views/live-model.js";
import { GroupTreeModel } from "./group-tree-model.js";
import type { MoreNode, TaskRowNode, TaskTreeNode } from "./task-nodes.js";
import { TaskTreeModel } from "./task-tree-model.js";

/** How the Tasks view hangs together. `location`: grouped by where tasks stand. */
export type TaskOrder = TreeOrder | "location";

/** The tasks of one session in the order that is shown. The other one remembers what was opened in it. */
export class TaskOrders implements LiveRows<TaskTreeNode> {
  readonly tree: TaskTreeModel;
  readonly groups: GroupTreeModel;
  #order: TaskOrder = "creation";
  #filterText = "";

  constructor(
    readonly session: ScopeSession,
    changed: () => void = () => undefined,
    clock?: () => number,
  ) {
    this.tree = new TaskTreeModel(session, () => this.#order !== "location" && changed(), clock);
    this.groups = new GroupTreeModel(session, () => this.#order === "location" && changed(), clock);
  }

  get #shown(): TaskTreeModel | GroupTreeModel {
    return this.#order === "location" ? this.groups : this.tree;
  }

  get order(): TaskOrder {
    return this.#order;
  }

  setOrder(order: TaskOrder): void {
    this.#order = order;
    if (order !== "location") this.tree.setOrder(order);
  }

  get filter(): TaskNodeFilter | undefined {
    return this.#shown.filter;
  }

  /** The filter as the user typed it, "" without one. */
  get filterText(): string {
    return this.filter ? this.#filterText : "";
  }

  setFilter(filter: TaskNodeFilter | undefined, text: string): void {
    this.#filterText = text;
    this.tree.setFilter(filter);
    this.groups.setFilter(filter);
  }

  get status(): TreeBody["status"] {
    return this.#shown.status;
  }

  get message(): string | undefined {
    return this.#shown.message;
  }

  get hasAnswer(): boolean {
    return this.#shown.hasAnswer;
  }

  get isEmpty(): boolean {
    return this.#shown.isEmpty;
  }

  get ageing(): boolean {
    return this.#shown.ageing;
  }

  get counts(): Readonly<Partial<Record<TaskState, number>>> {
    return this.#shown.counts;
  }

  /** Tasks of the tree that matched and were left out because of a limit; groups have a row that says so. */
  get hidden(): number {
    return this.#order === "location" ? 0 : this.tree.hidden;
  }

  task(id: TaskId): TaskNode | undefined {
    return this.#shown.task(id);
  }

  group(id: GroupId): GroupNode | undefined {
    return this.groups.group(id);
  }

  now(): number {
    return this.#shown.now();
  }

  isOpen(node: TaskTreeNode): boolean {
    return this.#shown.isOpen(node);
  }

  hasChildren(node: TaskRowNode): boolean {
    return this.#shown.hasChildren(node);
  }

  showMore(node: MoreNode): void {
    this.#shown.showMore(node);
  }

  /** At the end of the program the other order is asked for as well: nobody could tell it later. */
  async refresh(): Promise<void> {
    const shown = this.#shown;
    await shown.refresh();
    if (shown.status === "ended") await (shown === this.tree ? this.groups : this.tree).refresh();
  }

  children(node?: TaskTreeNode): Promise<readonly TaskTreeNode[]> {
    return this.#shown.children(node);
  }

  rows(node?: TaskTreeNode): readonly TaskTreeNode[] {
    return this.#shown.rows(node);
  }

  isExpanded(node: TaskTreeNode): boolean {
    return this.#shown.isExpanded(node);
  }

  expand(node: TaskTreeNode): void {
    this.#shown.expand(node);
  }

  collapse(node: TaskTreeNode): void {
    this.#shown.collapse(node);
  }

  outdate(): void {
    this.tree.outdate();
    this.groups.outdate();
  }

  end(): void {
    this.tree.end();
    this.groups.end();
  }
}
