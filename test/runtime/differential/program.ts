/**
 * The language of the random programs: what interpreter.py runs on CPython's asyncio and interpreter.ts on ours.
 * A program is a tree of operations without loops, so every program ends.
 */
export interface Program {
  readonly resources: Resources;
  /** What task `t0` does. */
  readonly body: readonly Op[];
}

/** Operations name them by index. Futures are `f0`, `f1`, … */
export interface Resources {
  readonly queues: readonly { readonly kind: "fifo" | "lifo" | "priority"; readonly maxsize: number }[];
  readonly locks: number;
  readonly semaphores: readonly { readonly value: number; readonly bounded: boolean }[];
  readonly events: number;
  /** The lock that each uses, by index; null: one of its own. */
  readonly conditions: readonly (number | null)[];
  /** How many each needs. */
  readonly barriers: readonly number[];
  readonly futures: number;
}

/** Something to wait for: what was made before, or a coroutine. */
export type Item = { readonly ref: string } | { readonly id: string; readonly ops: readonly Op[] };

/** Operations that end where they are. */
export const IMMEDIATE = [
  "note",
  "spawn",
  "groupSpawn",
  "cancel",
  "uncancel",
  "cancelling",
  "state",
  "setResult",
  "setError",
  "addCallback",
  "removeCallback",
  "callSoon",
  "callLater",
  "cancelHandle",
  "make",
  "putNowait",
  "getNowait",
  "taskDone",
  "shutdown",
  "queueState",
  "release",
  "locked",
  "releasePermit",
  "permitLocked",
  "setEvent",
  "clearEvent",
  "eventIsSet",
  "notify",
  "notifyAll",
  "barrierState",
  "reschedule",
  "expired",
  "raise",
  "raiseCancelled",
  "return",
  "setVariable",
  "getVariable",
] as const;

/** Operations that may suspend. */
export const WAITING = [
  "sleep",
  "call",
  "try",
  "await",
  "gather",
  "wait",
  "waitFor",
  "shield",
  "timeout",
  "group",
  "asCompleted",
  "put",
  "get",
  "join",
  "acquire",
  "withLock",
  "acquirePermit",
  "withPermit",
  "waitEvent",
  "withCondition",
  "waitCondition",
  "waitConditionFor",
  "waitBarrier",
  "resetBarrier",
  "abortBarrier",
] as const;

export type ImmediateName = (typeof IMMEDIATE)[number];
export type WaitingName = (typeof WAITING)[number];

/** One operation. Which of the fields it has is what its name needs; generate.ts is the list. */
export interface Op {
  /** Unique in the program, and the value wherever the operation needs one. */
  readonly n: number;
  readonly op: ImmediateName | WaitingName;
  /** Its body, or what its callback does. */
  readonly ops?: readonly Op[];
  /** Which errors of its own it ends instead of passing them on: all but cancellations, or all. */
  readonly catch?: "errors" | "all";
  /** What it makes is called so. */
  readonly id?: string;
  /** The task or future that it is about; `self` is the current task. */
  readonly target?: string;
  readonly group?: string;
  /** The task starts at once. */
  readonly eager?: boolean;
  /** Index of the queue, lock, … that it is about. */
  readonly on?: number;
  readonly ms?: number | null;
  readonly message?: string;
  readonly value?: readonly number[];
  readonly items?: readonly Item[];
  readonly kind?: "gather" | "shield";
  readonly returnExceptions?: boolean;
  readonly returnWhen?: "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED";
  /** How many results it takes, or how many it wakes. */
  readonly limit?: number;
  /** Index of the event that a predicate looks at. */
  readonly event?: number;
  readonly immediate?: boolean;
  readonly catches?: "none" | "errors" | "all";
  readonly handler?: readonly Op[];
  readonly finally?: readonly Op[];
}

/** How many operations a program has. */
export function countOps(ops: readonly Op[]): number {
  let count = 0;
  for (const op of ops)
    count +=
      1 +
      countOps(op.ops ?? []) +
      countOps(op.handler ?? []) +
      countOps(op.finally ?? []) +
      (op.items ?? []).reduce((sum, item) => sum + ("ops" in item ? countOps(item.ops) : 0), 0);
  return count;
}
