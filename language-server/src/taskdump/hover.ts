import type { DumpEntry } from "@asyncscope/debug-adapter/dump/document";
import { MarkupKind, type Hover, type Position } from "vscode-languageserver";
import { entryOf, rangeOf, targetAt, type OpenDump } from "./open-dump.js";

/** Lines shown of an entry, and entries shown of what it waits for. */
const MOST_LINES = 40;
const MOST_WAITED = 3;

/** The whole entry of what is named at a position, and the entries of what that waits for. */
export function hover(open: OpenDump, position: Position): Hover | null {
  const { dump } = open;
  const target = targetAt(dump, position);
  const entry = target === undefined ? undefined : entryOf(dump, target);
  if (entry === undefined) return null;
  const parts = [code(open, entry)];
  if (entry.kind === "task") {
    const waited = waitedFor(open, entry);
    if (waited.length > 0) parts.push("waits for:", ...waited.map((each) => code(open, each)));
  }
  const reference = dump.references.find(
    ({ line, start, end }) =>
      line === position.line && start <= position.character && position.character <= end,
  );
  return {
    contents: { kind: MarkupKind.Markdown, value: parts.join("\n\n") },
    range: rangeOf(reference ?? entry.range),
  };
}

/** The entries that the waits of a task name. */
function waitedFor(open: OpenDump, entry: DumpEntry): DumpEntry[] {
  const found = new Set<DumpEntry>();
  for (const { line, kind, id } of open.dump.references) {
    if (line <= entry.range.line || line > entry.lastOwnLine) continue;
    if (!/^\s*on /.test(lineAt(open, line))) continue;
    const waited = entryOf(open.dump, { kind, id });
    if (waited !== undefined && waited !== entry) found.add(waited);
    if (found.size === MOST_WAITED) break;
  }
  return [...found];
}

/** The lines of an entry as a block of code, without its children. */
function code(open: OpenDump, { range, lastOwnLine }: DumpEntry): string {
  const first = lineAt(open, range.line);
  const indent = first.length - first.trimStart().length;
  const last = Math.min(lastOwnLine, range.line + MOST_LINES - 1);
  const lines: string[] = [];
  for (let line = range.line; line <= last; line++) lines.push(lineAt(open, line).slice(indent));
  if (last < lastOwnLine) lines.push(`    (${lastOwnLine - last} more lines)`);
  const text = lines.join("\n");
  // Names are the program's: nothing in them ends the block.
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}taskdump\n${text}\n${fence}`;
}

function lineAt({ text }: OpenDump, line: number): string {
  const start = { line, character: 0 };
  return text.getText({ start, end: { line: line + 1, character: 0 } }).replace(/[\r\n]+$/, "");
}
