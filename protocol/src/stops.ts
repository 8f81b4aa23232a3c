/** What a program can stop at by itself, told to its inspector. */
import type { Site, TaskId, TaskInfo } from "./inspector.js";

/** What happens to a task (or to the error of one) at which the program can stop. */
export type HaltKind = "created" | "failed" | "cancelled" | "unretrieved";

/**
 * At what the program stops. For each kind that is there: a part of the name or of the coroutine's name of the tasks
 * that count, without regard to case; empty text for all of them.
 */
export type HaltOptions = { readonly [K in HaltKind]?: string };

/**
 * Sent through the event binding: the program stands still inside of what happens, with the program's own code on the
 * stack, until `goOn` is called with `halt`; for a few seconds at most, after which it stops at nothing any more.
 */
export interface HaltEvent {
  readonly type: "halt";
  /** Counts the halts. */
  readonly halt: number;
  readonly kind: HaltKind;
  /** 0 when it is about a future, or about a task that has gone. */
  readonly task: TaskId;
  /** For people: `task worker-7`. Cleaned. */
  readonly name: string;
  /** For cancels: the task that asked, as {@link HaltEvent.name}; absent when none did. */
  readonly by?: string;
  /** `name: message` of the error, or the message of the cancel; may be empty. Cleaned. */
  readonly message: string;
}

/** Asks which tasks have waited for longer than a time, and had not when it was asked last. */
export interface LongWaitQuery {
  /** Milliseconds. */
  readonly longerThan: number;
  /** Loop time of the last question: `now` of its reply. Absent: all that wait that long now. */
  readonly asked?: number;
  /** As in {@link HaltOptions}, or a part of what is waited for. */
  readonly text?: string;
  /** Most tasks in the reply, default 20, at most 100. */
  readonly limit?: number;
  readonly knownSites?: number;
}

export interface LongWaitReply {
  readonly now: number;
  /** Those first that do not wait for other tasks, and of these the ones that have waited longest. */
  readonly tasks: readonly TaskInfo[];
  /** How many there are in all. */
  readonly total: number;
  readonly sites: readonly Site[];
}
