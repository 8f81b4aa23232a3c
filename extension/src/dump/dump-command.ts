import * as vscode from "vscode";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { guarded } from "../tasks/task-commands.js";

/** Language of dumps, as the manifest names it. */
export const DUMP_LANGUAGE = "taskdump";

/** The command that opens a dump of the program that the views show. */
export class DumpCommand implements vscode.Disposable {
  readonly #sessions: SessionTracker;
  readonly #subscriptions: vscode.Disposable[];
  /** The last state of the session that ended last: its adapter cannot be asked any more. */
  #last: { readonly session: ScopeSession; readonly text: Promise<string | undefined> } | undefined;

  constructor(sessions: SessionTracker) {
    this.#sessions = sessions;
    this.#subscriptions = [
      vscode.commands.registerCommand(
        "asyncscope.dump",
        guarded(() => this.#open()),
      ),
      sessions.onActivity(({ session, activity }) => {
        // Two events say that a program is ending; the first leaves more time.
        if (activity === "ending" && this.#last?.session !== session)
          this.#last = { session, text: dumpText(session).catch(() => undefined) };
      }),
      sessions.onDidStart(() => (this.#last = undefined)),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #open(): Promise<void> {
    const session = this.#sessions.current;
    if (session === undefined) {
      void vscode.window.showInformationMessage(
        "Debug a program with Asyncscope first, then dump its tasks.",
      );
      return;
    }
    const ended = this.#last?.session === session ? await this.#last.text : undefined;
    if (ended === undefined && !this.#sessions.isLive(session)) {
      void vscode.window.showInformationMessage(
        "The program has ended, and no task of it was seen: there is nothing to dump.",
      );
      return;
    }
    const content = ended ?? (await dumpText(session));
    const document = await vscode.workspace.openTextDocument({ language: DUMP_LANGUAGE, content });
    await vscode.window.showTextDocument(document, { preview: false });
  }
}

async function dumpText(session: ScopeSession): Promise<string> {
  const { text } = await session.request("asyncscope/dump", { format: "text" });
  return text ?? "";
}
