import type { ChainBody, GroupId, TaskId } from "@asyncscope/protocol";

/**
 * A row of the Tasks view. Rows are identified by `path`, not by task: in the order by await one task stands under
 * everyone who waits for it.
 */
export type TaskTreeNode = TaskRowNode | GroupRowNode | ChainNode | FrameNode | MoreNode | NoteNode;

export interface TaskRowNode {
  readonly kind: "task";
  readonly path: string;
  readonly parent: TaskRowNode | GroupRowNode | undefined;
  readonly task: TaskId;
  /** 0 for roots. */
  readonly level: number;
  /** The task is its own ancestor (a wait-for cycle): shown, not opened again. */
  readonly cycle: boolean;
}

/** Tasks that stand at the same place. */
export interface GroupRowNode {
  readonly kind: "group";
  readonly path: string;
  readonly parent: undefined;
  readonly group: GroupId;
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
  readonly parent: TaskRowNode | GroupRowNode | ChainNode | undefined;
  readonly task: TaskId;
  readonly hidden: number;
  /** What is hidden, when that is more than a number. */
  readonly what?: string;
}

/** A line of explanation in place of rows. */
export interface NoteNode {
  readonly kind: "note";
  readonly path: string;
  readonly parent: TaskRowNode | GroupRowNode | ChainNode;
  readonly text: string;
}
