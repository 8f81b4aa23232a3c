import * as vscode from "vscode";
import type { TaskNode } from "@asyncscope/protocol";
import { count } from "../text.js";
import { LiveTreeProvider, safeMarkdown, themeIcon } from "../views/live-tree-provider.js";
import type { ChainNode, FrameNode, MoreNode, TaskRowNode, TaskTreeNode } from "./task-nodes.js";
import {
  frameText,
  stateIcon,
  taskAccessibleLabel,
  taskContextValue,
  taskDescription,
  taskLabel,
} from "./task-presentation.js";
import { taskTooltip } from "./task-tooltip.js";
import type { TaskTreeModel } from "./task-tree-model.js";

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

/** Turns the rows of a {@link TaskTreeModel} into the editor's tree items. */
export class TaskTreeProvider extends LiveTreeProvider<TaskTreeNode, TaskTreeModel> {
  protected override item(node: TaskTreeNode, model: TaskTreeModel): vscode.TreeItem {
    switch (node.kind) {
      case "task":
        return taskItem(node, model.task(node.task), model);
      case "chain":
        return chainItem(node, model);
      case "frame":
        return frameItem(node);
      case "more":
        return moreItem(node);
      case "note": {
        const item = new vscode.TreeItem(node.text, None);
        item.contextValue = "note";
        return item;
      }
    }
  }

  protected override isOwn(node: TaskTreeNode): boolean {
    return node.kind === "task" || node.kind === "chain";
  }

  protected override tooltip(
    node: TaskTreeNode,
    model: TaskTreeModel,
  ): string | vscode.MarkdownString | undefined {
    const task = node.kind === "task" ? model.task(node.task) : undefined;
    if (task)
      return safeMarkdown(
        taskTooltip(task, model.now(), (id) => {
          const other = model.task(id);
          return other && taskLabel(other);
        }),
      );
    if (node.kind === "chain")
      return "The frames of the task, innermost first: each one awaits the one above it.";
    if (node.kind === "more") return "Shows the next ones. A filter finds a task faster.";
    const at = node.kind === "frame" ? node.frame.location : undefined;
    return at && `${at.path}:${at.line}:${at.column}`;
  }
}

function taskItem(node: TaskRowNode, task: TaskNode | undefined, model: TaskTreeModel): vscode.TreeItem {
  if (!task) return new vscode.TreeItem(`Task ${node.task}`, None);
  const now = model.now();
  const collapsible = model.hasChildren(node) ? (model.isOpen(node) ? Expanded : Collapsed) : None;
  const item = new vscode.TreeItem(taskLabel(task), collapsible);
  item.iconPath = themeIcon(stateIcon(task.state));
  item.description = (node.cycle ? "waits for itself (cycle) · " : "") + taskDescription(task, now);
  item.contextValue = taskContextValue(task);
  item.accessibilityInformation = {
    label: taskAccessibleLabel(task, now) + (node.cycle ? ", waits for itself" : ""),
  };
  item.command = go(node);
  return item;
}

function chainItem(node: ChainNode, model: TaskTreeModel): vscode.TreeItem {
  const depth = model.task(node.task)?.depth ?? 0;
  const item = new vscode.TreeItem("await chain", model.isOpen(node) ? Expanded : Collapsed);
  item.description = count(depth, "frame");
  item.iconPath = themeIcon({ icon: "git-commit", color: "descriptionForeground" });
  item.contextValue = "chain";
  item.accessibilityInformation = { label: `Await chain, ${count(depth, "frame")}` };
  return item;
}

function frameItem(node: FrameNode): vscode.TreeItem {
  const text = frameText(node.frame);
  const item = new vscode.TreeItem(text.label, None);
  item.description = text.description;
  item.iconPath = new vscode.ThemeIcon("debug-stackframe");
  item.contextValue = "frame";
  item.accessibilityInformation = { label: `Frame ${text.label}, ${text.description}` };
  if (node.frame.location) item.command = go(node);
  return item;
}

function moreItem(node: MoreNode): vscode.TreeItem {
  const item = new vscode.TreeItem(`Show more (${node.hidden.toLocaleString("en-US")} hidden)`, None);
  item.iconPath = new vscode.ThemeIcon("ellipsis");
  item.contextValue = "more";
  item.command = { command: "asyncscope.tasks.showMore", title: "Show More", arguments: [node] };
  return item;
}

function go(node: TaskTreeNode): vscode.Command {
  return { command: "asyncscope.tasks.open", title: "Go to Line", arguments: [node] };
}
