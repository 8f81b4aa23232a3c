import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { LiveView } from "../views/live-view.js";
import { viewMessage } from "../views/view-message.js";
import { ResourceModel } from "./resource-model.js";
import type { ResourceTreeNode } from "./resource-nodes.js";
import { ResourceTreeProvider } from "./resource-tree-provider.js";

export const RESOURCES_VIEW = "asyncscope.resources";

/** The Queues & Locks view. */
export class ResourcesView extends LiveView<ResourceTreeNode, ResourceModel> {
  constructor(sessions: SessionTracker) {
    super(RESOURCES_VIEW, sessions, (model) => new ResourceTreeProvider(model));
    this.start();
  }

  showMore(node: ResourceTreeNode): void {
    if (node.kind !== "more") return;
    this.model?.showMore(node);
    if (node.parent) this.redraw();
    else this.refreshNow();
  }

  async reveal(node: ResourceTreeNode): Promise<void> {
    await this.view.reveal(node, { select: true, focus: true, expand: true });
  }

  protected override create(session: ScopeSession, changed: () => void): ResourceModel {
    return new ResourceModel(session, changed);
  }

  protected override headline(model: ResourceModel | undefined): { message: string; description: string } {
    if (!model) return { message: "", description: "" };
    const message = viewMessage({
      status: model.status,
      message: model.message,
      hasAnswer: model.hasAnswer,
      empty: model.isEmpty,
      what: "queues or locks",
    });
    return { message, description: model.total > 0 ? String(model.total) : "" };
  }
}
