import * as vscode from "vscode";
import type { TaskId, TaskNode } from "@asyncscope/protocol";
import { ERRORS } from "@asyncscope/debug-adapter/errors";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { LiveView } from "../views/live-view.js";
import { viewMessage } from "../views/view-message.js";
import { findMember, findRow } from "./reveal-task.js";
import { cleanText, count } from "../text.js";
import { parseFilter } from "@asyncscope/debug-adapter/text/task-filter";
import type { TaskTreeNode } from "./task-nodes.js";
import { TaskOrders, type TaskOrder } from "./task-orders.js";
import { countsText, taskLabel } from "./task-presentation.js";
import { TaskTreeProvider } from "./task-tree-provider.js";

export const TASKS_VIEW = "asyncscope.tasks";
const ORDER_KEY = "tasks.order";

/** The Tasks view: the tree, its title, message and badge, and what commands do to it. */
export class TasksView extends LiveView<TaskTreeNode, TaskOrders> {
  #order: TaskOrder;
  #filterText = "";
  #saidNothing = false;
  #saidNone = false;

  constructor(
    sessions: SessionTracker,
    private readonly memento: vscode.Memento,
  ) {
    super(TASKS_VIEW, sessions, (model) => new TaskTreeProvider(model));
    const order = memento.get<string>(ORDER_KEY);
    this.#order = order === "await" || order === "location" ? order : "creation";
    this.#setContext();
    this.start();
  }

  get filterText(): string {
    return this.#filterText;
  }

  async setOrder(order: TaskOrder): Promise<void> {
    this.#order = order;
    this.model?.setOrder(order);
    this.#setContext();
    this.redraw();
    this.refreshNow();
    await this.memento.update(ORDER_KEY, order);
  }

  /** Empty text removes the filter. Returns what is wrong with the text, if anything. */
  setFilter(text: string): string | undefined {
    const { error } = parseFilter(text);
    if (error !== undefined) return error;
    this.#filterText = text.trim();
    if (this.model) this.#applyFilter(this.model);
    this.#setContext();
    this.redraw();
    this.refreshNow();
    return undefined;
  }

  showMore(node: TaskTreeNode): void {
    if (node.kind !== "more") return;
    this.model?.showMore(node);
    this.refreshNow();
  }

  /**
   * Selects a task and opens what is above it; when it stands among too many siblings, filters by its name.
   * False when the program does not know the task any more.
   */
  async reveal(task: Pick<TaskNode, "id" | "name">): Promise<boolean> {
    const { model } = this;
    if (!model) return false;
    const find = (): Promise<TaskTreeNode | undefined> =>
      model.order === "location" ? findMember(model.groups, task) : findRow(model.tree, task);
    let row = await find();
    if (!row && model.filter) {
      this.setFilter("");
      await model.refresh();
      row = await find();
    }
    if (!row) {
      this.setFilter(taskLabel(task));
      await model.refresh();
      row = await find();
    }
    if (!row) {
      this.setFilter("");
      return false;
    }
    await this.view.reveal(row, { select: true, focus: true, expand: false });
    return true;
  }

  task(id: TaskId): TaskNode | undefined {
    return this.model?.task(id);
  }

  protected override create(session: ScopeSession, changed: () => void): TaskOrders {
    const model = new TaskOrders(session, changed);
    model.setOrder(this.#order);
    this.#applyFilter(model);
    return model;
  }

  protected override headline(model: TaskOrders | undefined): { message: string; description: string } {
    if (!model) return { message: "", description: "" };
    const { filterText: filter } = model;
    // The editor shows what to do about it in place of rows, where there is neither a row nor a message.
    if (this.#nothingMatches(model))
      return { message: "", description: `Filter: ${cleanText(filter, 100)} (nothing matches)` };
    if (this.#tellsNone(model)) return { message: "", description: "" };
    const message = viewMessage({
      status: model.status,
      message: model.message,
      hasAnswer: model.hasAnswer,
      empty: model.isEmpty,
      what: "tasks",
      filter,
      hidden: model.filter ? model.hidden : 0,
    });
    return { message, description: countsText(model.counts) };
  }

  #nothingMatches(model: TaskOrders): boolean {
    const { status, message, isEmpty, filterText } = model;
    return (
      isEmpty && filterText !== "" && message === undefined && (status === "live" || status === "paused")
    );
  }

  /** A program that was started without us may have suspended functions that only its heap tells of. */
  #tellsNone({ status, message, hasAnswer }: TaskOrders): boolean {
    const session = this.sessions.current;
    const isProblem = message !== undefined && message !== ERRORS.noTasks[1];
    if (session === undefined || status !== "none" || isProblem || !hasAnswer) return false;
    return session.isForeign === true && this.sessions.isLive(session);
  }

  protected override redraw(): void {
    const { model } = this;
    const nothingMatches = model !== undefined && this.#nothingMatches(model);
    if (nothingMatches !== this.#saidNothing) {
      this.#saidNothing = nothingMatches;
      void vscode.commands.executeCommand("setContext", "asyncscope.nothingMatches", nothingMatches);
    }
    const tellsNone = model !== undefined && this.#tellsNone(model);
    if (tellsNone !== this.#saidNone) {
      this.#saidNone = tellsNone;
      void vscode.commands.executeCommand("setContext", "asyncscope.tellsNoTasks", tellsNone);
    }
    this.#drawBadge(model && model.status !== "ended" ? (model.counts.failed ?? 0) : 0);
    super.redraw();
  }

  #applyFilter(model: TaskOrders): void {
    model.setFilter(parseFilter(this.#filterText).filter, this.#filterText);
  }

  #drawBadge(failed: number): void {
    if ((this.view.badge?.value ?? 0) === failed) return;
    this.view.badge =
      failed === 0 ? undefined : { value: failed, tooltip: `${count(failed, "task")} failed` };
  }

  #setContext(): void {
    void vscode.commands.executeCommand("setContext", "asyncscope.order", this.#order);
    void vscode.commands.executeCommand("setContext", "asyncscope.filtered", this.#filterText !== "");
  }
}
