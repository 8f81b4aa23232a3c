import * as vscode from "vscode";
import { guarded } from "../tasks/task-commands.js";
import { DUMP_LANGUAGE } from "./dump-command.js";
import { isLater } from "./dump-order.js";

/** Shows a task dump beside another one, the older one on the left. */
export function registerCompareCommand(): vscode.Disposable {
  return vscode.commands.registerCommand("asyncscope.compareDumps", guarded(compare));
}

async function compare(uri?: vscode.Uri): Promise<void> {
  const here = uri ? await vscode.workspace.openTextDocument(uri) : vscode.window.activeTextEditor?.document;
  if (here?.languageId !== DUMP_LANGUAGE) {
    void vscode.window.showInformationMessage("Open a task dump first, then compare it with another one.");
    return;
  }
  const other = await pickOther(here);
  if (!other) return;
  const [before, after] = isLater(other.getText(), here.getText()) ? [here, other] : [other, here];
  const title = `${nameOf(before)} ↔ ${nameOf(after)}`;
  await vscode.commands.executeCommand("vscode.diff", before.uri, after.uri, title);
}

async function pickOther(here: vscode.TextDocument): Promise<vscode.TextDocument | undefined> {
  const open = vscode.workspace.textDocuments.filter(
    (each) => each.languageId === DUMP_LANGUAGE && each !== here && !each.isClosed,
  );
  const items = [
    ...open.map(({ uri }) => ({ label: nameOf({ uri }), description: "open", uri })),
    { label: "Browse…", description: "", uri: undefined },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: `Compare ${nameOf(here)} with` });
  if (!picked) return undefined;
  const uri =
    picked.uri ??
    (
      await vscode.window.showOpenDialog({ filters: { "Task Dump": ["taskdump"] }, title: "Compare with" })
    )?.[0];
  return uri && vscode.workspace.openTextDocument(uri);
}

function nameOf({ uri }: { readonly uri: vscode.Uri }): string {
  return uri.path.split("/").pop() ?? uri.path;
}
