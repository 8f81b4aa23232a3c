import * as vscode from "vscode";
import type { TaskId, TaskNode, TreeOrder } from "@asyncscope/protocol";
import type { SessionTracker } from "../sessions.js";
import { LiveView } from "../views/live-view.js";
import { viewMessage } from "../views/view-message.js";
import { findRow } from "./reveal-task.js";
import { count } from "../text.js";
import { parseFilter } from "./task-filter.js";
import type { TaskTreeNode } from "./task-nodes.js";
import { countsText, taskLabel } from "./task-presentation.js";
import { TaskTreeModel } from "./task-tree-model.js";
import { TaskTreeProvider } from "./task-tree-provider.js";

export const TASKS_VIEW = "asyncscope.tasks";
const ORDER_KEY = "tasks.order";

/** The Tasks view: the tree, its title, message and badge, and what commands do to it. */
export class TasksView implements vscode.Disposable {
  readonly #provider: TaskTreeProvider;
  readonly #view: vscode.TreeView<TaskTreeNode>;
  readonly #live: LiveView<TaskTreeModel>;
  #order: TreeOrder;
  #filterText = "";

  constructor(
    sessions: SessionTracker,
    private readonly memento: vscode.Memento,
  ) {
    this.#order = memento.get<string>(ORDER_KEY) === "await" ? "await" : "creation";
    this.#provider = new TaskTreeProvider(() => this.#live.model);
    this.#view = vscode.window.createTreeView(TASKS_VIEW, {
      treeDataProvider: this.#provider,
      showCollapseAll: true,
    });
    this.#live = new LiveView(
      this.#view,
      sessions,
      (session) => {
        const model = new TaskTreeModel(session, () => {
          if (model === this.#live.model) this.#redraw();
        });
        model.setOrder(this.#order);
        this.#applyFilter(model);
        return model;
      },
      () => this.#redraw(),
      () => this.#provider.release(),
    );
    this.#view.onDidExpandElement(({ element }) => this.model?.expand(element));
    this.#view.onDidCollapseElement(({ element }) => this.model?.collapse(element));
    this.#setContext();
    this.#live.start();
  }

  get model(): TaskTreeModel | undefined {
    return this.#live.model;
  }

  get visible(): boolean {
    return this.#live.visible;
  }

  get message(): string | undefined {
    return this.#view.message;
  }

  get description(): string | undefined {
    return this.#view.description;
  }

  get filterText(): string {
    return this.#filterText;
  }

  /** The row that the keyboard is on. */
  get selection(): TaskTreeNode | undefined {
    return this.#view.selection[0];
  }

  /** The tree item as the editor gets it, for tests and tools. */
  item(node: TaskTreeNode): vscode.TreeItem {
    return this.#provider.getTreeItem(node);
  }

  async setOrder(order: TreeOrder): Promise<void> {
    this.#order = order;
    this.model?.setOrder(order);
    this.#setContext();
    this.#redraw();
    this.#live.refreshNow();
    await this.memento.update(ORDER_KEY, order);
  }

  /** Empty text removes the filter. Returns what is wrong with the text, if anything. */
  setFilter(text: string): string | undefined {
    const { error } = parseFilter(text);
    if (error !== undefined) return error;
    this.#filterText = text.trim();
    if (this.model) this.#applyFilter(this.model);
    this.#setContext();
    this.#redraw();
    this.#live.refreshNow();
    return undefined;
  }

  showMore(node: TaskTreeNode): void {
    if (node.kind !== "more") return;
    this.model?.showMore(node);
    this.#live.refreshNow();
  }

  refreshNow(): void {
    this.#live.refreshNow();
  }

  /**
   * Selects a task and opens what is above it; when it stands among too many siblings, filters by its name.
   * False when the program does not know the task any more.
   */
  async reveal(task: Pick<TaskNode, "id" | "name">): Promise<boolean> {
    const { model } = this;
    if (!model) return false;
    let row = await findRow(model, task);
    if (!row && model.filter) {
      this.setFilter("");
      await model.refresh();
      row = await findRow(model, task);
    }
    if (!row) {
      this.setFilter(taskLabel(task));
      await model.refresh();
      row = await findRow(model, task);
    }
    if (!row) {
      this.setFilter("");
      return false;
    }
    await this.#view.reveal(row, { select: true, focus: true, expand: false });
    return true;
  }

  task(id: TaskId): TaskNode | undefined {
    return this.model?.task(id);
  }

  dispose(): void {
    this.#live.dispose();
    this.#view.dispose();
    this.#provider.dispose();
  }

  #applyFilter(model: TaskTreeModel): void {
    model.setFilter(parseFilter(this.#filterText).filter, this.#filterText);
  }

  #redraw(): void {
    const { model } = this;
    const empty = !model || model.rows().length === 0;
    const message = !model
      ? ""
      : viewMessage({
          status: model.status,
          message: model.message,
          hasAnswer: model.hasAnswer,
          empty,
          what: "tasks",
          filter: model.filterText,
          hidden: model.filter ? model.hidden : 0,
        });
    if (this.#view.message !== message) this.#view.message = message;
    const description = model ? countsText(model.counts) : "";
    if (this.#view.description !== description) this.#view.description = description;
    this.#drawBadge(model && model.status !== "ended" ? (model.counts.failed ?? 0) : 0);
    this.#provider.redraw();
  }

  #drawBadge(failed: number): void {
    if ((this.#view.badge?.value ?? 0) === failed) return;
    this.#view.badge =
      failed === 0 ? undefined : { value: failed, tooltip: `${count(failed, "task")} failed` };
  }

  #setContext(): void {
    void vscode.commands.executeCommand("setContext", "asyncscope.order", this.#order);
    void vscode.commands.executeCommand("setContext", "asyncscope.filtered", this.#filterText !== "");
  }
}
