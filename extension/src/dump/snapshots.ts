import * as vscode from "vscode";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { guarded } from "../tasks/task-commands.js";
import { cleanText } from "../text.js";
import { DUMP_LANGUAGE } from "./dump-command.js";
import { dumpText, type LastDumps } from "./last-dumps.js";

const SCHEME = "asyncscope-snapshot";
/** Snapshots that are kept: those beyond are behind no open editor of ours any more. */
const MOST_KEPT = 20;

interface Snapshot {
  readonly session: string;
  readonly uri: vscode.Uri;
  /** Says which one it is. */
  readonly title: string;
}

/**
 * The commands that take a snapshot of the tasks of the program shown, and compare them with the last one in the
 * editor's diff. Both texts leave out how long things last, and list tasks by their creation: what differs has moved.
 */
export class Snapshots implements vscode.Disposable, vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #last: Snapshot | undefined;
  #count = 0;

  constructor(
    private readonly sessions: SessionTracker,
    private readonly lastDumps: LastDumps,
  ) {
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.commands.registerCommand(
        "asyncscope.snapshot.take",
        guarded(() => this.#take()),
      ),
      vscode.commands.registerCommand(
        "asyncscope.snapshot.compare",
        guarded(() => this.#compare()),
      ),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? "";
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #take(): Promise<void> {
    const taken = await this.#snapshot();
    if (!taken) return;
    this.#setLast(taken);
    const compare = "Compare Now";
    // Not waited for: the notification may stay for long.
    void vscode.window
      .showInformationMessage(
        `${taken.title} of the tasks is taken. “Compare Tasks with Last Snapshot” shows what has changed since.`,
        compare,
      )
      .then((choice) => choice === compare && vscode.commands.executeCommand("asyncscope.snapshot.compare"));
  }

  /** The newer one is what the next comparison starts from. */
  async #compare(): Promise<void> {
    const before = this.#last;
    if (!before) {
      void vscode.window.showInformationMessage(
        "There is no snapshot of tasks to compare with: take one first.",
      );
      return;
    }
    const now = await this.#snapshot();
    if (!now) return;
    this.#setLast(now);
    const other = before.session === now.session ? "" : ` (${before.session} ↔ ${now.session})`;
    const title = `Tasks: ${before.title} ↔ ${now.title}${other}`;
    await vscode.commands.executeCommand("vscode.diff", before.uri, now.uri, title, { preview: false });
  }

  /** Says why there is none, and gives undefined. */
  async #snapshot(): Promise<Snapshot | undefined> {
    const session = this.sessions.current;
    const text = session && (await this.#textOf(session));
    if (session === undefined || text === undefined) {
      void vscode.window.showInformationMessage(
        session === undefined
          ? "Debug a program with Asyncscope first, then take a snapshot of its tasks."
          : "The program has ended, and no task of it was seen: there is nothing to compare.",
      );
      return undefined;
    }
    const number = ++this.#count;
    const time = new Date().toLocaleTimeString(undefined, { hour12: false }).replaceAll(/[^\d:.]/g, "");
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/Snapshot ${number} ${time}.taskdump` });
    this.#texts.set(uri.toString(), text);
    for (const old of this.#texts.keys()) if (this.#texts.size > MOST_KEPT) this.#texts.delete(old);
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.languageId !== DUMP_LANGUAGE)
      await vscode.languages.setTextDocumentLanguage(document, DUMP_LANGUAGE);
    return { session: cleanText(session.name), uri, title: `Snapshot ${number} ${time}` };
  }

  async #textOf(session: ScopeSession): Promise<string | undefined> {
    const ended = await this.lastDumps.of(session);
    if (ended) return ended.withoutAges;
    return this.sessions.isLive(session) ? dumpText(session, false) : undefined;
  }

  #setLast(snapshot: Snapshot): void {
    this.#last = snapshot;
    void vscode.commands.executeCommand("setContext", "asyncscope.hasSnapshot", true);
  }
}
