import * as vscode from "vscode";
import { RecordingFollower } from "./recording-follower.js";
import type { RecordingSource } from "./recording-source.js";
import { TimelineWebview } from "./timeline-webview.js";

/** The panel that shows the recording of a session, and follows it while it goes on. */
export class TimelinePanel implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  #source: RecordingSource;
  readonly #follower: RecordingFollower;

  constructor(extensionUri: vscode.Uri, source: RecordingSource, onClosed: () => void) {
    this.#source = source;
    this.#panel = vscode.window.createWebviewPanel(
      "asyncscope.timeline",
      title(source),
      { viewColumn: vscode.ViewColumn.Active, preserveFocus: false },
      { retainContextWhenHidden: true },
    );
    this.#panel.iconPath = vscode.Uri.joinPath(extensionUri, "media", "timeline.svg");
    const panel = this.#panel;
    const view = new TimelineWebview(panel.webview, extensionUri, () => this.#follower.restart());
    this.#follower = new RecordingFollower(source, {
      get visible() {
        return panel.visible;
      },
      text: (text, fresh) => view.send({ type: "text", text, fresh }),
      state: (recording) => view.send({ type: "state", recording, complete: !recording }),
    });
    this.#panel.onDidDispose(() => {
      this.#follower.stop();
      view.dispose();
      onClosed();
    });
    this.#panel.onDidChangeViewState(() => {
      if (panel.visible) this.#follower.refresh();
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
    if (isOther) this.#follower.restart(source);
    this.#panel.reveal(undefined, false);
  }

  /** There may be more, or it has ended. */
  refresh(): void {
    this.#follower.refresh();
  }

  dispose(): void {
    this.#panel.dispose();
  }
}

function title({ session }: RecordingSource): string {
  return `Timeline: ${session.name}`;
}
