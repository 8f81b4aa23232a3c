import * as vscode from "vscode";
import { guarded } from "../tasks/task-commands.js";
import type { TasksView } from "../tasks/tasks-view.js";
import { messageText } from "../text.js";
import { openLocation } from "../views/open-location.js";
import type { FutureTreeNode } from "./future-nodes.js";
import type { FuturesView } from "./futures-view.js";

/** Commands of the Futures view; without a row from a menu they take the selected one. */
export function registerFutureCommands(view: FuturesView, tasks: TasksView): vscode.Disposable {
  const commands: Record<string, (node?: FutureTreeNode) => unknown> = {
    showMore: () => view.showMore(),
    refresh: () => view.refreshNow(),
    revealCreated: (node) => revealCreated(view, node ?? view.selection),
    revealTask: (node) => revealTask(view, tasks, node ?? view.selection),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`asyncscope.futures.${name}`, guarded(run)),
    ),
  );
}

async function revealCreated(view: FuturesView, node: FutureTreeNode | undefined): Promise<void> {
  const future = node?.kind === "future" ? view.model?.future(node.future) : undefined;
  if (future?.createdAtLocation) await openLocation(future.createdAtLocation, true);
  else
    void vscode.window.showInformationMessage(
      future ? "It is not known where this future was made." : "Select a future in the Futures view first.",
    );
}

/** Of a future it is the task that has waited longest for it. */
async function revealTask(
  view: FuturesView,
  tasks: TasksView,
  node: FutureTreeNode | undefined,
): Promise<void> {
  const [first] = node?.kind === "future" ? (view.model?.future(node.future)?.awaiters ?? []) : [];
  const id = node?.kind === "awaiter" || node?.kind === "creator" ? node.task : first;
  const task = id === undefined ? undefined : view.model?.task(id);
  if (!task)
    void vscode.window.showInformationMessage("Select a future or a task in the Futures view first.");
  else if (!(await tasks.reveal(task)))
    void vscode.window.showInformationMessage(
      `“${messageText(task.name)}” is not in the tree of tasks any more.`,
    );
}
