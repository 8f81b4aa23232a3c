import type { ResourceId, ResourceWaiter, TaskId } from "@asyncscope/protocol";
import type { VariableValue } from "../scope-session.js";

/** A row of the Queues & Locks view, identified by `path`. */
export type ResourceTreeNode =
  ResourceRowNode | OwnerNode | ItemsNode | WaitersNode | WaiterNode | ValueNode | MoreNode | NoteNode;

export interface ResourceRowNode {
  readonly kind: "resource";
  readonly path: string;
  readonly parent: undefined;
  readonly resource: ResourceId;
}

/** The task that holds a lock. */
export interface OwnerNode {
  readonly kind: "owner";
  readonly path: string;
  readonly parent: ResourceRowNode;
  readonly task: TaskId;
  readonly since: number | undefined;
}

/** "Items (3)" */
export interface ItemsNode {
  readonly kind: "items";
  readonly path: string;
  readonly parent: ResourceRowNode;
  readonly resource: ResourceId;
}

/** "Getters (2)" */
export interface WaitersNode {
  readonly kind: "waiters";
  readonly path: string;
  readonly parent: ResourceRowNode;
  readonly resource: ResourceId;
  readonly role: ResourceWaiter["role"];
}

export interface WaiterNode {
  readonly kind: "waiter";
  readonly path: string;
  readonly parent: WaitersNode;
  /** 0 when the waiter is not a task. */
  readonly task: TaskId;
  readonly since: number;
}

/** An item of a queue, or a part of one. */
export interface ValueNode {
  readonly kind: "value";
  readonly path: string;
  readonly parent: ItemsNode | ValueNode;
  readonly value: VariableValue;
}

/** "Show more (N hidden)". `hidden` is undefined when the number is not known. */
export interface MoreNode {
  readonly kind: "more";
  readonly path: string;
  readonly parent: ItemsNode | ValueNode | undefined;
  readonly hidden: number | undefined;
}

export interface NoteNode {
  readonly kind: "note";
  readonly path: string;
  readonly parent: ItemsNode | WaitersNode | ValueNode;
  readonly text: string;
}
