import * as vscode from "vscode";
import type { SessionTracker } from "../sessions.js";
import { guarded } from "./task-commands.js";

/** A machine that is busy takes longer than was estimated. */
const PATIENCE = 20;
const LEAST_PATIENCE_MS = 60_000;

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
    const { pause, heap, size } = await session.request("asyncscope/heapSnapshot", { estimate: true });
    const read = "Read the Heap";
    const choice = await vscode.window.showInformationMessage(
      "Find the suspended functions of this program in its heap?",
      {
        modal: true,
        detail: `The program stands still for about ${(pause / 1000).toFixed(1)} s (its heap has ${megabytes(heap)}) and needs about ${megabytes(size)} more memory meanwhile.`,
      },
      read,
    );
    if (choice !== read) return;
    const title = "Asyncscope reads the heap of the program";
    const progress = { location: vscode.ProgressLocation.Notification, title };
    await vscode.window.withProgress(progress, () =>
      session.request("asyncscope/heapSnapshot", {}, LEAST_PATIENCE_MS + PATIENCE * pause),
    );
  };
  return vscode.commands.registerCommand("asyncscope.heapSnapshot", guarded(find));
}

const megabytes = (bytes: number): string =>
  `${Math.max(1, Math.round(bytes / 1024 / 1024)).toLocaleString("en-US")} MB`;
