import type { DumpPosition, DumpResourceRef, DumpTaskRef } from "@asyncscope/protocol";
import type {
  DumpDiagnostic,
  DumpDocument,
  DumpEntry,
  DumpLink,
  DumpProblem,
  DumpRange,
  DumpReference,
} from "./document.js";
import { INDENT } from "./notation.js";

/** Problems beyond these are only counted. */
const MOST_DIAGNOSTICS = 100;

/** One line of a dump. */
export interface DumpLine {
  readonly number: number;
  readonly text: string;
  /** Without the spaces in front of it and behind it. */
  readonly body: string;
  /** Spaces in front. */
  readonly indent: number;
  readonly level: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Collects what a parser finds beside the dump itself. */
export class DocumentBuilder {
  readonly entries: Mutable<DumpEntry>[] = [];
  readonly links: DumpLink[] = [];
  readonly references: DumpReference[] = [];
  readonly diagnostics: DumpDiagnostic[] = [];
  #unlisted = 0;

  problem(code: DumpProblem, severity: "error" | "warning", range: DumpRange, message: string): void {
    if (this.diagnostics.length < MOST_DIAGNOSTICS)
      this.diagnostics.push({ ...range, code, severity, message });
    else this.#unlisted++;
  }

  unreadable(line: DumpLine, expected: string): void {
    this.problem(
      "unreadable-line",
      "error",
      whole(line),
      `This line cannot be read: ${expected} is expected here. The rest of the dump is shown.`,
    );
  }

  /** Opens an entry; those of its level and below end. */
  open(entry: Omit<DumpEntry, "lastLine" | "lastOwnLine">): void {
    const { line } = entry.range;
    this.entries.push({ ...entry, lastLine: line, lastOwnLine: line });
  }

  /** Says more about the entry that was opened last. */
  detail(text: string): void {
    const entry = this.entries.at(-1);
    if (entry !== undefined) entry.detail = text;
  }

  /** A task named at `at` in the body of a line. */
  taskRef(line: DumpLine, name: string, id: string, at: number): DumpTaskRef {
    return this.#reference(line, "task", name, id, at);
  }

  /** A queue, lock or other named at `at` in the body of a line. */
  resourceRef(line: DumpLine, name: string, id: string, at: number): DumpResourceRef {
    return this.#reference(line, "resource", name, id, at);
  }

  #reference(line: DumpLine, kind: DumpReference["kind"], name: string, id: string, at: number): DumpTaskRef {
    const start = line.indent + at;
    this.references.push({
      line: line.number,
      start,
      end: start + name.length + id.length + 2,
      kind,
      id: Number(id),
    });
    return { id: Number(id), name };
  }

  /** The position that stands before the closing parenthesis of a line. */
  position(line: DumpLine, path: string, lineNumber: string, column: string): DumpPosition {
    const position = { path, line: Number(lineNumber), column: Number(column) };
    const end = line.indent + line.body.length - 1;
    const start = end - path.length - lineNumber.length - column.length - 2;
    this.links.push({ line: line.number, start, end, position });
    return position;
  }

  /** @param lines those that can belong to entries. */
  finish(dump: DumpDocument["dump"], lines: readonly DumpLine[]): DumpDocument {
    if (this.#unlisted > 0)
      this.diagnostics.push({
        line: 0,
        start: 0,
        end: lines[0]?.text.length ?? 0,
        severity: "warning",
        code: "too-many",
        message: `${this.#unlisted} more problems are not listed.`,
      });
    this.#close(lines);
    const { entries, links, references, diagnostics } = this;
    return { dump, entries, links, references, diagnostics };
  }

  /** An entry reaches to the line before the next one that does not stand under it, blank lines left out. */
  #close(lines: readonly DumpLine[]): void {
    let last = lines.length - 1;
    while (last > 0 && lines[last]!.body === "") last--;
    /** By level: the line before the nearest later entry of that level or above. */
    const ends: number[] = [];
    let next = last;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]!;
      let end = last;
      for (let level = 0; level <= entry.level && level < ends.length; level++)
        end = Math.min(end, ends[level] ?? last);
      entry.lastLine = filled(lines, Math.max(end, entry.range.line));
      entry.lastOwnLine = filled(lines, Math.max(Math.min(next, end), entry.range.line));
      ends[entry.level] = entry.range.line - 1;
      ends.length = entry.level + 1;
      next = entry.range.line - 1;
    }
  }
}

/** The last line up to `end` that is not blank. */
function filled(lines: readonly DumpLine[], end: number): number {
  let at = end;
  while (at > 0 && lines[at]?.body === "") at--;
  return at;
}

/** The range of a line's text without the spaces around it. */
export function whole({ number, indent, body }: DumpLine): DumpRange {
  return { line: number, start: indent, end: indent + body.length };
}

export function dumpLines(text: string): DumpLine[] {
  return text.split(/\r\n|\r|\n/).map((line, number) => {
    const plain = number === 0 ? line.replace(/^\ufeff/, "") : line;
    const body = plain.trim();
    const indent = line.length - line.trimStart().length;
    return { number, text: line, body, indent, level: Math.floor(indent / INDENT) };
  });
}
