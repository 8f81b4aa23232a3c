/** Queues, locks and other primitives as lines of a terminal. */
import type { ResourceNode, ResourcesBody, ResourceWaiter } from "@asyncscope/protocol";
import { cleanText, count, formatDuration } from "./plain-text.js";
import { taskLabel } from "./task-text.js";
import { placeFrom } from "./terminal-tree.js";

/** Waiters that are named. */
const MOST_WAITERS = 5;

/** A line for each, and under it who holds it and who waits. @param folder paths are shown relative to it */
export function renderQueues(body: ResourcesBody, folder: string): string[] {
  const place = placeFrom(folder);
  const ageless = new Set(body.tasks.filter(({ ageUnknown }) => ageUnknown === true).map(({ id }) => id));
  const names = new Map(body.tasks.map((task) => [task.id, taskLabel(task)]));
  const nameOf = (task: number): string =>
    task === 0 ? "code outside any task" : (names.get(task) ?? `task ${task}`);
  const age = (since: number | undefined): string =>
    since === undefined ? "" : ` for ${formatDuration(body.now - since)}`;
  const lines = [`Queues & Locks: ${body.total === 0 ? "none" : body.total}`];
  for (const resource of body.resources) {
    const at = resource.createdAtLocation === undefined ? "" : `  ${place(resource.createdAtLocation)}`;
    lines.push(`${headOf(resource)}${at}`);
    if (resource.owner !== undefined && resource.owner !== 0)
      lines.push(`  held by ${nameOf(resource.owner)}${age(resource.ownedSince)}`);
    const shown = resource.waiters.slice(0, MOST_WAITERS);
    for (const { task, role, since } of shown)
      lines.push(`  ${roleText(role)} ${nameOf(task)}${ageless.has(task) ? "" : age(since)}`);
    if (resource.waiterCount > shown.length)
      lines.push(`  … ${count(resource.waiterCount - shown.length, "more waiter")}`);
  }
  return lines;
}

function headOf({ kind, name, state, unfinished }: ResourceNode): string {
  const left = unfinished ? `, ${unfinished} unfinished` : "";
  return `${kind.replaceAll("-", " ")} ${cleanText(name)}: ${cleanText(state, 100)}${left}`;
}

function roleText(role: ResourceWaiter["role"]): string {
  switch (role) {
    case "getter":
      return "waits to get:";
    case "putter":
      return "waits to put:";
    case "joiner":
      return "waits for its end:";
    case "waiter":
      return "waits:";
  }
}
