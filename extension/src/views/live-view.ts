import * as vscode from "vscode";
import type { TreeBody } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { RefreshSchedule } from "./refresh-schedule.js";

/** The state of one session behind a view. */
export interface LiveModel {
  readonly session: ScopeSession;
  readonly status: TreeBody["status"];
  /** True while ages on the screen grow. */
  readonly ageing: boolean;
  /** One request; never rejects. */
  refresh(): Promise<void>;
  /** Something has changed in the program since the last answer. */
  outdate(): void;
  end(): void;
}

/** Ages on the screen are looked at this often, and a program that does not answer is asked again. Milliseconds. */
const TICK = 1000;

/**
 * Ties a tree view to the sessions: one model per session, refreshed by {@link RefreshSchedule}, and the redrawing
 * of ages, which asks the program nothing.
 */
export class LiveView<Model extends LiveModel> implements vscode.Disposable {
  readonly #models = new Map<string, Model>();
  #model: Model | undefined;
  readonly #schedule = new RefreshSchedule(async () => this.#model?.refresh());
  #ticker: ReturnType<typeof setInterval> | undefined;
  readonly #subscriptions: vscode.Disposable[];

  /**
   * @param redraw shows the model's state
   * @param release ends the wait for an open hover: what comes now must be seen at once
   */
  constructor(
    private readonly view: vscode.TreeView<unknown>,
    private readonly sessions: SessionTracker,
    private readonly create: (session: ScopeSession) => Model,
    private readonly redraw: () => void,
    private readonly release: () => void,
  ) {
    this.#subscriptions = [
      view.onDidChangeVisibility(({ visible }) => this.#setVisible(visible)),
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

  /** Shows the session that runs already, if there is one. */
  start(): void {
    this.#use(this.sessions.current);
    this.#setVisible(this.view.visible);
  }

  get model(): Model | undefined {
    return this.#model;
  }

  get visible(): boolean {
    return this.#schedule.visible;
  }

  /** Asks the program now: it stopped or went on, or the user changed what is wanted. */
  refreshNow(): void {
    this.release();
    this.#schedule.invalidateNow();
  }

  dispose(): void {
    this.#schedule.dispose();
    clearInterval(this.#ticker);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #use(session: ScopeSession | undefined): void {
    const old = this.#model;
    if (old?.session === session) return;
    if (old?.status === "ended") this.#models.delete(old.session.id);
    this.#model = session && (this.#models.get(session.id) ?? this.create(session));
    if (this.#model) this.#models.set(this.#model.session.id, this.#model);
    this.redraw();
    this.refreshNow();
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
