import type { FutureId, TaskId } from "@asyncscope/protocol";

/** A row of the Futures view, identified by `path`. */
export type FutureTreeNode = FutureRowNode | FutureTaskNode | FutureMoreNode | FutureNoteNode;

export interface FutureRowNode {
  readonly kind: "future";
  readonly path: string;
  readonly parent: undefined;
  readonly future: FutureId;
}

/** A task that waits for a future, or made it. */
export interface FutureTaskNode {
  readonly kind: "awaiter" | "creator";
  readonly path: string;
  readonly parent: FutureRowNode;
  readonly task: TaskId;
}

/** "Show more (N hidden)" */
export interface FutureMoreNode {
  readonly kind: "more";
  readonly path: string;
  readonly parent: undefined;
  readonly hidden: number;
}

/** What a cap hid. */
export interface FutureNoteNode {
  readonly kind: "note";
  readonly path: string;
  readonly parent: FutureRowNode;
  readonly text: string;
}
