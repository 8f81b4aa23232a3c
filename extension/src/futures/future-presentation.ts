/** How awaited futures read in a row of the view. Pure functions. */
import type { FutureNode, TaskId, TaskNode } from "@asyncscope/protocol";
import { taskLabel } from "../tasks/task-presentation.js";
import { cleanText, count, formatDuration, markdownText, shortLocation } from "../text.js";

type NameOf = (task: TaskId) => TaskNode | undefined;

/** Codicons of the kinds that are told apart. */
const ICONS: Readonly<Partial<Record<FutureNode["kind"], string>>> = {
  promise: "symbol-event",
  gather: "layers",
  wait: "layers",
  shield: "shield",
  thread: "server-process",
  process: "terminal",
};

export function futureIcon(future: FutureNode): { icon: string; color: string } {
  return { icon: ICONS[future.kind] ?? "watch", color: "charts.blue" };
}

export function futureLabel(future: FutureNode): string {
  return cleanText(future.label, 120) || future.kind;
}

/** `pending · awaited by fetcher and 3 more tasks · 1.2 s · made by main at crawler.ts:12`. */
export function futureDescription(future: FutureNode, now: number, taskOf: NameOf): string {
  const [first] = future.awaiters;
  const more = future.awaiterCount - 1;
  const others = more > 0 ? ` and ${count(more, "more task", "more tasks")}` : "";
  const made = [
    future.creator === 0 ? "" : ` by ${nameOf(future.creator, taskOf)}`,
    future.createdAtLocation ? ` at ${shortLocation(future.createdAtLocation)}` : "",
  ].join("");
  return [
    `pending, awaited by ${nameOf(first ?? 0, taskOf)}${others}`,
    formatDuration(now - future.since),
    made === "" ? "" : `made${made}`,
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function nameOf(task: TaskId, taskOf: NameOf): string {
  const known = taskOf(task);
  return known ? taskLabel(known) : `task ${task}`;
}

export function futureTooltip(future: FutureNode, now: number, taskOf: NameOf): string {
  const lines = [
    `**${markdownText(futureLabel(future))}** — ${markdownText(futureDescription(future, now, taskOf))}`,
  ];
  if (!future.createdAtLocation)
    lines.push("Where it was made is known of the program's own futures, of up to 500 a second");
  return lines.join("  \n");
}

export function futureContextValue(future: FutureNode): string {
  return future.createdAtLocation ? "future created" : "future";
}
