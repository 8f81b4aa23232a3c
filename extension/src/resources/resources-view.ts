import * as vscode from "vscode";
import type { SessionTracker } from "../sessions.js";
import { LiveView } from "../views/live-view.js";
import { viewMessage } from "../views/view-message.js";
import { ResourceModel } from "./resource-model.js";
import type { ResourceTreeNode } from "./resource-nodes.js";
import { ResourceTreeProvider } from "./resource-tree-provider.js";

export const RESOURCES_VIEW = "asyncscope.resources";

/** The Queues & Locks view. */
export class ResourcesView implements vscode.Disposable {
  readonly #provider: ResourceTreeProvider;
  readonly #view: vscode.TreeView<ResourceTreeNode>;
  readonly #live: LiveView<ResourceModel>;

  constructor(sessions: SessionTracker) {
    this.#provider = new ResourceTreeProvider(() => this.#live.model);
    this.#view = vscode.window.createTreeView(RESOURCES_VIEW, {
      treeDataProvider: this.#provider,
      showCollapseAll: true,
    });
    this.#live = new LiveView(
      this.#view,
      sessions,
      (session) => {
        const model = new ResourceModel(session, () => {
          if (model === this.#live.model) this.#redraw();
        });
        return model;
      },
      () => this.#redraw(),
      () => this.#provider.release(),
    );
    this.#view.onDidExpandElement(({ element }) => this.model?.expand(element));
    this.#view.onDidCollapseElement(({ element }) => this.model?.collapse(element));
    this.#live.start();
  }

  get model(): ResourceModel | undefined {
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

  /** The row that the keyboard is on. */
  get selection(): ResourceTreeNode | undefined {
    return this.#view.selection[0];
  }

  /** The tree item as the editor gets it, for tests and tools. */
  item(node: ResourceTreeNode): vscode.TreeItem {
    return this.#provider.getTreeItem(node);
  }

  showMore(node: ResourceTreeNode): void {
    if (node.kind !== "more") return;
    this.model?.showMore(node);
    if (node.parent) this.#redraw();
    else this.#live.refreshNow();
  }

  refreshNow(): void {
    this.#live.refreshNow();
  }

  async reveal(node: ResourceTreeNode): Promise<void> {
    await this.#view.reveal(node, { select: true, focus: true, expand: true });
  }

  dispose(): void {
    this.#live.dispose();
    this.#view.dispose();
    this.#provider.dispose();
  }

  #redraw(): void {
    const { model } = this;
    const message = !model
      ? ""
      : viewMessage({
          status: model.status,
          message: model.message,
          hasAnswer: model.hasAnswer,
          empty: model.rows().length === 0,
          what: "queues or locks",
        });
    if (this.#view.message !== message) this.#view.message = message;
    const description = model && model.total > 0 ? String(model.total) : "";
    if (this.#view.description !== description) this.#view.description = description;
    this.#provider.redraw();
  }
}
