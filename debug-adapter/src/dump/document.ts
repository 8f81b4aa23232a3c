/** What is found in the text of a dump. Lines and characters count from 0, as in the Language Server Protocol. */
import type { DumpPosition, TaskDump } from "@asyncscope/protocol";

/** A part of one line; `end` is behind its last character (UTF-16 units). */
export interface DumpRange {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

export interface DumpDiagnostic extends DumpRange {
  readonly severity: "error" | "warning";
  readonly code: DumpProblem;
  /** Says what to do, too. */
  readonly message: string;
}

export type DumpProblem =
  | "no-dump" // the first line is another one
  | "version"
  | "unreadable-line"
  | "indentation"
  | "duplicate"
  | "truncated"
  | "counts"
  | "too-many"; // more problems than are listed

/** A heading, a finding, a cycle, a task, a queue or lock: what an outline lists and an editor folds. */
export interface DumpEntry {
  readonly kind: "section" | "finding" | "cycle" | "task" | "resource";
  /** 0 for all but tasks and resources. */
  readonly id: number;
  readonly name: string;
  /** State of a task, and whether it floats; kind and state of a resource; kind of a finding. */
  readonly detail: string;
  /** Its name in its first line. */
  readonly range: DumpRange;
  /** Last line that belongs to it, with its children. */
  readonly lastLine: number;
  /** Last line of its own, before its children. */
  readonly lastOwnLine: number;
  /** Sections 0, what stands under them from 1. */
  readonly level: number;
}

/** A source position that can be opened. `path` may begin with `~`: the home folder. */
export interface DumpLink extends DumpRange {
  readonly position: DumpPosition;
}

/** Text that names a task or resource. */
export interface DumpReference extends DumpRange {
  readonly kind: "task" | "resource";
  readonly id: number;
}

export interface DumpDocument {
  /** What could be read; of a cut or damaged text the rest of it. */
  readonly dump: TaskDump;
  /** In the order of the text. */
  readonly entries: readonly DumpEntry[];
  readonly links: readonly DumpLink[];
  readonly references: readonly DumpReference[];
  readonly diagnostics: readonly DumpDiagnostic[];
}
