/** How a group of tasks reads in a row of the view, beside what it reads like in a terminal. Pure functions. */
import type { GroupNode } from "@asyncscope/protocol";
import {
  groupDescription,
  groupFunction,
  groupLabel,
  groupWait,
} from "@asyncscope/debug-adapter/text/group-text";
import { formatDuration, markdownText, shortLocation } from "../text.js";

export { groupDescription, groupLabel } from "@asyncscope/debug-adapter/text/group-text";

/** For screen readers: one sentence with the same content as the row. */
export function groupAccessibleLabel(group: GroupNode, now: number): string {
  const number = `${group.count.toLocaleString("en-US")} ${group.count === 1 ? "task" : "tasks"}`;
  const where = groupDescription(group, now).replaceAll(" · ", ", ").replaceAll(" ‹ ", ", called from ");
  return `${number} in ${groupFunction(group.functions[0])}, ${where}`;
}

/** The hover: the whole chain of functions, as Markdown with every part from the program escaped. */
export function groupTooltip(group: GroupNode, now: number): string {
  const lines = [`**${markdownText(groupLabel(group))}** — ${markdownText(groupWait(group))}`];
  if (group.state === "suspended") lines.push(`The longest wait lasts ${formatDuration(now - group.since)}`);
  if (group.functions.length > 1)
    lines.push(
      `Await chain: ${group.functions.map((name) => markdownText(groupFunction(name))).join(" ‹ ")}`,
    );
  if (group.locations.length > 0)
    lines.push(`Stand at: ${group.locations.map((at) => markdownText(shortLocation(at))).join(", ")}`);
  return lines.join("  \n");
}

export function groupContextValue(group: GroupNode): string {
  return group.locations.length > 0 ? "group located" : "group";
}
