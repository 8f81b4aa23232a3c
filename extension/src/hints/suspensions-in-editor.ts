import * as vscode from "vscode";
import type { SuspendedAtBody, SuspendedLine, TaskId, TaskNode } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { RefreshSchedule } from "../views/refresh-schedule.js";
import { EditedLines } from "./edited-lines.js";
import { SuspensionModel } from "./suspension-model.js";

/** Ages on the screen are brought up to date this often. Milliseconds. */
const TICK = 1000;
/** Tasks that are remembered for the links of a hover. */
const MOST_TOLD = 200;

/** How counts are shown. */
export type HintStyle = "inlayHints" | "codeLens" | "off";

/** Tasks that are suspended at a line of a document as it is now. */
export interface ShownLine {
  /** 0-based, in the text as it is now. */
  readonly line: number;
  readonly suspended: SuspendedLine;
}

/**
 * Knows at which lines of the visible files tasks of the current session are suspended, for the hints, marks and
 * hovers. Asks the program only while such a file is visible, after a change, four times a second at most.
 */
export class SuspensionsInEditor implements vscode.Disposable {
  #model: SuspensionModel | undefined;
  #byDocument = new Map<string, readonly SuspendedLine[]>();
  readonly #told = new Map<TaskId, TaskNode>();
  readonly #edits = new Map<string, EditedLines>();
  readonly #onChange = new vscode.EventEmitter<void>();
  readonly #schedule = new RefreshSchedule(async () => this.#model?.refresh(this.#paths()));
  #ticker: ReturnType<typeof setInterval> | undefined;
  readonly #subscriptions: readonly { dispose(): unknown }[];

  /** The lines, or the ages at them, read differently now. */
  readonly onDidChange = this.#onChange.event;

  constructor(sessions: SessionTracker) {
    this.#subscriptions = [
      this.#onChange,
      sessions.onDidChangeCurrent(() => this.#use(sessions)),
      sessions.onDidStart(() => this.#edits.clear()),
      sessions.onDidEnd((session) => {
        if (session === this.#model?.session) this.#use(sessions);
      }),
      sessions.onActivity(({ session, activity }) => {
        if (session !== this.#model?.session || activity === "ending") return;
        if (activity === "changed") this.#schedule.invalidate();
        else this.#now();
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#look()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("asyncscope.suspendedTasks")) this.#look();
      }),
      vscode.workspace.onDidChangeTextDocument((change) => this.#edited(change)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#edits.delete(keyOf(document.uri))),
    ];
    this.#use(sessions);
  }

  get style(): HintStyle {
    return setting<HintStyle>("hints", "inlayHints");
  }

  get marks(): boolean {
    return setting("markLines", true);
  }

  /** True while a session is shown that lives. */
  get active(): boolean {
    return this.#model !== undefined;
  }

  /** The program's loop clock now. */
  now(): number {
    return this.#model?.now() ?? 0;
  }

  linesOf(document: vscode.TextDocument): ShownLine[] {
    const edits = this.#edits.get(keyOf(document.uri));
    const shown: ShownLine[] = [];
    for (const suspended of this.#byDocument.get(keyOf(document.uri)) ?? []) {
      const line = edits ? edits.now(suspended.at.line - 1) : suspended.at.line - 1;
      if (line !== undefined && line < document.lineCount) shown.push({ line, suspended });
    }
    return shown;
  }

  /** @param line 0-based, in the text as it is now */
  lineAt(document: vscode.TextDocument, line: number): SuspendedLine | undefined {
    return this.linesOf(document).find((each) => each.line === line)?.suspended;
  }

  /** Some of the tasks that stand there. Undefined when nobody can tell. */
  async tasksAt({ at }: SuspendedLine): Promise<SuspendedAtBody | undefined> {
    const body = await this.#model?.tasksAt(at.path, at.line);
    if (this.#told.size > MOST_TOLD) this.#told.clear();
    for (const task of body?.tasks ?? []) this.#told.set(task.id, task);
    return body;
  }

  /** A task that {@link tasksAt} has told of lately. */
  told(id: TaskId): TaskNode | undefined {
    return this.#told.get(id);
  }

  get session(): ScopeSession | undefined {
    return this.#model?.session;
  }

  dispose(): void {
    clearInterval(this.#ticker);
    this.#schedule.dispose();
    this.#model?.end();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #use(sessions: SessionTracker): void {
    const { current } = sessions;
    const session = current && sessions.isLive(current) ? current : undefined;
    if (session === this.#model?.session) return;
    this.#model?.end();
    this.#told.clear();
    this.#model = session && new SuspensionModel(session, () => this.#take());
    this.#take();
    this.#look();
  }

  /** What is visible has changed. */
  #look(): void {
    const wanted = this.active && (this.style !== "off" || this.marks) && this.#paths().length > 0;
    clearInterval(this.#ticker);
    if (wanted)
      this.#ticker = setInterval(() => {
        if (this.#model?.ageing) this.#onChange.fire();
      }, TICK);
    this.#schedule.setVisible(wanted);
    this.#now();
    this.#onChange.fire();
  }

  #now(): void {
    this.#model?.wake();
    this.#schedule.invalidateNow();
  }

  #take(): void {
    const byDocument = new Map<string, SuspendedLine[]>();
    for (const line of this.#model?.lines ?? []) {
      const key = keyOf(vscode.Uri.file(line.at.path));
      const known = byDocument.get(key);
      if (known) known.push(line);
      else byDocument.set(key, [line]);
    }
    this.#byDocument = byDocument;
    this.#onChange.fire();
  }

  #paths(): string[] {
    const documents = vscode.window.visibleTextEditors.map(({ document }) => document.uri);
    return [...new Set(documents.filter(({ scheme }) => scheme === "file").map(({ fsPath }) => fsPath))];
  }

  #edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (!this.active || document.uri.scheme !== "file" || contentChanges.length === 0) return;
    const key = keyOf(document.uri);
    const edits = this.#edits.get(key) ?? new EditedLines();
    this.#edits.set(key, edits);
    for (const { range, text } of contentChanges)
      edits.edit({
        start: range.start.line,
        end: range.end.line,
        breaks: text.split("\n").length - 1,
        atLineStart: document.lineAt(range.start.line).text.slice(0, range.start.character).trim() === "",
      });
    this.#onChange.fire();
  }
}

function setting<T>(name: string, otherwise: T): T {
  return vscode.workspace.getConfiguration("asyncscope.suspendedTasks").get<T>(name, otherwise);
}

/** Windows drives are written large or small. */
function keyOf(uri: vscode.Uri): string {
  return uri.with({ fragment: "" }).toString();
}
