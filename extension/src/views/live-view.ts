import * as vscode from "vscode";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import type { LiveRows } from "./live-model.js";
import type { LiveTreeProvider } from "./live-tree-provider.js";
import { RefreshSchedule } from "./refresh-schedule.js";

/** Ages on the screen are looked at this often, and a program that does not answer is asked again. Milliseconds. */
const TICK = 1000;

interface LiveRow<Node> {
  readonly path: string;
  readonly parent: Node | undefined;
}

/**
 * A tree view tied to the sessions: one model per session, refreshed by {@link RefreshSchedule}, and the redrawing
 * of ages, which asks the program nothing. A subclass calls `start()` when it is ready to make and draw models.
 */
export abstract class LiveView<Node extends LiveRow<Node>, Model extends LiveRows<Node>>
  implements vscode.Disposable
{
  protected readonly view: vscode.TreeView<Node>;
  readonly #provider: LiveTreeProvider<Node, Model>;
  readonly #models = new Map<string, Model>();
  #model: Model | undefined;
  readonly #schedule = new RefreshSchedule(async () => this.#model?.refresh());
  #ticker: ReturnType<typeof setInterval> | undefined;
  readonly #subscriptions: readonly { dispose(): unknown }[];

  /** @param provider makes the rows of whatever model is shown */
  protected constructor(
    id: string,
    protected readonly sessions: SessionTracker,
    provider: (model: () => Model | undefined) => LiveTreeProvider<Node, Model>,
  ) {
    this.#provider = provider(() => this.#model);
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this.#provider, showCollapseAll: true });
    this.#subscriptions = [
      this.view,
      this.#provider,
      this.view.onDidExpandElement(({ element }) => this.#model?.expand(element)),
      this.view.onDidCollapseElement(({ element }) => this.#model?.collapse(element)),
      this.view.onDidChangeVisibility(({ visible }) => this.#setVisible(visible)),
      sessions.onDidChangeCurrent((session) => this.#use(session)),
      sessions.onActivity(({ session, activity }) => {
        const model = this.#models.get(session.id);
        if (!model) return;
        model.outdate();
        // The last chance to see the program's state, even when the view is hidden.
        if (activity === "ending") void model.refresh();
        else if (model === this.#model) {
          if (activity === "moved") this.refreshNow();
          else this.#schedule.invalidate();
        }
      }),
      sessions.onDidEnd((session) => {
        const model = this.#models.get(session.id);
        model?.end();
        if (model && model !== this.#model) this.#models.delete(session.id);
      }),
    ];
  }

  /** @param changed to be called after each change of what the model shows */
  protected abstract create(session: ScopeSession, changed: () => void): Model;

  /** The line above the rows, and the text beside the title. */
  protected abstract headline(model: Model | undefined): { message: string; description: string };

  /** Shows the session that runs already, if there is one. */
  protected start(): void {
    this.#use(this.sessions.current);
    this.#setVisible(this.view.visible);
  }

  get model(): Model | undefined {
    return this.#model;
  }

  get visible(): boolean {
    return this.#schedule.visible;
  }

  get message(): string | undefined {
    return this.view.message;
  }

  get description(): string | undefined {
    return this.view.description;
  }

  /** The row that the keyboard is on. */
  get selection(): Node | undefined {
    return this.view.selection[0];
  }

  /** The tree item as the editor gets it, for tests and tools. */
  item(node: Node): vscode.TreeItem {
    return this.#provider.describe(node);
  }

  /** Asks the program now: it stopped or went on, or the user changed what is wanted. */
  refreshNow(): void {
    // What comes now must be seen at once, whatever hover is open.
    this.#provider.release();
    this.#schedule.invalidateNow();
  }

  dispose(): void {
    this.#schedule.dispose();
    clearInterval(this.#ticker);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Shows what the model knows. */
  protected redraw(): void {
    const { message, description } = this.headline(this.#model);
    if (this.view.message !== message) this.view.message = message;
    if (this.view.description !== description) this.view.description = description;
    this.#provider.redraw();
  }

  #use(session: ScopeSession | undefined): void {
    const old = this.#model;
    if (old?.session === session) return;
    if (old?.status === "ended") this.#models.delete(old.session.id);
    this.#model = session && (this.#models.get(session.id) ?? this.#create(session));
    if (this.#model) this.#models.set(this.#model.session.id, this.#model);
    this.redraw();
    this.refreshNow();
  }

  #create(session: ScopeSession): Model {
    const model: Model = this.create(session, () => {
      if (model === this.#model) this.redraw();
    });
    return model;
  }

  #setVisible(visible: boolean): void {
    this.#schedule.setVisible(visible);
    clearInterval(this.#ticker);
    if (!visible) return;
    this.#ticker = setInterval(() => {
      if (this.#model?.ageing) this.redraw();
      // Nobody tells when a blocked event loop goes on without a change.
      if (this.#model?.status === "blocked") this.#schedule.invalidate();
    }, TICK);
  }
}
