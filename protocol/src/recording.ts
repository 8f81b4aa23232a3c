/**
 * What the inspector records for a timeline: who runs, who is ready to, what each waits for and who woke it. The
 * program keeps the events in a ring of fixed size; whoever reads them in time loses none, and what was overwritten is
 * counted.
 *
 * Each event takes {@link EVENT_BYTES} bytes, eight 32-bit words in the byte order of the machine:
 *
 * | word | what |
 * |---|---|
 * | 0, 1 | loop time in milliseconds, a double |
 * | 2 | {@link EventType} + kind × 2⁸ + {@link EventFlag} × 2¹⁶ |
 * | 3 | the task; 0 for `idle` |
 * | 4 | `a` |
 * | 5 | `b` |
 * | 6 | a function: its place in {@link RecordingChunk.functions}, from 1; 0 when not known |
 * | 7 | a site, 0 when not known |
 */
import type { ResourceId, Site, SiteId, WaitKind } from "./inspector.js";

/** Size of one event in the program's ring. */
export const EVENT_BYTES = 32;

/** What an event says. `a`, `b`, function and site are 0 where nothing else is said. */
export const EventType = {
  /** A task exists. `a`: who created it. `b`: N when it is called `Task-N`. Function and site: of its creation. */
  created: 1,
  /** It will be resumed. `a`: the task that did it, 0 for a timer, I/O or any other callback. */
  scheduled: 2,
  /** Its code runs. */
  entered: 3,
  /**
   * Its code has stopped running. Kind: what it waits for, see {@link RECORDED_WAITS}, 0 when it is ready again at once.
   * `a`: the primitive; or the (first) task; or of a timer, the microseconds until it is due. `b`: of a lock, the task
   * that holds it. Function: the innermost one; site: where it stands, when it is an async function. Of an async function
   * `foreign` also means that it goes on in a microtask that nobody sees begin.
   */
  left: 4,
  /** It has ended. Kind: 0 with a result, 1 with an error, 2 cancelled. */
  done: 5,
  /** It has got another name. */
  named: 6,
  /** The process has slept until now, for `a` microseconds: no code of anybody ran. */
  idle: 7,
  /** Somebody asked for its cancellation. `a`: the task that did, 0 outside tasks. */
  cancelled: 8,
  /** An async function of it ran until now, and goes on. */
  ran: 9,
} as const;

/** Bits of an event of the type `created`. */
export const EventFlag = {
  /** Its coroutine is an async function. */
  async: 1,
  /** It was there before the recording began. */
  existed: 2,
} as const;

/** Kinds of waits by number, from 1. */
export const RECORDED_WAITS: readonly WaitKind[] = [
  "sleep",
  "future",
  "task",
  "gather",
  "wait",
  "shield",
  "task-group",
  "promise",
  "foreign",
  "queue-get",
  "queue-put",
  "queue-join",
  "lock",
  "event",
  "condition",
  "semaphore",
  "barrier",
  "read",
  "drain",
  "process",
  "thread",
  "other",
];

/** How a recording is made. */
export interface RecordingOptions {
  /**
   * Events that the ring holds: 2¹⁰ to 2²², rounded up to a power of two. Default 2¹⁸: 10 MB of the program's memory,
   * and a second of a program that switches as fast as it can.
   */
  readonly capacity?: number;
}

/** Whether events are recorded, and where the ring stands. */
export interface RecordingState {
  readonly recording: boolean;
  /** Loop time at which the last recording began; 0 when there was none. */
  readonly start: number;
  /** Loop time of now. */
  readonly now: number;
  readonly capacity: number;
  /** Number of the next event: how many there have been since the start. */
  readonly next: number;
  /** Number of the oldest event that is still there. */
  readonly oldest: number;
  /** Tasks that were there before the recording and are not in it: there were more than a quarter of the capacity. */
  readonly hiddenTasks: number;
}

/** Asks for the next events. */
export interface RecordingQuery {
  /** Number of the first event wanted. Default: the one behind those that were handed out last. */
  readonly from?: number;
  /** Most events, default 10,000, at most 50,000. */
  readonly limit?: number;
  readonly knownSites?: SiteId;
  /** How many functions the asker has already. */
  readonly knownFunctions?: number;
  /** How many resources the asker has already. */
  readonly knownResources?: number;
}

/** A primitive that somebody waited for. */
export interface RecordedResource {
  readonly id: ResourceId;
  /** `Queue jobs`, `Lock-3`. */
  readonly label: string;
}

/** Events from `from` to before `next`. */
export interface RecordingChunk extends RecordingState {
  /** Number of the first event: higher than what was asked for when the older ones have been overwritten. */
  readonly from: number;
  /** Number behind the last event of this reply; {@link RecordingState.next} is the end of all. */
  readonly to: number;
  /** The events, in one or two pieces, base64. */
  readonly events: readonly string[];
  /**
   * Texts by number of their event: of `created`, `done` and `named` the task's name, when the program gave it one; of
   * `left` what is waited for, where the kind says too little. Cleaned, at most 200 characters.
   */
  readonly labels: readonly (readonly [event: number, text: string])[];
  /** Names of functions behind those that are known. */
  readonly functions: readonly string[];
  readonly resources: readonly RecordedResource[];
  readonly sites: readonly Site[];
}
