import * as vscode from "vscode";
import type { FindingNode } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import type { TasksView } from "../tasks/tasks-view.js";
import { cleanText } from "../text.js";
import { openLocation } from "../views/open-location.js";
import { DiagnosisModel } from "./diagnosis-model.js";
import type { DiagnosisView } from "./diagnosis-view.js";

const SHOW_LINE = "Show Line";
const REVEAL = "Reveal Task";
/** Most characters of a notification. */
const LONGEST = 600;

/** Says in a notification, once each, what is deadlocked or blocked in the sessions, with buttons that lead there. */
export class DeadlockNotifications implements vscode.Disposable {
  readonly #models = new Map<string, DiagnosisModel>();
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(
    private readonly sessions: SessionTracker,
    private readonly tasks: TasksView,
    private readonly view: DiagnosisView,
  ) {
    for (const session of sessions.live) this.#watch(session);
    this.#subscriptions = [
      sessions.onDidStart((session) => this.#watch(session)),
      sessions.onActivity(({ session }) => this.#models.get(session.id)?.outdate()),
      sessions.onDidEnd((session) => this.#end(session.id)),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const id of [...this.#models.keys()]) this.#end(id);
  }

  #watch(session: ScopeSession): void {
    if (this.#models.has(session.id)) return;
    const model = new DiagnosisModel(
      session,
      (finding) => {
        this.#show(session, finding).catch(() => undefined);
      },
      undefined,
      (body) => this.view.accept(session, body),
    );
    this.#models.set(session.id, model);
    model.outdate();
  }

  #end(id: string): void {
    this.#models.get(id)?.end();
    this.#models.delete(id);
  }

  async #show(session: ScopeSession, { text, locations, tasks }: FindingNode): Promise<void> {
    const [location] = locations;
    const buttons = [...(location === undefined ? [] : [SHOW_LINE]), ...(tasks.length === 0 ? [] : [REVEAL])];
    const choice = await vscode.window.showWarningMessage(cleanText(text, LONGEST), ...buttons);
    if (choice === SHOW_LINE && location !== undefined) await openLocation(location, true);
    if (choice !== REVEAL || !this.sessions.isLive(session)) return;
    this.sessions.choose(session);
    const [id] = tasks;
    const body = await session.request("asyncscope/diagnosis", {});
    const task = body.tasks.find((each) => each.id === id);
    if (task !== undefined) await this.tasks.reveal(task);
  }
}
