import * as vscode from "vscode";
import type { CustomRequests } from "@asyncscope/protocol";
import type { RequestName, ScopeSession, VariablesQuery, VariableValue } from "./scope-session.js";

export const DEBUG_TYPE = "asyncscope";
/** A request without an answer for this long is given up. Milliseconds. */
const REQUEST_TIMEOUT = 5000;

/** `changed`: tasks changed. `moved`: the program stopped or went on. `ending`: the last chance to ask. */
export type SessionActivity = "changed" | "moved" | "ending";

/** The debug sessions of our type, and the one that the views show. */
export class SessionTracker implements vscode.Disposable {
  readonly #live = new Map<string, { session: vscode.DebugSession; scope: ScopeSession }>();
  #current: ScopeSession | undefined;
  readonly #onCurrent = new vscode.EventEmitter<ScopeSession | undefined>();
  readonly #onActivity = new vscode.EventEmitter<{ session: ScopeSession; activity: SessionActivity }>();
  readonly #onStart = new vscode.EventEmitter<ScopeSession>();
  readonly #onEnd = new vscode.EventEmitter<ScopeSession>();
  readonly #subscriptions: { dispose(): unknown }[];

  /** Another session is shown now. A session that has ended stays the current one until the next starts. */
  readonly onDidChangeCurrent = this.#onCurrent.event;
  readonly onActivity = this.#onActivity.event;
  readonly onDidStart = this.#onStart.event;
  readonly onDidEnd = this.#onEnd.event;

  constructor() {
    this.#subscriptions = [
      this.#onCurrent,
      this.#onActivity,
      this.#onStart,
      this.#onEnd,
      vscode.debug.onDidStartDebugSession((session) => this.#add(session)),
      vscode.debug.onDidTerminateDebugSession((session) => this.#remove(session)),
      vscode.debug.onDidChangeActiveDebugSession((session) => {
        const entry = session && this.#live.get(session.id);
        if (entry) this.#show(entry.scope);
      }),
      vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event }) => {
        if (event === "asyncscope/changed") this.#report(session, "changed");
      }),
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
        createDebugAdapterTracker: (session) => ({
          onDidSendMessage: (message: unknown) => {
            const activity = activityOf(message);
            if (activity) this.#report(session, activity);
          },
        }),
      }),
    ];
    // Activated by a session that runs already.
    const active = vscode.debug.activeDebugSession;
    if (active) this.#add(active);
  }

  /** The session that the views show: the active one if it is ours, else the most recent. */
  get current(): ScopeSession | undefined {
    return this.#current;
  }

  /** Live sessions, oldest first. */
  get live(): readonly ScopeSession[] {
    return [...this.#live.values()].map((entry) => entry.scope);
  }

  isLive(session: ScopeSession): boolean {
    return this.#live.has(session.id);
  }

  /** Lets the views show this session until the active one changes. */
  choose(session: ScopeSession): void {
    if (this.isLive(session)) this.#show(session);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #add(session: vscode.DebugSession): void {
    if (session.type !== DEBUG_TYPE || this.#live.has(session.id)) return;
    const scope = scopeOf(session);
    this.#live.set(session.id, { session, scope });
    this.#updateContext();
    this.#show(scope);
    this.#onStart.fire(scope);
  }

  #remove(session: vscode.DebugSession): void {
    const entry = this.#live.get(session.id);
    if (!entry) return;
    this.#live.delete(session.id);
    this.#updateContext();
    this.#onEnd.fire(entry.scope);
    const other = this.live.at(-1);
    if (this.#current === entry.scope && other) this.#show(other);
  }

  #show(session: ScopeSession): void {
    if (this.#current === session) return;
    this.#current = session;
    void vscode.commands.executeCommand("setContext", "asyncscope.shown", true);
    this.#onCurrent.fire(session);
  }

  #report(session: vscode.DebugSession, activity: SessionActivity): void {
    const entry = this.#live.get(session.id);
    if (entry) this.#onActivity.fire({ session: entry.scope, activity });
  }

  #updateContext(): void {
    void vscode.commands.executeCommand("setContext", "asyncscope.sessionCount", this.#live.size);
  }
}

/** What a DAP message says about the program, as far as views care. */
function activityOf(message: unknown): SessionActivity | undefined {
  const { type, event } = (message ?? {}) as { type?: unknown; event?: unknown };
  if (type !== "event") return undefined;
  if (event === "stopped" || event === "continued") return "moved";
  return event === "exited" || event === "terminated" ? "ending" : undefined;
}

function scopeOf(session: vscode.DebugSession): ScopeSession {
  return {
    id: session.id,
    name: session.name,
    isForeign: session.configuration.request === "attach" || session.configuration["instrument"] === false,
    request: <N extends RequestName>(name: N, args: CustomRequests[N]["arguments"], patience?: number) =>
      withTimeout(session.customRequest(name, args), patience) as Promise<CustomRequests[N]["body"]>,
    variables: async (query: VariablesQuery) => {
      const body = (await withTimeout(session.customRequest("variables", query))) as {
        variables?: readonly VariableValue[];
      };
      return body.variables ?? [];
    },
  };
}

function withTimeout<T>(request: Thenable<T>, patience = REQUEST_TIMEOUT): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new Error(
          `The debug adapter has not answered for ${patience / 1000} s. Restart the debug session if this stays.`,
        ),
      );
    }, patience);
    request.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
