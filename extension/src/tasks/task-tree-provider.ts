import * as vscode from "vscode";
import type { TaskNode } from "@asyncscope/protocol";
import { count } from "../text.js";
import { LiveTreeProvider, safeMarkdown, themeIcon } from "../views/live-tree-provider.js";
import {
  groupAccessibleLabel,
  groupContextValue,
  groupDescription,
  groupLabel,
  groupTooltip,
} from "./group-presentation.js";
import type {
  ChainNode,
  FrameNode,
  GroupRowNode,
  MoreNode,
  TaskRowNode,
  TaskTreeNode,
} from "./task-nodes.js";
import type { TaskOrders } from "./task-orders.js";
import {
  frameText,
  stateIcon,
  taskAccessibleLabel,
  taskContextValue,
  taskDescription,
  taskLabel,
} from "./task-presentation.js";
import { taskTooltip } from "./task-tooltip.js";
import { rowCommand } from "../views/row-command.js";

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
const GO = rowCommand("asyncscope.tasks.open", "Go to Line");

/** Turns the rows of a {@link TaskOrders} into the editor's tree items. */
export class TaskTreeProvider extends LiveTreeProvider<TaskTreeNode, TaskOrders> {
  protected override item(node: TaskTreeNode, model: TaskOrders): vscode.TreeItem {
    switch (node.kind) {
      case "task":
        return taskItem(node, model.task(node.task), model);
      case "group":
        return groupItem(node, model);
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
    return node.kind === "task" || node.kind === "group" || node.kind === "chain";
  }

  protected override tooltip(
    node: TaskTreeNode,
    model: TaskOrders,
  ): string | vscode.MarkdownString | undefined {
    const task = node.kind === "task" ? model.task(node.task) : undefined;
    if (task)
      return safeMarkdown(
        taskTooltip(task, model.now(), (id) => {
          const other = model.task(id);
          return other && taskLabel(other);
        }),
      );
    const group = node.kind === "group" ? model.group(node.group) : undefined;
    if (group) return safeMarkdown(groupTooltip(group, model.now()));
    if (node.kind === "chain")
      return "The frames of the task, innermost first: each one awaits the one above it.";
    if (node.kind === "more") return "Shows the next ones. A filter finds a task faster.";
    const at = node.kind === "frame" ? node.frame.location : undefined;
    return at && `${at.path}:${at.line}:${at.column}`;
  }
}

function taskItem(node: TaskRowNode, task: TaskNode | undefined, model: TaskOrders): vscode.TreeItem {
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
  item.command = GO;
  return item;
}

function groupItem(node: GroupRowNode, model: TaskOrders): vscode.TreeItem {
  const group = model.group(node.group);
  if (!group) return new vscode.TreeItem("(gone)", None);
  const now = model.now();
  const item = new vscode.TreeItem(groupLabel(group), model.isOpen(node) ? Expanded : Collapsed);
  item.iconPath = themeIcon(stateIcon(group.state));
  item.description = groupDescription(group, now);
  item.contextValue = groupContextValue(group);
  item.accessibilityInformation = { label: groupAccessibleLabel(group, now) };
  if (group.locations.length > 0) item.command = GO;
  return item;
}

function chainItem(node: ChainNode, model: TaskOrders): vscode.TreeItem {
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
  if (node.frame.location) item.command = GO;
  return item;
}

function moreItem(node: MoreNode): vscode.TreeItem {
  const hidden = node.what ?? node.hidden.toLocaleString("en-US");
  const item = new vscode.TreeItem(`Show more (${hidden} hidden)`, None);
  item.iconPath = new vscode.ThemeIcon("ellipsis");
  item.contextValue = "more";
  item.command = rowCommand("asyncscope.tasks.showMore", "Show More");
  return item;
}
