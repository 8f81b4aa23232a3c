import * as vscode from "vscode";
import { guarded } from "../tasks/task-commands.js";
import type { TasksView } from "../tasks/tasks-view.js";
import { messageText } from "../text.js";
import { openLocation } from "../views/open-location.js";
import type { ResourceTreeNode } from "./resource-nodes.js";
import { resourceLabel } from "./resource-presentation.js";
import type { ResourcesView } from "./resources-view.js";

/** Commands of the Queues & Locks view; without a row from a menu they take the selected one. */
export function registerResourceCommands(view: ResourcesView, tasks: TasksView): vscode.Disposable {
  const commands: Record<string, (node?: ResourceTreeNode) => unknown> = {
    showMore: (node = view.selection) => node && view.showMore(node),
    refresh: () => view.refreshNow(),
    revealCreated: (node) => revealCreated(view, node ?? view.selection),
    revealTask: (node) => revealTask(view, tasks, node ?? view.selection),
    copyName: (node) => copyName(view, node ?? view.selection),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`asyncscope.resources.${name}`, guarded(run)),
    ),
  );
}

async function revealCreated(view: ResourcesView, node: ResourceTreeNode | undefined): Promise<void> {
  const resource = node?.kind === "resource" ? view.model?.resource(node.resource) : undefined;
  if (resource?.createdAtLocation) await openLocation(resource.createdAtLocation, true);
  else
    void vscode.window.showInformationMessage(
      resource
        ? `It is not known where “${messageText(resourceLabel(resource))}” was created.`
        : "Select a queue or a lock in the Queues & Locks view first.",
    );
}

async function revealTask(
  view: ResourcesView,
  tasks: TasksView,
  node: ResourceTreeNode | undefined,
): Promise<void> {
  const id = node?.kind === "owner" || node?.kind === "waiter" ? node.task : 0;
  const task = view.model?.task(id);
  if (!task)
    void vscode.window.showInformationMessage(
      "Select an owner or a waiter in the Queues & Locks view first.",
    );
  else if (!(await tasks.reveal(task)))
    void vscode.window.showInformationMessage(
      `“${messageText(task.name)}” is not in the tree of tasks any more.`,
    );
}

async function copyName(view: ResourcesView, node: ResourceTreeNode | undefined): Promise<void> {
  const resource = node?.kind === "resource" ? view.model?.resource(node.resource) : undefined;
  if (resource) await vscode.env.clipboard.writeText(resourceLabel(resource));
}
