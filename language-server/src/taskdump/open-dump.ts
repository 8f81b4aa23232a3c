import type { DumpDocument, DumpEntry, DumpRange } from "@asyncscope/debug-adapter/dump/document";
import type { Position, Range } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";

/** A dump that is open in the editor. */
export interface OpenDump {
  readonly text: TextDocument;
  /** The one that was parsed. */
  readonly version: number;
  readonly dump: DumpDocument;
}

/** Something that an entry describes. */
export interface Target {
  readonly kind: "task" | "resource";
  readonly id: number;
}

export function rangeOf({ line, start, end }: DumpRange): Range {
  return { start: { line, character: start }, end: { line, character: end } };
}

function holds({ line, start, end }: DumpRange, position: Position): boolean {
  return position.line === line && position.character >= start && position.character <= end;
}

/** What is named at a position: by a reference, or by its own entry. */
export function targetAt(dump: DumpDocument, position: Position): Target | undefined {
  const reference = dump.references.find((range) => holds(range, position));
  if (reference !== undefined) return reference;
  for (const { kind, id, range } of dump.entries)
    if ((kind === "task" || kind === "resource") && range.line === position.line) return { kind, id };
  return undefined;
}

export function entryOf(dump: DumpDocument, target: Target): DumpEntry | undefined {
  return dump.entries.find(({ kind, id }) => kind === target.kind && id === target.id);
}
