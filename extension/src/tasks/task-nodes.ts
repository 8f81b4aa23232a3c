import type { ChainBody, TaskId } from "@asyncscope/protocol";

/**
 * A row of the Tasks view. Rows are identified by `path`, not by task: in the order by await one task stands under
 * everyone who waits for it.
 */
export type TaskTreeNode = TaskRowNode | ChainNode | FrameNode | MoreNode | NoteNode;

export interface TaskRowNode {
  readonly kind: "task";
  readonly path: string;
  readonly parent: TaskRowNode | undefined;
  readonly task: TaskId;
  /** 0 for roots. */
  readonly level: number;
  /** The task is its own ancestor (a wait-for cycle): shown, not opened again. */
  readonly cycle: boolean;
}

/** The collapsible row "await chain" under a task. */
export interface ChainNode {
  readonly kind: "chain";
  readonly path: string;
  readonly parent: TaskRowNode;
  readonly task: TaskId;
}

export interface FrameNode {
  readonly kind: "frame";
  readonly path: string;
  readonly parent: ChainNode;
  readonly frame: ChainBody["frames"][number];
}

/** "Show more (N hidden)" */
export interface MoreNode {
  readonly kind: "more";
  readonly path: string;
  readonly parent: TaskRowNode | ChainNode | undefined;
  readonly task: TaskId;
  readonly hidden: number;
}

/** A line of explanation in place of rows. */
export interface NoteNode {
  readonly kind: "note";
  readonly path: string;
  readonly parent: TaskRowNode | ChainNode;
  readonly text: string;
}
