import * as vscode from "vscode";
import { RecordingReader } from "@asyncscope/debug-adapter/recording/read";
import { Timeline } from "@asyncscope/debug-adapter/recording/timeline";
import { traceOf } from "@asyncscope/debug-adapter/recording/trace";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { guarded } from "../tasks/task-commands.js";
import { messageText } from "../text.js";
import { RECORDING_EDITOR, RecordingEditor } from "./recording-editor.js";
import { RecordingSource } from "./recording-source.js";
import { TimelinePanel } from "./timeline-panel.js";

/** Recording a timeline, showing, saving and exporting it. */
export class TimelineCommands implements vscode.Disposable {
  readonly #sessions: SessionTracker;
  readonly #extensionUri: vscode.Uri;
  readonly #subscriptions: vscode.Disposable[];
  /** The recording of the session that recorded last. */
  #source: RecordingSource | undefined;
  #panel: TimelinePanel | undefined;
  /** The recording in the active editor. */
  #file: vscode.Uri | undefined;

  constructor(sessions: SessionTracker, extensionUri: vscode.Uri) {
    this.#sessions = sessions;
    this.#extensionUri = extensionUri;
    const command = (name: string, run: () => unknown): vscode.Disposable =>
      vscode.commands.registerCommand(`asyncscope.timeline.${name}`, guarded(run));
    this.#subscriptions = [
      command("start", () => this.#start()),
      command("stop", () => this.#stop()),
      command("show", () => this.#show()),
      command("save", () => this.#save()),
      command("export", () => this.#export()),
      vscode.window.registerCustomEditorProvider(
        RECORDING_EDITOR,
        new RecordingEditor(extensionUri, (uri) => (this.#file = uri)),
        { webviewOptions: { retainContextWhenHidden: true }, supportsMultipleEditorsPerDocument: true },
      ),
      sessions.onActivity(({ session, activity }) => {
        if (activity === "ending") void this.#keep(session);
      }),
      vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event }) => {
        if (event === "asyncscope/recording") void this.#changed(session.id);
      }),
    ];
  }

  dispose(): void {
    this.#panel?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #start(): Promise<void> {
    const session = this.#liveSession();
    if (!session) return;
    const body = await session.request("asyncscope/recordingStart", {});
    this.#source = new RecordingSource(session, body);
    this.#setContext();
    this.#show();
  }

  async #stop(): Promise<void> {
    const source = this.#source;
    if (!source?.isRecording) {
      void vscode.window.showInformationMessage("Nothing is being recorded.");
      return;
    }
    source.body = await source.session.request("asyncscope/recordingStop", {});
    this.#setContext();
    this.#panel?.refresh();
  }

  #show(): void {
    const source = this.#source;
    if (!source) {
      void vscode.window.showInformationMessage(
        "Nothing was recorded yet: start with “Start Recording Timeline”.",
      );
      return;
    }
    if (this.#panel) this.#panel.show(source);
    else
      this.#panel = new TimelinePanel(this.#extensionUri, source, () => {
        this.#panel = undefined;
      });
  }

  async #save(): Promise<void> {
    const source = this.#source;
    if (!source) {
      void vscode.window.showInformationMessage(
        "Nothing was recorded yet: start with “Start Recording Timeline”.",
      );
      return;
    }
    // What was recorded until now: a file has an end.
    if (source.isRecording) await this.#stop();
    const uri = await vscode.window.showSaveDialog({
      title: "Save Recording",
      ...fileBeside(`${stem(source.session.name)}.taskrec`),
      filters: { "Asyncscope recording": ["taskrec"] },
    });
    if (!uri) return;
    const pieces: Buffer[] = [];
    for await (const text of source.pieces()) pieces.push(Buffer.from(text));
    await vscode.workspace.fs.writeFile(uri, Buffer.concat(pieces));
    await offerToOpen(uri, "Recording saved");
  }

  /** Of the recording in the active editor, else of the one of the session. */
  async #export(): Promise<void> {
    const file = this.#file;
    if (!file && !this.#source) {
      void vscode.window.showInformationMessage(
        "There is no recording to export: record a program, or open a .taskrec file.",
      );
      return;
    }
    if (!file && this.#source?.isRecording) await this.#stop();
    const name = file ? stem(file.path.split("/").pop() ?? "") : stem(this.#source!.session.name);
    const uri = await vscode.window.showSaveDialog({
      title: "Export Trace for Perfetto",
      ...fileBeside(`${name}.trace.json`, file),
      filters: { "Chrome trace": ["json"] },
    });
    if (!uri) return;
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "Exporting the trace" },
      async () => {
        const timeline = new Timeline();
        const reader = new RecordingReader(timeline);
        if (file) reader.push(new TextDecoder().decode(await vscode.workspace.fs.readFile(file)));
        else for await (const text of this.#source!.pieces()) reader.push(text);
        reader.end();
        const pieces = Array.from(traceOf(timeline), (piece) => Buffer.from(piece));
        await vscode.workspace.fs.writeFile(uri, Buffer.concat(pieces));
      },
    );
    void vscode.window.showInformationMessage(
      `Trace exported: ${messageText(uri.fsPath, 200)}. Open it at ui.perfetto.dev or chrome://tracing.`,
    );
  }

  #liveSession(): ScopeSession | undefined {
    const { current } = this.#sessions;
    if (current && this.#sessions.isLive(current)) return current;
    void vscode.window.showInformationMessage(
      "Debug a program with Asyncscope first, then record its timeline.",
    );
    return undefined;
  }

  async #keep(session: ScopeSession): Promise<void> {
    if (this.#source?.session.id !== session.id) return;
    await this.#source.keep();
    this.#setContext();
    this.#panel?.refresh();
  }

  /** A recording of a session has begun or ended, perhaps by itself. */
  async #changed(session: string): Promise<void> {
    const source = this.#source;
    if (source?.session.id !== session || !this.#sessions.isLive(source.session)) return;
    try {
      source.body = await source.session.request("asyncscope/recordingState", {});
    } catch {
      return;
    }
    this.#setContext();
    this.#panel?.refresh();
    if (source.body.state === "full")
      void vscode.window.showWarningMessage("The recording has ended: it has reached 256 MB.");
  }

  #setContext(): void {
    const set = (key: string, value: boolean): void =>
      void vscode.commands.executeCommand("setContext", `asyncscope.${key}`, value);
    set("recorded", this.#source !== undefined);
    set("recording", this.#source?.isRecording === true);
  }
}

function stem(name: string): string {
  return (
    name
      .replace(/\.[a-z.]+$/i, "")
      .replace(/[^\w.-]+/g, "-")
      .replace(/^-+|-+$/g, "") || "recording"
  );
}

/** In the folder of another file, else in the first folder of the workspace. */
function fileBeside(name: string, other?: vscode.Uri): { defaultUri?: vscode.Uri } {
  const folder = other ? vscode.Uri.joinPath(other, "..") : vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {};
}

async function offerToOpen(uri: vscode.Uri, what: string): Promise<void> {
  const open = "Open";
  const choice = await vscode.window.showInformationMessage(`${what}: ${messageText(uri.fsPath, 200)}`, open);
  if (choice === open) await vscode.commands.executeCommand("vscode.openWith", uri, RECORDING_EDITOR);
}
