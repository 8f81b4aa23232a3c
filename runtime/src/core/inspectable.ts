import type { Future } from "./future.js";
import type { Task } from "./task.js";

/** @internal The primitives that a view lists: the protocol's ResourceKind. */
export type PrimitiveKind =
  | "queue"
  | "priority-queue"
  | "lifo-queue"
  | "lock"
  | "event"
  | "condition"
  | "semaphore"
  | "bounded-semaphore"
  | "barrier"
  | "worker-pool";

/** @internal State of a primitive in words and numbers. */
export interface Inspection {
  /** Short text: `3/10`, `locked`, `set`, `2 of 5 free`. */
  readonly state: string;
  readonly size?: number;
  /** 0 when unbounded. */
  readonly maxsize?: number;
  readonly unfinished?: number;
  readonly owner?: Task<unknown> | null;
  /** Loop time, milliseconds. */
  readonly ownedSince?: number;
  readonly value?: number;
  /** Semaphores: permits at the start. */
  readonly permits?: number;
  /** A condition's lock. */
  readonly lock?: Inspectable;
}

/** @internal Somebody who waits for a primitive. Which task it is, `future._listeners()` says. */
export interface InspectedWaiter {
  readonly future: Future<unknown>;
  readonly role: "getter" | "putter" | "joiner" | "waiter";
  /** Loop time at which the wait began. */
  readonly since: number;
}

/** @internal What the inspector reads of a primitive, without running user code. */
export interface Inspectable {
  readonly _kind: PrimitiveKind;
  /** As given by the user. */
  readonly _name: string | null;
  _inspect(): Inspection;
  /** Who waits, in the order in which they will be served. */
  _waiters(): Iterable<InspectedWaiter>;
  /** Queues: one page of items in the order in which they would be got; the items themselves. */
  _items?(offset: number, limit: number): unknown[];
}
