import * as vscode from "vscode";
import { basename } from "node:path";
import { nodeProcesses, type NodeProcess } from "@asyncscope/debug-adapter/processes/node-processes";
import { DEBUG_TYPE } from "../sessions.js";
import { cleanText } from "../text.js";

/** Whoever reaches an inspector can run code: that is said before one is opened. */
const PLACEHOLDER =
  "A Node program of yours. Its debug port opens on 127.0.0.1, for every program of this machine, until you disconnect.";
const INSPECTOR = {
  open: "its debug port is open",
  closed: "",
  off: "takes no debugger: started with --disable-sigusr1, or about to end",
} as const;

interface ProcessItem extends vscode.QuickPickItem {
  readonly pid: number;
}

/** Lets the user choose a Node program. Gives its process id as text, as the editor puts it into a configuration. */
export async function pickProcess(): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<ProcessItem>();
  pick.title = "Attach to a Node program";
  pick.placeholder = PLACEHOLDER;
  pick.matchOnDescription = pick.matchOnDetail = true;
  pick.busy = true;
  pick.show();
  try {
    const chosen = new Promise<string | undefined>((resolve) => {
      pick.onDidAccept(() => resolve(pick.selectedItems[0] && String(pick.selectedItems[0].pid)));
      pick.onDidHide(() => resolve(undefined));
    });
    const list = await nodeProcesses();
    // The editor's own programs are none of the user's.
    const items = list.filter((each) => !isEditor(each)).map(itemOf);
    pick.items = items.reverse();
    pick.busy = false;
    if (items.length === 0) pick.placeholder = "No Node program of yours is running.";
    return await chosen;
  } finally {
    pick.dispose();
  }
}

/** Debugs a program that runs already. */
export async function attachToProcess(): Promise<void> {
  const processId = await pickProcess();
  if (processId === undefined) return;
  await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
    type: DEBUG_TYPE,
    request: "attach",
    name: `Asyncscope: process ${processId}`,
    processId,
  });
}

function itemOf({ pid, command, inspector }: NodeProcess): ProcessItem {
  // Behind Node itself and its options.
  const at = command.findIndex((word, i) => i > 0 && !word.startsWith("-"));
  const program = at < 0 ? (command[0] ?? "node") : command[at]!;
  const detail = cleanText(command.join(" "), 200);
  return {
    pid,
    label: cleanText(basename(program), 80),
    description: [String(pid), INSPECTOR[inspector]].filter((part) => part !== "").join(" · "),
    detail,
  };
}

function isEditor({ pid, command }: NodeProcess): boolean {
  return (
    pid === process.ppid || /--type=extensionHost|bootstrap-fork|server-main\.js/.test(command.join(" "))
  );
}
