import type { DumpDocument } from "@asyncscope/debug-adapter/dump/document";
import type { FoldingRange } from "vscode-languageserver";

/** Sections and entries; a task folds with those it created. */
export function foldingRanges(dump: DumpDocument): FoldingRange[] {
  return dump.entries
    .filter(({ range, lastLine }) => lastLine > range.line)
    .map(({ range, lastLine }) => ({ startLine: range.line, endLine: lastLine }));
}
