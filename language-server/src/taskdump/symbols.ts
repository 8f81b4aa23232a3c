import type { DumpDocument, DumpEntry } from "@asyncscope/debug-adapter/dump/document";
import { SymbolKind, type DocumentSymbol } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { rangeOf } from "./open-dump.js";

const KINDS: Readonly<Record<DumpEntry["kind"], SymbolKind>> = {
  section: SymbolKind.Namespace,
  finding: SymbolKind.Event,
  cycle: SymbolKind.Event,
  task: SymbolKind.Function,
  resource: SymbolKind.Object,
};

/** The outline: sections, tasks under those that created them, queues and locks. */
export function documentSymbols({ entries }: DumpDocument, text: TextDocument): DocumentSymbol[] {
  const roots: DocumentSymbol[] = [];
  const path: DocumentSymbol[] = [];
  for (const entry of entries) {
    const { line } = entry.range;
    const end = text.offsetAt({ line: entry.lastLine, character: Number.MAX_SAFE_INTEGER });
    const symbol: DocumentSymbol = {
      name: entry.name.trim() || "?",
      detail: entry.detail,
      kind: KINDS[entry.kind],
      range: { start: { line, character: 0 }, end: text.positionAt(end) },
      selectionRange: rangeOf(entry.range),
      children: [],
    };
    path.length = Math.min(path.length, entry.level);
    const parent = path.at(-1);
    (parent === undefined ? roots : parent.children!).push(symbol);
    path.push(symbol);
  }
  return roots;
}
