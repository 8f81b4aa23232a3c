import * as vscode from "vscode";
import type { TaskNode } from "@asyncscope/protocol";
import { guarded } from "../tasks/task-commands.js";
import { taskLabel } from "../tasks/task-presentation.js";
import { TASKS_VIEW, type TasksView } from "../tasks/tasks-view.js";
import { cleanText, count } from "../text.js";
import { SHOW_HERE } from "./suspension-providers.js";
import { detail } from "./suspension-text.js";
import type { SuspensionsInEditor } from "./suspensions-in-editor.js";

interface TaskItem extends vscode.QuickPickItem {
  readonly task: TaskNode;
}

/** What one can do from a line at which tasks are suspended. */
export function registerSuspensionCommands(
  suspensions: SuspensionsInEditor,
  tasks: TasksView,
): vscode.Disposable {
  const pin = async (task: number): Promise<void> => {
    await suspensions.session?.request("asyncscope/pin", { task, pinned: true });
    tasks.refreshNow();
  };
  const reveal = async (task: TaskNode | undefined): Promise<void> => {
    await vscode.commands.executeCommand(`${TASKS_VIEW}.focus`);
    if (!task || !(await tasks.reveal(task)))
      void vscode.window.showInformationMessage("That task has finished meanwhile.");
  };
  const show = async (uri?: vscode.Uri, line?: number): Promise<void> => {
    const editor = vscode.window.activeTextEditor;
    const document = uri ? await vscode.workspace.openTextDocument(uri) : editor?.document;
    const at = line ?? editor?.selection.active.line;
    const suspended = document && at !== undefined ? suspensions.lineAt(document, at) : undefined;
    const body = suspended && (await suspensions.tasksAt(suspended));
    if (!body || body.tasks.length === 0) {
      void vscode.window.showInformationMessage("No task is suspended at this line now.");
      return;
    }
    const picked = await pickTask(body.tasks, body.count, body.now, pin);
    if (picked) await reveal(picked);
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand(SHOW_HERE, guarded(show)),
    // The links of a hover bring the number of a task alone.
    vscode.commands.registerCommand(
      "asyncscope.suspended.reveal",
      guarded((id: number) => reveal(suspensions.told(id))),
    ),
    vscode.commands.registerCommand(
      "asyncscope.suspended.pin",
      guarded((id: number) => pin(id)),
    ),
  );
}

/** Asks for one of the tasks; the button beside each pins it. */
function pickTask(
  tasks: readonly TaskNode[],
  all: number,
  now: number,
  pin: (task: number) => Promise<void>,
): Promise<TaskNode | undefined> {
  const button = { iconPath: new vscode.ThemeIcon("pin"), tooltip: "Pin to Call Stack" };
  const picker = vscode.window.createQuickPick<TaskItem>();
  picker.title =
    all > tasks.length
      ? `${count(all, "Task")} Suspended at This Line (${tasks.length} shown)`
      : `${count(all, "Task")} Suspended at This Line`;
  picker.placeholder = "Reveal in Tasks";
  picker.matchOnDescription = true;
  picker.items = tasks.map((task) => ({
    // Names are the program's: no icon syntax.
    label: cleanText(taskLabel(task), 80).replaceAll("$(", "$ ("),
    description: detail(task, now).replaceAll("$(", "$ ("),
    buttons: [button],
    task,
  }));
  return new Promise((resolve) => {
    picker.onDidTriggerItemButton(({ item }) => {
      pin(item.task.id).catch((error: unknown) => vscode.window.showErrorMessage(String(error)));
    });
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.task);
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}
