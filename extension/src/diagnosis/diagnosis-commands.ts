import * as vscode from "vscode";
import { guarded } from "../tasks/task-commands.js";
import type { TasksView } from "../tasks/tasks-view.js";
import { messageText } from "../text.js";
import { openLocation } from "../views/open-location.js";
import type { DiagnosisView } from "./diagnosis-view.js";
import { findingTooltip } from "./finding-presentation.js";
import type { FindingTreeNode } from "./findings-model.js";

const SELECT = "Select a row in the Diagnosis view first.";

/** Commands of the Diagnosis view; without a row from a menu they take the selected one. */
export function registerDiagnosisCommands(view: DiagnosisView, tasks: TasksView): vscode.Disposable {
  const commands: Record<string, (node?: FindingTreeNode) => unknown> = {
    open: (node) => open(view, node ?? view.selection),
    refresh: () => view.refreshNow(),
    revealTask: (node) => revealTask(view, tasks, node ?? view.selection),
    copy: (node) => copy(view, node ?? view.selection),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`asyncscope.diagnosis.${name}`, guarded(run)),
    ),
  );
}

/** A click keeps the keyboard in the view, so that one can walk down the list. */
async function open(view: DiagnosisView, node: FindingTreeNode | undefined): Promise<void> {
  const location = node?.kind === "place" ? node.location : view.model?.finding(node)?.locations[0];
  if (location) await openLocation(location, false);
  else void vscode.window.showInformationMessage(node ? "It is not known at which line that is." : SELECT);
}

async function revealTask(
  view: DiagnosisView,
  tasks: TasksView,
  node: FindingTreeNode | undefined,
): Promise<void> {
  const id = node?.kind === "task" ? node.task : view.model?.finding(node)?.tasks[0];
  const task = id === undefined ? undefined : view.model?.task(id);
  if (!task) void vscode.window.showInformationMessage(node ? "It concerns no task that is known." : SELECT);
  else if (!(await tasks.reveal(task)))
    void vscode.window.showInformationMessage(
      `“${messageText(task.name)}” is not in the tree of tasks any more.`,
    );
}

async function copy(view: DiagnosisView, node: FindingTreeNode | undefined): Promise<void> {
  const finding = view.model?.finding(node);
  if (finding) await vscode.env.clipboard.writeText(findingTooltip(finding));
  else void vscode.window.showInformationMessage(SELECT);
}
