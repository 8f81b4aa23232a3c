import * as vscode from "vscode";
import { stateIcon, taskDescription, taskLabel } from "../tasks/task-presentation.js";
import { cleanText, shortLocation } from "../text.js";
import { LiveTreeProvider, themeIcon } from "../views/live-tree-provider.js";
import {
  findingAccessibleLabel,
  findingIcon,
  findingText,
  findingTitle,
  findingTooltip,
} from "./finding-presentation.js";
import type {
  FindingRowNode,
  FindingsModel,
  FindingTaskNode,
  FindingTreeNode,
  PlaceNode,
} from "./findings-model.js";
import { rowCommand } from "../views/row-command.js";

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
const OPEN = rowCommand("asyncscope.diagnosis.open", "Go to Line");

/** Turns the rows of a {@link FindingsModel} into the editor's tree items. */
export class FindingTreeProvider extends LiveTreeProvider<FindingTreeNode, FindingsModel> {
  protected override isOwn(node: FindingTreeNode): boolean {
    return node.kind === "finding";
  }

  protected override tooltip(node: FindingTreeNode, model: FindingsModel): string | undefined {
    const finding = model.finding(node);
    if (node.kind === "finding") return finding && findingTooltip(finding);
    if (node.kind === "place") return `${node.location.path}:${node.location.line}:${node.location.column}`;
    return node.kind === "task" ? "Show this task in the Tasks view" : undefined;
  }

  protected override item(node: FindingTreeNode, model: FindingsModel): vscode.TreeItem {
    switch (node.kind) {
      case "finding":
        return findingItem(node, model);
      case "place":
        return placeItem(node);
      case "task":
        return taskItem(node, model);
      case "note": {
        const item = new vscode.TreeItem(node.text, None);
        item.contextValue = "note";
        return item;
      }
    }
  }
}

function findingItem(node: FindingRowNode, model: FindingsModel): vscode.TreeItem {
  const finding = model.finding(node);
  if (!finding) return new vscode.TreeItem("", None);
  const collapsible = model.rows(node).length === 0 ? None : model.isExpanded(node) ? Expanded : Collapsed;
  const item = new vscode.TreeItem(findingTitle(finding), collapsible);
  item.description = findingText(finding);
  item.iconPath = themeIcon(findingIcon(finding));
  item.contextValue = "finding";
  item.accessibilityInformation = { label: findingAccessibleLabel(finding) };
  if (finding.locations.length > 0) item.command = OPEN;
  return item;
}

function placeItem(node: PlaceNode): vscode.TreeItem {
  const item = new vscode.TreeItem(shortLocation(node.location), None);
  item.description = cleanText(node.location.functionName ?? "");
  item.iconPath = new vscode.ThemeIcon("debug-stackframe");
  item.contextValue = "place";
  item.accessibilityInformation = { label: `Line ${shortLocation(node.location)}, ${item.description}` };
  item.command = OPEN;
  return item;
}

function taskItem(node: FindingTaskNode, model: FindingsModel): vscode.TreeItem {
  const task = model.task(node.task);
  if (!task) return new vscode.TreeItem(`Task ${node.task}`, None);
  const item = new vscode.TreeItem(taskLabel(task), None);
  item.description = `${node.isBehind ? "cannot go on either · " : ""}${taskDescription(task, model.now())}`;
  item.iconPath = themeIcon(stateIcon(task.state));
  item.contextValue = "task";
  item.accessibilityInformation = {
    label: `Task ${taskLabel(task)}, ${item.description.replaceAll(" · ", ", ")}`,
  };
  item.command = rowCommand("asyncscope.diagnosis.revealTask", "Reveal Task");
  return item;
}
