import type * as vscode from "vscode";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";

/** The last state of a program, as a whole dump and as one to compare with. */
interface LastDump {
  readonly whole: string;
  readonly withoutAges: string;
}

/** Keeps the dump of the session that ended last: its adapter cannot be asked any more. */
export class LastDumps implements vscode.Disposable {
  #last: { readonly session: ScopeSession; readonly dump: Promise<LastDump | undefined> } | undefined;
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(sessions: SessionTracker) {
    this.#subscriptions = [
      sessions.onActivity(({ session, activity }) => {
        // Two events say that a program is ending; the first leaves more time.
        if (activity !== "ending" || this.#last?.session === session) return;
        const dump = Promise.all([dumpText(session, true), dumpText(session, false)]).then(
          ([whole, withoutAges]) => ({ whole, withoutAges }),
          () => undefined,
        );
        this.#last = { session, dump };
      }),
      sessions.onDidStart(() => (this.#last = undefined)),
    ];
  }

  /** The last state of a session that has ended, undefined when it has not, or had nothing to tell. */
  async of(session: ScopeSession): Promise<LastDump | undefined> {
    return this.#last?.session === session ? this.#last.dump : undefined;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

/** @param ages whether it says how long things last */
export async function dumpText(session: ScopeSession, ages: boolean): Promise<string> {
  const { text } = await session.request("asyncscope/dump", { format: "text", ages });
  return text ?? "";
}
