import * as vscode from "vscode";
import type { RecordingSource } from "./recording-source.js";
import { TimelineWebview } from "./timeline-webview.js";

/** Between two looks for more while it records. Milliseconds. */
const MORE_MS = 500;

/** Characters of an answer behind which there is more, most likely. */
const MUCH = 1_000_000;

/** The panel that shows the recording of a session, and follows it while it goes on. */
export class TimelinePanel implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #view: TimelineWebview;
  #source: RecordingSource;
  #from = 0;
  /** Another recording, or the panel was loaded again: who still reads for the last one stops. */
  #generation = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(extensionUri: vscode.Uri, source: RecordingSource, onClosed: () => void) {
    this.#source = source;
    this.#panel = vscode.window.createWebviewPanel(
      "asyncscope.timeline",
      title(source),
      { viewColumn: vscode.ViewColumn.Active, preserveFocus: false },
      { retainContextWhenHidden: true },
    );
    this.#panel.iconPath = vscode.Uri.joinPath(extensionUri, "media", "timeline.svg");
    this.#view = new TimelineWebview(this.#panel.webview, extensionUri, () => this.#restart());
    this.#panel.onDidDispose(() => {
      this.#stop();
      this.#view.dispose();
      onClosed();
    });
    this.#panel.onDidChangeViewState(() => {
      if (this.#panel.visible) this.#soon(0);
    });
  }

  get source(): RecordingSource {
    return this.#source;
  }

  get isActive(): boolean {
    return this.#panel.active;
  }

  /** Shows another recording. */
  show(source: RecordingSource): void {
    const isOther = source !== this.#source;
    this.#source = source;
    this.#panel.title = title(source);
    if (isOther) this.#restart();
    this.#panel.reveal(undefined, false);
  }

  /** There may be more, or it has ended. */
  refresh(): void {
    this.#soon(0);
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #restart(): void {
    this.#generation++;
    this.#from = 0;
    this.#soon(0);
  }

  #stop(): void {
    this.#generation++;
    clearTimeout(this.#timer);
  }

  #soon(milliseconds: number): void {
    clearTimeout(this.#timer);
    const generation = this.#generation;
    this.#timer = setTimeout(() => void this.#read(generation), milliseconds);
  }

  /** Nothing is read while it is hidden. */
  async #read(generation: number): Promise<void> {
    const source = this.#source;
    try {
      while (generation === this.#generation && this.#panel.visible) {
        const from = this.#from;
        const { text, next } = await source.read(from);
        if (generation !== this.#generation) return;
        const recording = source.isRecording;
        this.#from = next;
        if (text !== "") await this.#view.send({ type: "text", text, fresh: from === 0 });
        // Of one that goes on there is always a little more.
        if (text !== "" && (!recording || text.length > MUCH)) continue;
        await this.#view.send({ type: "state", recording, complete: !recording });
        if (recording) this.#soon(MORE_MS);
        return;
      }
    } catch {
      // The program or its debug adapter is slow, or gone.
      if (generation === this.#generation && source.isRecording) this.#soon(MORE_MS);
    }
  }
}

function title({ session }: RecordingSource): string {
  return `Timeline: ${session.name}`;
}
