/** How queues, locks and their waiters read in a row of the view. Pure functions. */
import type { ResourceKind, ResourceNode, ResourceWaiter, TaskId, TaskInfo } from "@asyncscope/protocol";
import { taskLabel } from "../tasks/task-presentation.js";
import { cleanText, count, formatDuration, markdownText, shortLocation } from "../text.js";

type NameOf = (task: TaskId) => TaskInfo | undefined;

const ICONS: Readonly<Record<ResourceKind, string>> = {
  queue: "list-ordered",
  "priority-queue": "sort-precedence",
  "lifo-queue": "layers",
  lock: "lock",
  event: "bell",
  condition: "megaphone",
  semaphore: "key",
  "bounded-semaphore": "key",
  barrier: "gather",
  "worker-pool": "server-process",
};

/** Codicon of a primitive and a theme colour: set off when somebody waits for it. */
export function resourceIcon(resource: ResourceNode): { icon: string; color: string | undefined } {
  const free = resource.kind === "lock" && !isHeld(resource);
  const color = resource.waiterCount > 0 ? "charts.yellow" : free ? "charts.green" : undefined;
  return { icon: free ? "unlock" : ICONS[resource.kind], color };
}

function isHeld(resource: ResourceNode): boolean {
  return resource.owner !== undefined && resource.owner !== 0
    ? true
    : resource.state !== "free" && resource.state !== "unlocked";
}

export function resourceLabel(resource: Pick<ResourceNode, "id" | "kind" | "name">): string {
  return cleanText(resource.name) || `${resource.kind}-${resource.id}`;
}

/** `queue · 3/10 · 2 getters waiting`, `lock · locked by worker-7 for 1.2 s · 3 waiting`. */
export function resourceDescription(resource: ResourceNode, now: number, taskOf: NameOf): string {
  const parts = [resource.kind.replaceAll("-", " "), stateOf(resource, now, taskOf)];
  if (resource.unfinished) parts.push(`${resource.unfinished.toLocaleString("en-US")} unfinished`);
  const waiting = waitersText(resource);
  if (waiting !== "") parts.push(waiting);
  return parts.filter((part) => part !== "").join(" · ");
}

function stateOf(resource: ResourceNode, now: number, taskOf: NameOf): string {
  const state = cleanText(resource.state, 80);
  if (!resource.owner) return state;
  const held = resource.ownedSince === undefined ? "" : ` for ${formatDuration(now - resource.ownedSince)}`;
  return `${state} by ${ownerName(resource.owner, taskOf)}${held}`;
}

export function ownerName(task: TaskId, taskOf: NameOf): string {
  const known = taskOf(task);
  if (task === 0) return "code outside any task";
  return known ? taskLabel(known) : `task ${task}`;
}

function waitersText(resource: ResourceNode): string {
  if (resource.waiterCount === 0) return "";
  const roles = new Set(resource.waiters.map((waiter) => waiter.role));
  const [role] = roles;
  if (roles.size === 1 && role !== undefined && role !== "waiter")
    return `${count(resource.waiterCount, role)} waiting`;
  return `${resource.waiterCount.toLocaleString("en-US")} waiting`;
}

/** `Getters (2)` */
export function roleLabel(resource: ResourceNode, role: ResourceWaiter["role"]): string {
  const n = resource.waiters.filter((waiter) => waiter.role === role).length;
  const onlyRole = n === resource.waiters.length;
  const capped = resource.waiterCount > resource.waiters.length;
  const name = `${role.charAt(0).toUpperCase()}${role.slice(1)}s`;
  const number = onlyRole ? resource.waiterCount : n;
  return `${name} (${number.toLocaleString("en-US")}${capped && !onlyRole ? " or more" : ""})`;
}

/** @param lock of a condition, when it is listed. */
export function resourceTooltip(
  resource: ResourceNode,
  now: number,
  taskOf: NameOf,
  lock?: ResourceNode,
): string {
  const lines = [
    `**${markdownText(resourceLabel(resource))}** — ${markdownText(resourceDescription(resource, now, taskOf))}`,
  ];
  if (resource.maxsize !== undefined)
    lines.push(
      resource.maxsize > 0
        ? `At most ${count(resource.maxsize, "item")}`
        : "No limit: it can grow without bound",
    );
  if (lock !== undefined) lines.push(`Lock: ${markdownText(resourceLabel(lock))}`);
  if (resource.createdAtLocation)
    lines.push(`Created at ${markdownText(shortLocation(resource.createdAtLocation))}`);
  return lines.join("  \n");
}

export function resourceContextValue(resource: ResourceNode): string {
  return resource.createdAtLocation ? "resource created" : "resource";
}
