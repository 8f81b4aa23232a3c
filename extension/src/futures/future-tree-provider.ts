import * as vscode from "vscode";
import { stateIcon, taskDescription, taskLabel } from "../tasks/task-presentation.js";
import { LiveTreeProvider, safeMarkdown, themeIcon } from "../views/live-tree-provider.js";
import type { FutureModel } from "./future-model.js";
import type { FutureRowNode, FutureTaskNode, FutureTreeNode } from "./future-nodes.js";
import {
  futureContextValue,
  futureDescription,
  futureIcon,
  futureLabel,
  futureTooltip,
} from "./future-presentation.js";
import { rowCommand } from "../views/row-command.js";

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** Turns the rows of a {@link FutureModel} into the editor's tree items. */
export class FutureTreeProvider extends LiveTreeProvider<FutureTreeNode, FutureModel> {
  protected override isOwn(node: FutureTreeNode): boolean {
    return node.kind !== "more" && node.kind !== "note";
  }

  protected override tooltip(
    node: FutureTreeNode,
    model: FutureModel,
  ): string | vscode.MarkdownString | undefined {
    const future = node.kind === "future" ? model.future(node.future) : undefined;
    if (future) return safeMarkdown(futureTooltip(future, model.now(), (id) => model.task(id)));
    return node.kind === "awaiter" || node.kind === "creator"
      ? "Show this task in the Tasks view"
      : undefined;
  }

  protected override item(node: FutureTreeNode, model: FutureModel): vscode.TreeItem {
    switch (node.kind) {
      case "future":
        return futureItem(node, model);
      case "awaiter":
      case "creator":
        return taskItem(node, model);
      case "more": {
        const hidden = node.hidden.toLocaleString("en-US");
        const item = new vscode.TreeItem(`Show more (${hidden} hidden)`, None);
        item.iconPath = new vscode.ThemeIcon("ellipsis");
        item.contextValue = "more";
        item.command = { command: "asyncscope.futures.showMore", title: "Show More" };
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

function futureItem(node: FutureRowNode, model: FutureModel): vscode.TreeItem {
  const future = model.future(node.future);
  if (!future) return new vscode.TreeItem("(gone)", None);
  const item = new vscode.TreeItem(futureLabel(future), Collapsed);
  item.description = futureDescription(future, model.now(), (id) => model.task(id));
  item.iconPath = themeIcon(futureIcon(future));
  item.contextValue = futureContextValue(future);
  item.accessibilityInformation = {
    label: `${futureLabel(future)}, ${item.description.replaceAll(" · ", ", ")}`,
  };
  return item;
}

function taskItem(node: FutureTaskNode, model: FutureModel): vscode.TreeItem {
  const task = model.task(node.task);
  const name = task ? taskLabel(task) : `task ${node.task}`;
  const item = new vscode.TreeItem(node.kind === "creator" ? `Made by: ${name}` : name, None);
  item.description = task ? taskDescription(task, model.now()) : "not known any more";
  item.iconPath = themeIcon(task ? stateIcon(task.state) : { icon: "person", color: undefined });
  item.contextValue = task ? "taskLink" : "note";
  item.accessibilityInformation = {
    label: `${node.kind === "creator" ? "Made by" : "Awaited by"} ${name}, ${item.description.replaceAll(" · ", ", ")}`,
  };
  if (task) item.command = rowCommand("asyncscope.futures.revealTask", "Reveal Task");
  return item;
}
