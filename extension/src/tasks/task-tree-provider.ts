import * as vscode from "vscode";
import type { TaskNode } from "@asyncscope/protocol";
import { count } from "../text.js";
import type { TaskTreeNode, TaskRowNode } from "./task-nodes.js";
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
export class TaskTreeProvider implements vscode.TreeDataProvider<TaskTreeNode> {
  readonly #onChange = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#onChange.event;

  constructor(private readonly model: () => TaskTreeModel | undefined) {}

  redraw(): void {
    this.#onChange.fire(undefined);
  }

  async getChildren(node?: TaskTreeNode): Promise<TaskTreeNode[]> {
    return [...((await this.model()?.children(node)) ?? [])];
  }

  getParent(node: TaskTreeNode): TaskTreeNode | undefined {
    return node.parent;
  }

  getTreeItem(node: TaskTreeNode): vscode.TreeItem {
    const item = this.#item(node);
    item.id = `${this.model()?.session.id ?? ""}:${node.path}`;
    return item;
  }

  /** Hovers are made when they are shown. */
  resolveTreeItem(item: vscode.TreeItem, node: TaskTreeNode): vscode.TreeItem {
    const model = this.model();
    const task = node.kind === "task" ? model?.task(node.task) : undefined;
    if (!model || !task) return item;
    const text = taskTooltip(task, model.now(), (id) => {
      const other = model.task(id);
      return other && taskLabel(other);
    });
    const tooltip = new vscode.MarkdownString(text);
    tooltip.isTrusted = false;
    tooltip.supportHtml = false;
    item.tooltip = tooltip;
    return item;
  }

  #item(node: TaskTreeNode): vscode.TreeItem {
    const model = this.model();
    switch (node.kind) {
      case "task": {
        const task = model?.task(node.task);
        return model && task ? taskItem(node, task, model) : new vscode.TreeItem(`Task ${node.task}`, None);
      }
      case "chain": {
        const depth = model?.task(node.task)?.depth ?? 0;
        const item = new vscode.TreeItem("await chain", model?.isOpen(node) ? Expanded : Collapsed);
        item.description = count(depth, "frame");
        item.iconPath = new vscode.ThemeIcon("git-commit", new vscode.ThemeColor("descriptionForeground"));
        item.contextValue = "chain";
        item.tooltip = "The frames of the task, innermost first: each one awaits the one above it.";
        item.accessibilityInformation = { label: `Await chain, ${count(depth, "frame")}` };
        return item;
      }
      case "frame": {
        const text = frameText(node.frame);
        const item = new vscode.TreeItem(text.label, None);
        item.description = text.description;
        item.iconPath = new vscode.ThemeIcon("debug-stackframe");
        item.contextValue = "frame";
        item.tooltip = node.frame.location
          ? `${node.frame.location.path}:${node.frame.location.line}:${node.frame.location.column}`
          : text.description;
        item.accessibilityInformation = { label: `Frame ${text.label}, ${text.description}` };
        if (node.frame.location) item.command = go(node);
        return item;
      }
      case "more": {
        const item = new vscode.TreeItem(`Show more (${node.hidden.toLocaleString("en-US")} hidden)`, None);
        item.iconPath = new vscode.ThemeIcon("ellipsis");
        item.contextValue = "more";
        item.tooltip = "Shows the next ones. A filter finds a task faster.";
        item.command = { command: "asyncscope.tasks.showMore", title: "Show More", arguments: [node] };
        return item;
      }
      case "note": {
        const item = new vscode.TreeItem(node.text, None);
        item.contextValue = "note";
        return item;
      }
    }
  }
}

function taskItem(node: TaskRowNode, task: TaskNode, model: TaskTreeModel): vscode.TreeItem {
  const now = model.now();
  const collapsible = model.hasChildren(node) ? (model.isOpen(node) ? Expanded : Collapsed) : None;
  const item = new vscode.TreeItem(taskLabel(task), collapsible);
  const icon = stateIcon(task.state);
  item.iconPath = new vscode.ThemeIcon(icon.icon, icon.color ? new vscode.ThemeColor(icon.color) : undefined);
  const notes = [node.cycle ? "waits for itself (cycle)" : "", taskDescription(task, now)];
  item.description = notes.filter((note) => note !== "").join(" · ");
  item.contextValue = taskContextValue(task);
  item.accessibilityInformation = {
    label: taskAccessibleLabel(task, now) + (node.cycle ? ", waits for itself" : ""),
  };
  item.command = go(node);
  return item;
}

function go(node: TaskTreeNode): vscode.Command {
  return { command: "asyncscope.tasks.open", title: "Go to Line", arguments: [node] };
}
