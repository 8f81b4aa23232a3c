import * as vscode from "vscode";
import { TimelineWebview } from "./timeline-webview.js";

/** Type of the editor, as the manifest names it. */
export const RECORDING_EDITOR = "asyncscope.recording";
/** Bytes of one message. */
const PIECE = 1024 * 1024;
/** Larger files are refused: 20 million events and more. */
const MOST_BYTES = 512 * 1024 * 1024;

class RecordingDocument implements vscode.CustomDocument {
  constructor(readonly uri: vscode.Uri) {}

  dispose(): void {
    // The file is read anew for each editor.
  }
}

/** Opens a saved recording as a timeline, without a program. */
export class RecordingEditor implements vscode.CustomReadonlyEditorProvider<RecordingDocument> {
  readonly #extensionUri: vscode.Uri;
  readonly #active: (uri: vscode.Uri | undefined) => void;

  /** @param active told which recording stands in the active editor */
  constructor(extensionUri: vscode.Uri, active: (uri: vscode.Uri | undefined) => void) {
    this.#extensionUri = extensionUri;
    this.#active = active;
  }

  openCustomDocument(uri: vscode.Uri): RecordingDocument {
    return new RecordingDocument(uri);
  }

  resolveCustomEditor({ uri }: RecordingDocument, panel: vscode.WebviewPanel): void {
    const view = new TimelineWebview(panel.webview, this.#extensionUri, () => void show(view, uri));
    const tell = (): void => this.#active(panel.active ? uri : undefined);
    panel.onDidChangeViewState(tell);
    panel.onDidDispose(() => {
      view.dispose();
      this.#active(undefined);
    });
    tell();
  }
}

async function show(view: TimelineWebview, uri: vscode.Uri): Promise<void> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MOST_BYTES) throw new Error(`It has ${Math.round(size / 1e6)} MB; the most is 512 MB.`);
    const bytes = await vscode.workspace.fs.readFile(uri);
    const decoder = new TextDecoder();
    for (let from = 0; from < bytes.length || from === 0; from += PIECE) {
      const text = decoder.decode(bytes.subarray(from, from + PIECE), { stream: true });
      await view.send({ type: "text", text, fresh: from === 0 });
    }
    await view.send({ type: "state", recording: false, complete: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await view.send({ type: "nothing", message: `The recording cannot be read. ${reason}` });
  }
}
