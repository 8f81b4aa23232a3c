import * as vscode from "vscode";
import type { SessionTracker } from "../sessions.js";
import { guarded } from "../tasks/task-commands.js";
import { dumpText, type LastDumps } from "./last-dumps.js";

/** Language of dumps, as the manifest names it. */
export const DUMP_LANGUAGE = "taskdump";

/** The command that opens a dump of the program that the views show. */
export function registerDumpCommand(sessions: SessionTracker, lastDumps: LastDumps): vscode.Disposable {
  const open = async (): Promise<void> => {
    const session = sessions.current;
    if (session === undefined) {
      void vscode.window.showInformationMessage(
        "Debug a program with Asyncscope first, then dump its tasks.",
      );
      return;
    }
    const ended = await lastDumps.of(session);
    if (ended === undefined && !sessions.isLive(session)) {
      void vscode.window.showInformationMessage(
        "The program has ended, and no task of it was seen: there is nothing to dump.",
      );
      return;
    }
    const content = ended?.whole ?? (await dumpText(session, true));
    const document = await vscode.workspace.openTextDocument({ language: DUMP_LANGUAGE, content });
    await vscode.window.showTextDocument(document, { preview: false });
  };
  return vscode.commands.registerCommand("asyncscope.dump", guarded(open));
}
