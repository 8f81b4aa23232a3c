import type { DumpDocument } from "@asyncscope/debug-adapter/dump/document";
import type { Location, Position, Range } from "vscode-languageserver";
import { entryOf, rangeOf, targetAt } from "./open-dump.js";

/** From whoever waits, owns or was named to the entry of that task, queue or lock. */
export function definition(dump: DumpDocument, position: Position, uri: string): Location | null {
  const target = targetAt(dump, position);
  const entry = target === undefined ? undefined : entryOf(dump, target);
  return entry === undefined ? null : { uri, range: rangeOf(entry.range) };
}

/** Where a task, queue or lock is named. */
export function references(dump: DumpDocument, position: Position, withEntry: boolean): Range[] {
  const target = targetAt(dump, position);
  if (target === undefined) return [];
  const entry = withEntry ? entryOf(dump, target) : undefined;
  const named = dump.references.filter(({ kind, id }) => kind === target.kind && id === target.id);
  return [...(entry === undefined ? [] : [entry.range]), ...named].map(rangeOf);
}
