import * as vscode from "vscode";
import { patienceFor, priceText } from "@asyncscope/debug-adapter/text/heap-price";
import type { SessionTracker } from "../sessions.js";
import { guarded } from "./task-commands.js";

/** The debug adapter gives up first, and says why. */
const SLACK_MS = 5000;

/** The command that finds the suspended functions of a program which tells no tasks. */
export function registerHeapSnapshotCommand(sessions: SessionTracker): vscode.Disposable {
  const find = async (): Promise<void> => {
    const session = sessions.current;
    if (session === undefined || !sessions.isLive(session)) {
      void vscode.window.showInformationMessage(
        "Attach Asyncscope to a program first: Attach to Node Process…",
      );
      return;
    }
    const estimate = await session.request("asyncscope/heapSnapshot", { estimate: true });
    const price = priceText(`${(estimate.pause / 1000).toFixed(1)} s`, estimate);
    const read = "Read the Heap";
    const choice = await vscode.window.showInformationMessage(
      "Find the suspended functions of this program in its heap?",
      {
        modal: true,
        detail: `${price.charAt(0).toUpperCase()}${price.slice(1)}.`,
      },
      read,
    );
    if (choice !== read) return;
    const title = "Asyncscope reads the heap of the program";
    const progress = { location: vscode.ProgressLocation.Notification, title };
    await vscode.window.withProgress(progress, () =>
      session.request("asyncscope/heapSnapshot", {}, patienceFor(estimate.pause) + SLACK_MS),
    );
  };
  return vscode.commands.registerCommand("asyncscope.heapSnapshot", guarded(find));
}
