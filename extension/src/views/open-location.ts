import * as vscode from "vscode";
import type { SourceLocation } from "@asyncscope/protocol";
import { messageText } from "../text.js";

/** Opens a position of the program's source. `focus` moves the keyboard there. Says why when it cannot. */
export async function openLocation(location: SourceLocation, focus: boolean): Promise<void> {
  const uri = uriOf(location.path);
  if (!uri) {
    void vscode.window.showInformationMessage(
      `This code is no file that the editor can open: ${messageText(location.path, 200)}`,
    );
    return;
  }
  const at = new vscode.Position(Math.max(0, location.line - 1), Math.max(0, location.column - 1));
  try {
    await vscode.window.showTextDocument(uri, {
      selection: new vscode.Range(at, at),
      preserveFocus: !focus,
      preview: true,
    });
  } catch {
    void vscode.window.showWarningMessage(
      `${messageText(location.path, 200)} cannot be opened. If the program was built elsewhere, check "outFiles" and the source maps.`,
    );
  }
}

/** Local files only: a path comes from the program, and must not make the editor reach into the network. */
function uriOf(path: string): vscode.Uri | undefined {
  if (/^[a-z]:[\\/]/i.test(path) || /^\/(?!\/)/.test(path)) return vscode.Uri.file(path);
  if (!path.startsWith("file:///")) return undefined;
  try {
    return vscode.Uri.parse(path, true);
  } catch {
    return undefined;
  }
}
