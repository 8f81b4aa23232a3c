/** How a group of tasks reads, in a row of the editor or of a terminal. Pure functions. */
import type { GroupNode, GroupsBody, SourceLocation } from "@asyncscope/protocol";
import { cleanText, count, formatDuration, shortLocation } from "./plain-text.js";
import { countsText, stateText } from "./task-text.js";
import { placeFrom } from "./terminal-tree.js";

/** Outer functions of the await chain that a row names. */
const SHOWN_FUNCTIONS = 2;
/** Lines that a row names. */
const SHOWN_LINES = 3;

/** `1,204 × fetchPage` */
export function groupLabel(group: GroupNode): string {
  return `${countText(group)} × ${groupFunction(group.functions[0])}`;
}

/**
 * `crawler.ts:42 · waiting: Queue frontier 0/10 · longest 12 s · in worker`.
 * @param now the program's loop clock
 * @param place how a position reads
 */
export function groupDescription(
  group: GroupNode,
  now: number,
  place: (location: SourceLocation) => string = shortLocation,
): string {
  const outer = group.functions.slice(1, 1 + SHOWN_FUNCTIONS).map(groupFunction);
  if (group.functions.length > 1 + SHOWN_FUNCTIONS) outer.push("…");
  const parts = [linesText(group, place), groupWait(group)];
  if (group.state === "suspended")
    parts.push(`${group.count === 1 ? "" : "longest "}${formatDuration(now - group.since)}`);
  if (outer.length > 0) parts.push(`in ${outer.join(" ‹ ")}`);
  return parts.filter((part) => part !== "").join(" · ");
}

/** What its tasks wait for, or their state. */
export function groupWait(group: GroupNode): string {
  if (group.state !== "suspended") return group.state;
  const { state, kind, label } = group;
  const text = stateText({ state, waits: [{ kind, label, since: 0 }] });
  return group.manyResources ? `${text} and others` : text;
}

export function groupFunction(name: string | undefined): string {
  return cleanText(name ?? "", 120) || "(anonymous)";
}

/** A heading with counts, then a line for each group, the largest first. @param folder paths are shown relative to it */
export function renderGroups(body: GroupsBody, folder: string): string[] {
  const place = placeFrom(folder);
  const width = Math.max(0, ...body.groups.map((group) => countText(group).length));
  const lines = [
    `Tasks: ${countsText(body.counts) || "none"} · ${count(body.total, "group")}`,
    ...body.groups.map(
      (group) =>
        `${" ".repeat(width - countText(group).length)}${groupLabel(group)}  ${groupDescription(group, body.now, place)}`,
    ),
  ];
  if (body.hiddenTasks > 0)
    lines.push(
      `${count(body.total - body.groups.length, "more group")} with ${count(body.hiddenTasks, "task")}: --limit ${body.total} shows them, up to 1000.`,
    );
  return lines;
}

function countText({ count: tasks }: GroupNode): string {
  return tasks.toLocaleString("en-US");
}

/** `crawler.ts:42`, of several in one file `crawler.ts:42, 57`. */
function linesText({ locations }: GroupNode, place: (location: SourceLocation) => string): string {
  const byFile = new Map<string, { readonly first: string; readonly lines: number[] }>();
  for (const at of locations) {
    const known = byFile.get(at.path);
    if (known) known.lines.push(at.line);
    else byFile.set(at.path, { first: place(at), lines: [] });
  }
  return [...byFile.values()]
    .map(({ first, lines }) => {
      const shown = lines.slice(0, SHOWN_LINES - 1);
      return [first, ...shown, ...(lines.length > shown.length ? ["…"] : [])].join(", ");
    })
    .join(", ");
}
