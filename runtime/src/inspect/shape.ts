import type { TaskRecord } from "./task-record.js";

/** How the tree hangs together: who is whose child, in the order that a query asked for. */
export interface Shape {
  /** Calls `visit` with the children of `parent` in order, from the one at index `from` on, until it returns false. */
  each(parent: TaskRecord, from: number, visit: (child: TaskRecord) => boolean): void;
  /** Number of children, before any filter. */
  childCount(parent: TaskRecord): number;
  /** Calls `visit` with those whose child it is; the root is none. */
  eachParent(child: TaskRecord, visit: (parent: TaskRecord) => void): void;
}
