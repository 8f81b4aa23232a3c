import type { ResourceNode } from "@asyncscope/protocol";
import * as vscode from "vscode";
import { stateIcon, taskDescription, taskLabel } from "../tasks/task-presentation.js";
import { cleanText, formatDuration } from "../text.js";
import { LiveTreeProvider, safeMarkdown, themeIcon } from "../views/live-tree-provider.js";
import type { ResourceModel } from "./resource-model.js";
import type { OwnerNode, ResourceTreeNode, ValueNode, WaiterNode } from "./resource-nodes.js";
import {
  ownerName,
  resourceContextValue,
  resourceDescription,
  resourceIcon,
  resourceLabel,
  resourceTooltip,
  roleLabel,
} from "./resource-presentation.js";
import { rowCommand } from "../views/row-command.js";

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** Turns the rows of a {@link ResourceModel} into the editor's tree items. */
export class ResourceTreeProvider extends LiveTreeProvider<ResourceTreeNode, ResourceModel> {
  protected override isOwn(node: ResourceTreeNode): boolean {
    return node.kind === "resource" || node.kind === "items" || node.kind === "waiters";
  }

  protected override tooltip(
    node: ResourceTreeNode,
    model: ResourceModel,
  ): string | vscode.MarkdownString | undefined {
    if (node.kind === "value") {
      const { type, value } = node.value;
      return `${type ? `${cleanText(type)}: ` : ""}${cleanText(value, 1000)}`;
    }
    if (node.kind === "owner" || node.kind === "waiter") return "Show this task in the Tasks view";
    const resource = node.kind === "resource" ? model.resource(node.resource) : undefined;
    if (!resource) return undefined;
    const lock = resource.lock === undefined ? undefined : model.resource(resource.lock);
    return safeMarkdown(resourceTooltip(resource, model.now(), (task) => model.task(task), lock));
  }

  protected override item(node: ResourceTreeNode, model: ResourceModel): vscode.TreeItem {
    switch (node.kind) {
      case "resource":
        return resourceItem(node.resource, model, model.rows(node).length > 0);
      case "owner":
      case "waiter":
        return taskItem(node, model);
      case "items": {
        const resource = model.resource(node.resource);
        const size = (resource?.size ?? 0).toLocaleString("en-US");
        return groupItem(`Items (${size})`, "symbol-array", resource);
      }
      case "waiters": {
        const resource = model.resource(node.resource);
        return groupItem(resource ? roleLabel(resource, node.role) : node.role, "watch", resource);
      }
      case "value":
        return valueItem(node);
      case "more": {
        const hidden = node.hidden === undefined ? "" : ` (${node.hidden.toLocaleString("en-US")} hidden)`;
        const item = new vscode.TreeItem(`Show more${hidden}`, None);
        item.iconPath = new vscode.ThemeIcon("ellipsis");
        item.contextValue = "more";
        item.command = rowCommand("asyncscope.resources.showMore", "Show More");
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

function resourceItem(id: number, model: ResourceModel, expandable: boolean): vscode.TreeItem {
  const resource = model.resource(id);
  if (!resource) return new vscode.TreeItem(`Resource ${id}`, None);
  const taskOf = (task: number) => model.task(task);
  const item = new vscode.TreeItem(resourceLabel(resource), expandable ? Collapsed : None);
  const icon = resourceIcon(resource);
  item.description = resourceDescription(resource, model.now(), taskOf);
  item.iconPath = themeIcon(icon);
  item.contextValue = resourceContextValue(resource);
  item.accessibilityInformation = {
    label: `${resourceLabel(resource)}, ${item.description.replaceAll(" · ", ", ")}`,
  };
  if (resource.createdAtLocation && !expandable)
    item.command = rowCommand("asyncscope.resources.revealCreated", "Go to Line");
  return item;
}

function taskItem(node: OwnerNode | WaiterNode, model: ResourceModel): vscode.TreeItem {
  const task = model.task(node.task);
  const name = ownerName(node.task, (id) => model.task(id));
  const item = new vscode.TreeItem(node.kind === "owner" ? `Owner: ${name}` : name, None);
  const since = node.since === undefined ? "" : formatDuration(model.now() - node.since);
  const owned = [since === "" ? "" : `for ${since}`, task ? taskDescription(task, model.now()) : ""];
  item.description = node.kind === "owner" ? owned.filter((part) => part !== "").join(" · ") : since;
  const icon = task ? stateIcon(task.state) : { icon: "person", color: undefined };
  item.iconPath = themeIcon(icon);
  item.contextValue = task ? "taskLink" : "note";
  item.accessibilityInformation = {
    label: `${node.kind === "owner" ? "Owned by" : "Waiting:"} ${task ? taskLabel(task) : name}, ${item.description}`,
  };
  if (task) {
    item.command = rowCommand("asyncscope.resources.revealTask", "Reveal Task");
  }
  return item;
}

function groupItem(label: string, icon: string, resource: ResourceNode | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(label, Collapsed);
  item.iconPath = themeIcon({ icon, color: "descriptionForeground" });
  item.contextValue = "group";
  // Without the row above it, which a screen reader has left behind, nobody knows whose items these are.
  if (resource) item.accessibilityInformation = { label: `${label} of ${resourceLabel(resource)}` };
  return item;
}

function valueItem(node: ValueNode): vscode.TreeItem {
  const { name, value, variablesReference } = node.value;
  const item = new vscode.TreeItem(cleanText(name), variablesReference > 0 ? Collapsed : None);
  item.description = cleanText(value, 300);
  item.contextValue = "value";
  item.accessibilityInformation = { label: `${cleanText(name)}: ${item.description}` };
  return item;
}
