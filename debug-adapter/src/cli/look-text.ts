/** How a look reads in a terminal. */
import { cleanText, count } from "../text/plain-text.js";
import { renderTable } from "../text/task-table.js";
import { placeFrom, renderTree } from "../text/terminal-tree.js";
import { FROM_HEAP, NOT_RECORDED } from "./look.js";
import type { Look } from "./look.js";
import { priceOf } from "./plain-program.js";
import type { QuickLook } from "./plain-program.js";

export interface LookTextOptions {
  readonly kind: "table" | "tree";
  readonly limit: number;
  readonly folder: string;
  readonly width: number;
  readonly color: boolean;
}

export function lookText(seen: Look, options: LookTextOptions): string {
  return [heading(seen), ...blockedLines(seen, options.folder), ...body(seen, options)].join("\n");
}

function body(seen: Look, options: LookTextOptions): string[] {
  const { quick, tree, pid } = seen;
  if (quick !== undefined) return quickLines(quick, pid, options.kind);
  const { folder, width, color } = options;
  const chains = new Map(Object.entries(seen.chains ?? {}).map(([id, chain]) => [Number(id), chain]));
  const rows =
    options.kind === "table"
      ? renderTable(tree, folder)
      : [...findingLines(seen), ...renderTree(tree, { width, height: Infinity, color, folder, chains })];
  return [...rows, ...notes(seen, options.limit)];
}

/** The first line of every look. */
export function heading({
  pid,
  program,
  node,
  runtime,
}: Pick<Look, "pid" | "program" | "node" | "runtime">): string {
  const what = runtime === "" ? "no asyncscope runtime" : `asyncscope ${runtime}`;
  return `${cleanText(program)} (process ${pid}, Node ${node}, ${what})`;
}

/** Above the tree: what is wrong. */
function findingLines({ findings }: Look): string[] {
  return findings.length === 0 ? [] : [...findings.map(({ text }) => cleanText(text, 4000)), ""];
}

function blockedLines({ blocked }: Look, folder: string): string[] {
  if (blocked === undefined) return [];
  const place = placeFrom(folder);
  return [
    "The event loop is blocked: no timer, request or promise goes on. Its thread was in",
    ...blocked.map(
      ({ functionName, location }) =>
        `    at ${cleanText(functionName) || "(anonymous)"}${location === undefined ? "" : `  ${place(location)}`}`,
    ),
    "",
  ];
}

function quickLines({ active, estimate }: QuickLook, pid: number, kind: "table" | "tree"): string[] {
  const kinds = Object.entries(active).sort(([, a], [, b]) => b - a);
  const names = kinds.map(([name, n]) => `${n.toLocaleString("en-US")} ${cleanText(name, 60)}`);
  return [
    `It is kept alive by: ${names.join(", ") || "nothing that Node counts"}`,
    `What its async functions wait for stands in its heap: asyncscope ${kind === "tree" ? "tree" : "ps"} ${pid} --snapshot reads it. For that ${priceOf(estimate)}.`,
  ];
}

function notes({ recorded, tree, runtime }: Look, limit: number): string[] {
  const lines: string[] = [];
  if (tree.hidden > 0) lines.push(`${tree.hidden} more: --limit ${limit + tree.hidden} shows them.`);
  if (!recorded && tree.tasks.length > 0) lines.push(runtime === "" ? FROM_HEAP : NOT_RECORDED);
  if (runtime === "" && tree.tasks.length === 0)
    lines.push(`${count(0, "async function")} of the program stand in an await.`);
  return lines;
}
