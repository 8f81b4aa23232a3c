import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { count } from "../text.js";
import { LiveView } from "../views/live-view.js";
import { viewMessage } from "../views/view-message.js";
import { FutureModel } from "./future-model.js";
import type { FutureTreeNode } from "./future-nodes.js";
import { FutureTreeProvider } from "./future-tree-provider.js";

/** The Futures view: pending futures that tasks wait for. */
export class FuturesView extends LiveView<FutureTreeNode, FutureModel> {
  constructor(sessions: SessionTracker) {
    super("asyncscope.futures", sessions, (model) => new FutureTreeProvider(model));
    this.start();
  }

  showMore(): void {
    this.model?.showMore();
    this.refreshNow();
  }

  protected override create(session: ScopeSession, changed: () => void): FutureModel {
    return new FutureModel(session, changed);
  }

  protected override headline(model: FutureModel | undefined): { message: string; description: string } {
    if (!model) return { message: "", description: "" };
    const { status, message: problem, hasAnswer, isEmpty, otherWaits } = model;
    const lines = [
      viewMessage({ status, message: problem, hasAnswer, empty: isEmpty, what: "awaited futures" }),
    ];
    if (isEmpty && otherWaits > 0 && (status === "live" || status === "paused"))
      lines.push(
        `${count(otherWaits, "wait is", "waits are")} for timers, tasks, queues and locks: see Tasks and Queues & Locks.`,
      );
    return {
      message: lines.filter((line) => line !== "").join(" "),
      description: model.total > 0 ? model.total.toLocaleString("en-US") : "",
    };
  }
}
