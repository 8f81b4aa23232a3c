/** Tasks as a table in a terminal. */
import type { TreeBody } from "@asyncscope/protocol";
import { cleanText } from "./plain-text.js";
import { ageText, taskLabel, waitsText } from "./task-text.js";
import { placeFrom, summary } from "./terminal-tree.js";

const HEADINGS = ["ID", "NAME", "STATE", "WAITS FOR", "SINCE", "LINE"];
/** Longest cell of each column but the last. */
const WIDEST = 44;

/** A heading with counts, then a line for each task in the order of their ids. */
export function renderTable(body: TreeBody, folder: string | undefined): string[] {
  const place = placeFrom(folder);
  const rows = [...body.tasks]
    .sort((a, b) => a.id - b.id)
    .map((task) => {
      const location = task.location ?? (task.state === "suspended" ? undefined : task.createdAtLocation);
      return [
        String(task.id),
        taskLabel(task),
        task.state,
        task.state === "failed" ? (task.error ?? "") : waitsText(task.waits),
        ageText(task, body.now),
        location === undefined ? "" : place(location),
      ].map((cell, column) => cleanText(cell, column === HEADINGS.length - 1 ? 500 : WIDEST));
    });
  const table = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
  return [summary(body), ...(rows.length === 0 ? [] : lines)];
}
