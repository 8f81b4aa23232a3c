/** How a group of tasks reads in a row of the view. Pure functions. */
import type { GroupNode } from "@asyncscope/protocol";
import { cleanText, formatDuration, markdownText, shortLocation } from "../text.js";
import { stateText } from "./task-presentation.js";

/** Outer functions of the await chain that a row names; its hover names all. */
const SHOWN_FUNCTIONS = 2;
/** Lines that a row names. */
const SHOWN_LINES = 3;

/** `1,204 × fetchPage` */
export function groupLabel(group: GroupNode): string {
  return `${group.count.toLocaleString("en-US")} × ${functionName(group.functions[0])}`;
}

/** `crawler.ts:42 · waiting: Queue frontier 0/10 · longest 12 s · in worker`. @param now the program's loop clock */
export function groupDescription(group: GroupNode, now: number): string {
  const outer = group.functions.slice(1, 1 + SHOWN_FUNCTIONS).map(functionName);
  if (group.functions.length > 1 + SHOWN_FUNCTIONS) outer.push("…");
  const parts = [linesText(group), waitText(group)];
  if (group.state === "suspended")
    parts.push(`${group.count === 1 ? "" : "longest "}${formatDuration(now - group.since)}`);
  if (outer.length > 0) parts.push(`in ${outer.join(" ‹ ")}`);
  return parts.filter((part) => part !== "").join(" · ");
}

function waitText(group: GroupNode): string {
  if (group.state !== "suspended") return group.state;
  const { state, kind, label } = group;
  const text = stateText({ state, waits: [{ kind, label, since: 0 }] });
  return group.manyResources ? `${text} and others` : text;
}

/** `crawler.ts:42`, of several in one file `crawler.ts:42, 57`. */
function linesText({ locations }: GroupNode): string {
  const byFile = new Map<string, { readonly first: string; readonly lines: number[] }>();
  for (const at of locations) {
    const known = byFile.get(at.path);
    if (known) known.lines.push(at.line);
    else byFile.set(at.path, { first: shortLocation(at), lines: [] });
  }
  return [...byFile.values()]
    .map(({ first, lines }) => {
      const shown = lines.slice(0, SHOWN_LINES - 1);
      return [first, ...shown, ...(lines.length > shown.length ? ["…"] : [])].join(", ");
    })
    .join(", ");
}

/** For screen readers: one sentence with the same content as the row. */
export function groupAccessibleLabel(group: GroupNode, now: number): string {
  const number = `${group.count.toLocaleString("en-US")} ${group.count === 1 ? "task" : "tasks"}`;
  const where = groupDescription(group, now).replaceAll(" · ", ", ").replaceAll(" ‹ ", ", called from ");
  return `${number} in ${functionName(group.functions[0])}, ${where}`;
}

/** The hover: the whole chain of functions, as Markdown with every part from the program escaped. */
export function groupTooltip(group: GroupNode, now: number): string {
  const lines = [`**${markdownText(groupLabel(group))}** — ${markdownText(waitText(group))}`];
  if (group.state === "suspended") lines.push(`The longest wait lasts ${formatDuration(now - group.since)}`);
  if (group.functions.length > 1)
    lines.push(`Await chain: ${group.functions.map((name) => markdownText(functionName(name))).join(" ‹ ")}`);
  if (group.locations.length > 0)
    lines.push(`Stand at: ${group.locations.map((at) => markdownText(shortLocation(at))).join(", ")}`);
  return lines.join("  \n");
}

export function groupContextValue(group: GroupNode): string {
  return group.locations.length > 0 ? "group located" : "group";
}

function functionName(name: string | undefined): string {
  return cleanText(name ?? "", 120) || "(anonymous)";
}
