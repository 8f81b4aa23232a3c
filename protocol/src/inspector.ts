/**
 * The inspector: the object in the program that answers questions about its tasks.
 *
 * It lives at `globalThis[Symbol.for(INSPECTOR_KEY)]`. Every method takes plain JSON values and returns either
 * a JSON **string** (lists: one evaluate, one document) or live objects that travel as CDP remote objects
 * (detail: items, frames). It works while the program runs and while it is paused, never throws for an id that
 * has gone away, and never runs user code (no getter, no proxy trap, no toString).
 *
 * Times are milliseconds on the clock of the inspected loop (`performance.now()` unless the program runs on a
 * virtual clock); `now` in each reply is the same clock at the moment of the reply.
 */
import type { HaltEvent, HaltOptions, LongWaitQuery } from "./stops.js";
import type { RecordingOptions, RecordingQuery } from "./recording.js";
import type { ActivationOptions } from "./version.js";

/** Identifies a task in its process (one counter per isolate, from 1, never reused). 0 stands for "no task". */
export type TaskId = number;
/** Identifies a queue, lock or other primitive in its process (own counter, from 1, never reused). */
export type ResourceId = number;
/** Identifies a source position in its process. 0 means "not known". Sites are sent once, see {@link TreeReply.sites}. */
export type SiteId = number;

/** A position in the program as V8 reports it (generated code; the adapter applies source maps). */
export interface Site {
  readonly id: SiteId;
  /** Script URL (`file:///…`) or path as V8 names it. */
  readonly url: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Name of the enclosing function, "" when it has none. */
  readonly functionName: string;
}

/**
 * Life of a task. `created`: its body has not started. `scheduled`: it will be resumed in an iteration to come.
 * `running`: its code is executing now. `suspended`: it waits, see {@link TaskInfo.waits}.
 */
export type TaskState = "created" | "scheduled" | "running" | "suspended" | "done" | "failed" | "cancelled";

/** What kind of thing a suspended task waits for. */
export type WaitKind =
  | "sleep" // a timer of the loop
  | "future" // a Future that somebody must settle
  | "task" // the end of another task
  | "gather" // all of several awaitables
  | "wait" // some of several awaitables
  | "shield"
  | "task-group" // the children of a task group
  | "promise" // a foreign promise through until()
  | "foreign" // an async function is inside an await that the runtime cannot see
  | "queue-get"
  | "queue-put"
  | "queue-join"
  | "lock"
  | "event"
  | "condition"
  | "semaphore"
  | "barrier"
  | "read" // a stream reader
  | "drain" // a stream writer
  | "process" // a subprocess
  | "thread" // a job of a worker pool
  | "other";

/** One thing that a suspended task waits for. A task of the async form may wait for several at once. */
export interface WaitInfo {
  readonly kind: WaitKind;
  /** Plain text for people, at most 120 characters: `Queue jobs 3/10`, `Lock db held by worker-7`, `timer`. */
  readonly label: string;
  /** Loop time at which this wait began. */
  readonly since: number;
  /** Loop time at which a timer will end the wait; absent when nothing is timed. */
  readonly due?: number;
  /** The primitive waited for, when it is one of {@link ResourceInfo}. */
  readonly resource?: ResourceId;
  /** The tasks whose end is waited for (at most 20 of them; `taskCount` says how many there are). */
  readonly tasks?: readonly TaskId[];
  readonly taskCount?: number;
  /** Where the await stands, when it is known without asking for the frames. */
  readonly site?: SiteId;
}

/** One row of the task tree. */
export interface TaskInfo {
  readonly id: TaskId;
  /** As the program named it; untrusted text, control characters already replaced. At most 200 characters. */
  readonly name: string;
  readonly state: TaskState;
  /** Name of the coroutine's function, "" when it has none. */
  readonly coroutine: string;
  /** `generator` tasks show the locals of every frame; `async` ones only what V8 tells. */
  readonly form: "generator" | "async";
  /**
   * The task that created it, 0 for the main task or one created outside any task. When more than 1000 finished tasks
   * are kept for the sake of those they created, the oldest are forgotten: their children then move up to its parent.
   */
  readonly parent: TaskId;
  /** Where it was created, 0 when not captured. */
  readonly created: SiteId;
  /** True when `created` was inferred from earlier tasks of the same creator, not captured for this one. */
  readonly createdIsInferred?: boolean;
  /** Loop time of its creation, or of the moment since when it is watched when it was there before. */
  readonly createdAt: number;
  /** Loop time at which it entered `state`. */
  readonly since: number;
  /** Nobody looked when it entered `state`: `since` says nothing. Absent: it is known. */
  readonly ageUnknown?: boolean;
  /** What it waits for now, at most 20 things; empty unless suspended. */
  readonly waits: readonly WaitInfo[];
  /** How many things it waits for, when that is more than `waits` holds. */
  readonly waitCount?: number;
  /** Number of its own frames (await chain inside the task), 0 before it started. */
  readonly depth: number;
  /** Outstanding cancel requests. */
  readonly cancelling: number;
  /** Who asked for the last cancel; absent when nobody did. `task` 0: from outside any task. */
  readonly cancelledBy?: { readonly task: TaskId; readonly site: SiteId; readonly message: string };
  /** For failed tasks: `name: message` of the error, at most 300 characters. */
  readonly error?: string;
  /** For failed tasks: nobody has looked at the error yet. */
  readonly unretrieved?: boolean;
  /** A plain async function that was called by a statement which does nothing with its promise: nobody awaits it. */
  readonly floating?: boolean;
  /** Number of its children in the asked order (see {@link TreeQuery.order}), before paging and filter. */
  readonly childCount: number;
}

/** How the tree hangs together. */
export type TreeOrder =
  | "creation" // children of a task are the tasks it created
  | "await"; // children of a task are the tasks it waits for; roots are the tasks nobody waits for

/** Asks for a piece of the tree. Everything is filtered and paged in the program, before any cap. */
export interface TreeQuery {
  readonly order: TreeOrder;
  /** The nodes whose children are wanted, each with its page. `task` 0 asks for the roots. */
  readonly pages: readonly TreePageQuery[];
  /** Also descend into every child that is reached, breadth first, until `limit` tasks are in the reply. */
  readonly deep?: boolean;
  /** Upper bound of tasks in the reply, default 2000, at most 20000. What it hid is counted in `hidden`. */
  readonly limit?: number;
  /** Only tasks that match (and, in the tree, the ancestors that lead to them). */
  readonly filter?: TaskFilter;
  /** The highest site id that the asker has already, so that each site travels once. Default 0: all of them. */
  readonly knownSites?: SiteId;
}

export interface TreePageQuery {
  readonly task: TaskId;
  /** Index of the first child wanted. Default 0. */
  readonly offset?: number;
  /** How many. Default 100, at most 1000. */
  readonly limit?: number;
}

/** Every given condition must hold. */
export interface TaskFilter {
  /** Part of the name, the coroutine's name or the label of a wait, without regard to case. */
  readonly text?: string;
  /** Part of the name or of the coroutine's name, without regard to case. */
  readonly name?: string;
  /** Part of the label of a wait, without regard to case. */
  readonly waitsFor?: string;
  readonly states?: readonly TaskState[];
  /** In the present state for at least this many milliseconds. */
  readonly olderThan?: number;
  readonly places?: TaskPlaces;
}

/** Tasks that were created or wait in some places; which sources these belong to, the asker knows. */
export interface TaskPlaces {
  /** Where tasks were created, or where an async function waits. */
  readonly sites: readonly SiteId[];
  /** Tasks that stand in generator functions: those that stand in the same functions are meant. */
  readonly like: readonly TaskId[];
}

export interface TreePage {
  readonly task: TaskId;
  readonly offset: number;
  /** The children of this page, in order of creation (those that moved up stand where their parent stood). */
  readonly children: readonly TaskId[];
  /** How many children there are in all (after the filter). */
  readonly total: number;
}

export interface TreeReply {
  readonly now: number;
  /** Changes with every change of any task; equal versions mean an equal tree. */
  readonly version: number;
  readonly pages: readonly TreePage[];
  /** Each task named in `pages` or in a wait of one of them, once. */
  readonly tasks: readonly TaskInfo[];
  /** Sites that the reply mentions or that are newer than `knownSites`. */
  readonly sites: readonly Site[];
  /** Tasks by state, over the whole program, before any filter; finished ones as long as they are kept. */
  readonly counts: Readonly<Record<TaskState, number>>;
  /**
   * Tasks that the pages (and, when deep, what hangs under them) ought to hold and that were left out because of a
   * limit. What stands before or behind an asked page is not hidden: see {@link TreePage.total}.
   */
  readonly hidden: number;
}

export type ResourceKind =
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

/** One primitive of the Queues & Locks view. */
export interface ResourceInfo {
  readonly id: ResourceId;
  readonly kind: ResourceKind;
  /** As the program named it, else `Queue-3`. Untrusted text, cleaned, at most 200 characters. */
  readonly name: string;
  readonly created: SiteId;
  /** Short text of its state: `3/10`, `locked`, `set`, `2 of 5 free`. */
  readonly state: string;
  /** Queues: number of items. */
  readonly size?: number;
  /** Queues: 0 when unbounded. */
  readonly maxsize?: number;
  /** Queues: puts whose taskDone is missing. */
  readonly unfinished?: number;
  /** Locks, and conditions for their lock: the task that acquired it, 0 when free or not held by a task. */
  readonly owner?: TaskId;
  /** Locks and conditions: loop time at which the owner acquired it. */
  readonly ownedSince?: number;
  /** Semaphores: free permits. */
  readonly value?: number;
  /** Conditions: the lock they stand on. */
  readonly lock?: ResourceId;
  /** Who waits, in the order in which they will be served; at most 100, `waiterCount` says how many there are. */
  readonly waiters: readonly ResourceWaiter[];
  readonly waiterCount: number;
  /** Those of well-known packages, found in the heap of a program. */
  readonly limiter?: LimiterInfo;
}

/** Something of a package that lets so many run at a time and keeps the others waiting. */
export interface LimiterInfo {
  /** `p-queue`, `p-limit`, `fastq` or `async-mutex`. */
  readonly package: string;
  /** How many run; absent where the package does not keep it (a semaphore of async-mutex). */
  readonly running?: number;
  readonly waiting: number;
  /** How many may run at a time; absent where there is no limit, or where the package does not keep it. */
  readonly concurrency?: number;
}

export interface ResourceWaiter {
  /** 0 when the waiter is not a task. */
  readonly task: TaskId;
  readonly role: "getter" | "putter" | "joiner" | "waiter";
  /** Loop time since when it waits. */
  readonly since: number;
}

export interface ResourceQuery {
  readonly offset?: number;
  /** Default 200, at most 2000. */
  readonly limit?: number;
  /** Part of the name, without regard to case. */
  readonly text?: string;
  readonly knownSites?: SiteId;
}

export interface ResourceReply {
  readonly now: number;
  readonly version: number;
  readonly resources: readonly ResourceInfo[];
  /** How many match in all. */
  readonly total: number;
  /** Tasks named as owner or waiter, so that they can be shown by name. */
  readonly tasks: readonly TaskInfo[];
  readonly sites: readonly Site[];
}

/** Identifies a future in its process: the same in later replies, as long as it lives. Never reused. */
export type FutureId = number;

/**
 * Asks for the pending futures that tasks wait for. Looks at the waits of every task; nothing is recorded for it but
 * where some futures were made.
 */
export interface FutureQuery {
  readonly offset?: number;
  /** Default 200, at most 2000. */
  readonly limit?: number;
  /** Part of the label, without regard to case. */
  readonly text?: string;
  readonly knownSites?: SiteId;
}

/** A future that somebody awaits: made by the program, or one that stands for a promise, a gather, a thread's job. */
export interface FutureInfo {
  readonly id: FutureId;
  readonly kind: WaitKind;
  /** As {@link WaitInfo.label}. */
  readonly label: string;
  /** The task that made it; 0 when not known, or made outside any task. */
  readonly creator: TaskId;
  /** Where it was made; 0 when not captured: that is done for 500 of the program's own futures a second. */
  readonly created: SiteId;
  /** Loop time since when the first of its awaiters waits. */
  readonly since: number;
  /** The tasks that wait for it, also through a gather or the like, the oldest first: at most 20. */
  readonly awaiters: readonly TaskId[];
  readonly awaiterCount: number;
}

export interface FutureReply {
  readonly now: number;
  readonly version: number;
  /** In the order in which they were met, going through the tasks from the oldest on. */
  readonly futures: readonly FutureInfo[];
  /** How many match in all. */
  readonly total: number;
  /** Waits that are no futures of the program: timers, tasks, queues, locks, streams. */
  readonly otherWaits: number;
  /** The tasks named in `futures`. */
  readonly tasks: readonly TaskInfo[];
  readonly sites: readonly Site[];
}

/** One frame of a task's await chain, innermost first. */
export interface FrameInfo {
  readonly functionName: string;
  /** `generator`: its position and locals are read from the generator object. `async`: only `site` is known. */
  readonly kind: "generator" | "async" | "native";
  readonly site: SiteId;
}

export interface ChainReply {
  readonly task: TaskId;
  /** False when the task has gone or has finished. */
  readonly found: boolean;
  readonly frames: readonly FrameInfo[];
  /** Frames left out at the outer end of a chain longer than asked for. */
  readonly hidden: number;
  readonly sites: readonly Site[];
}

/** Identifies a {@link TaskGroup} in its process: the same in later replies, as long as it has tasks. Never reused. */
export type GroupId = number;

/** Asks how many tasks stand where. Looks at every task, unless nothing has changed since the last time. */
export interface GroupQuery {
  /** Most groups. Default 200, at most 1000. */
  readonly limit?: number;
  /** Most sample tasks of each group. Default 5, at most 20. */
  readonly samples?: number;
  /** Also group those that do not wait, by their function and state. Default: only suspended ones. */
  readonly all?: boolean;
  /** Only tasks that match are grouped and counted. */
  readonly filter?: TaskFilter;
  /** The groups whose tasks are wanted, each with its page. */
  readonly pages?: readonly GroupPageQuery[];
  readonly knownSites?: SiteId;
}

export interface GroupPageQuery {
  readonly group: GroupId;
  /** Index of the first task wanted. Default 0. */
  readonly offset?: number;
  /** How many. Default 100, at most 1000. */
  readonly limit?: number;
}

/** Tasks that stand in the same functions and wait for the same thing, or that do not wait and are in the same state. */
export interface TaskGroup {
  readonly id: GroupId;
  /**
   * The coroutine functions that they stand in, innermost first; at most the 20 innermost. Of tasks that do not wait:
   * the one that they run. Cleaned.
   */
  readonly functions: readonly string[];
  readonly state: TaskState;
  /** What they wait for; of tasks that wait for several things the first one counts. `other` when they do not wait. */
  readonly kind: WaitKind;
  /** As {@link WaitInfo.label}, of the task that has waited longest; "" when they do not wait. */
  readonly label: string;
  /** The primitive waited for, when it is one of {@link ResourceInfo} and the same for all of them. */
  readonly resource?: ResourceId;
  /** They wait for more than 8 primitives of the same kind at the same place: `label` names one of them. */
  readonly manyResources?: boolean;
  /** Where the innermost function stands, when it is an async one; 0 for generators: ask for those of `samples`. */
  readonly site: SiteId;
  readonly count: number;
  /** Loop time since when the one that has waited longest waits, or has been longest in this state. */
  readonly since: number;
  /** That task. */
  readonly oldest: TaskId;
  /** Some of the tasks, evenly spread over the group, in order of creation. */
  readonly samples: readonly TaskId[];
}

/** A page of the tasks of a group. */
export interface GroupPage {
  readonly group: GroupId;
  readonly offset: number;
  /** In order of creation. */
  readonly tasks: readonly TaskId[];
  /** How many tasks the group has; 0 when it has gone. */
  readonly total: number;
}

export interface GroupReply {
  readonly now: number;
  readonly version: number;
  /** The largest first; those of tasks that have ended after all others. */
  readonly groups: readonly TaskGroup[];
  /** How many groups there are in all. */
  readonly total: number;
  /** How many tasks are grouped, in all groups. */
  readonly grouped: number;
  /** How many of them are suspended. */
  readonly suspended: number;
  /** Those of them that stand in groups that were left out because of `limit`. */
  readonly hiddenTasks: number;
  readonly pages: readonly GroupPage[];
  /** Each task named in `pages` or in a wait of one of them, once. */
  readonly tasks: readonly TaskInfo[];
  readonly counts: TreeReply["counts"];
  readonly sites: readonly Site[];
}

/**
 * Asks at which lines tasks are suspended. Looks at every task, unless nothing has changed since the last time: ask
 * when something has changed, and rarely when the answer took long.
 */
export interface SuspensionQuery {
  /** Most points. Default 500, at most 2000. */
  readonly limit?: number;
  /** Most sample tasks of each point. Default 20, at most 50. */
  readonly samples?: number;
  /** Tasks whose rows are wanted beside the points, at most 100. */
  readonly tasks?: readonly TaskId[];
  readonly knownSites?: SiteId;
}

/**
 * Suspended tasks whose innermost function of the program's own code is the same; of async functions also the line. An
 * async task that waits for several things at once stands at the line of each.
 */
export interface SuspensionPoint {
  /** Cleaned. */
  readonly functionName: string;
  /** Where they stand, when the function is an async one; 0 for generators: ask for those of `samples`. */
  readonly site: SiteId;
  readonly count: number;
  /** Loop time since when the one that has waited longest waits. */
  readonly since: number;
  /**
   * The one that has waited longest, then others, picked as if by chance, but the same ones while they stay. All of
   * them when there are no more.
   */
  readonly samples: readonly SuspensionSample[];
}

export interface SuspensionSample {
  readonly task: TaskId;
  /** Loop time since when it waits. */
  readonly since: number;
}

export interface SuspensionReply {
  readonly now: number;
  /** How long the program was busy with the answer, in milliseconds. */
  readonly took: number;
  readonly version: number;
  /** The largest first. */
  readonly points: readonly SuspensionPoint[];
  /** How many tasks are suspended in all. */
  readonly suspended: number;
  /** Those of them that stand at points left out because of `limit`, or of which no place is known. */
  readonly hiddenTasks: number;
  /** The tasks asked for that are still known, and those that they wait for. */
  readonly tasks: readonly TaskInfo[];
  readonly sites: readonly Site[];
}

/** What is wrong with the tasks of a program. */
export type FindingKind =
  | "wait-cycle" // tasks that wait for each other in a circle, or one that waits for itself
  | "nothing-can-wake" // tasks that wait in a process in which nothing can happen any more, or for what is lost
  | "leaked-lock" // a lock or all permits of a semaphore held by tasks that have ended, and tasks that wait for it
  | "missing-task-done" // a queue whose join() waits for items on which nobody works: taskDone() was forgotten
  | "swallowed-cancel" // a task that goes on although it was cancelled, and tasks that wait for its end
  | "leftover-tasks" // tasks that go on after the gather that was to wait for them has failed
  | "unretrieved-error" // a failed task at whose error nobody has looked
  | "floating-promise" // a call whose promise nobody keeps, cut off by the end of the program or failed
  | "growing-queue" // a queue without a limit that has done nothing but grow while it was watched
  | "loop-blocked" // something keeps the event loop from going on; found by the debug adapter
  | "slow-step"; // something kept it from going on for a while; found by the debug adapter

/** Where something happened. Either may be unknown: then it is 0. */
export interface FindingPlace {
  /** Where this suspended task stands, unless `site` says it. */
  readonly task: TaskId;
  readonly site: SiteId;
}

/** Something that is wrong with the tasks of a program, found by looking at all of them. */
export interface Finding {
  readonly kind: FindingKind;
  /** The same for the same thing in later replies, as long as it lasts: so that it need be told once only. */
  readonly key: string;
  /**
   * True when nothing but a cancel, or somebody who releases a lock that is another's, can end it. False when something
   * that the runtime cannot see might: a promise that an async function races against the wait, a callback to come.
   */
  readonly certain: boolean;
  /** Loop time since when it is so. */
  readonly since: number;
  /**
   * The sentence for people, cut where positions belong: `places[i]` goes between `words[i]` and `words[i + 1]`, as
   * ` at file:line`. Joined without them the words read just as well. Names in it are cleaned; at most 4000 characters.
   */
  readonly words: readonly string[];
  /** One less than `words`. The first one is the line to open. */
  readonly places: readonly FindingPlace[];
  /** The tasks concerned, at most 20: of a cycle in the order in which each waits for the next. */
  readonly tasks: readonly TaskId[];
  /** How many there are in all. */
  readonly taskCount: number;
  /** Tasks that wait for those, and so cannot go on either: at most 20. */
  readonly behind: readonly TaskId[];
  /** How many there are in all. */
  readonly behindCount: number;
  /** The locks and other primitives concerned, at most 20. */
  readonly resources: readonly ResourceId[];
}

/** Asks for what is wrong. Looks at every task: ask when something has changed, at most once a second. */
export interface DiagnosisQuery {
  /** The program is stopped in the middle of its code, which could do anything next: then it is not idle. */
  readonly paused?: boolean;
  /**
   * The program is about to end: `drained` because nothing was left that keeps it alive (what waits now will wait for
   * ever), `stopped` because it was told to, or failed.
   */
  readonly ends?: "drained" | "stopped";
  /** Most findings of each kind. Default 20, at most 100. */
  readonly limit?: number;
  readonly knownSites?: SiteId;
}

export interface DiagnosisReply {
  readonly now: number;
  readonly version: number;
  /**
   * The worst first: cycles, locks that were never released, joins that wait for a forgotten taskDone, tasks that
   * nothing can wake, errors.
   */
  readonly findings: readonly Finding[];
  /** How many tasks the findings that were left out because of `limit` concern. */
  readonly hiddenTasks: number;
  /** Nothing can happen in the process any more: no task, timer, I/O, thread or signal handler is left. */
  readonly idle: boolean;
  /** The tasks named in the findings, so that they can be shown. */
  readonly tasks: readonly TaskInfo[];
  readonly sites: readonly Site[];
}

/** First answer of an inspector. */
export interface InspectorHello {
  readonly protocolVersion: number;
  /** Version of the runtime that created the inspector, `0.1.0`. */
  readonly runtimeVersion: string;
  readonly pid: number;
  /** Script URLs of the runtime itself, so that stepping skips them. */
  readonly scripts: readonly string[];
  readonly enabled: boolean;
  /**
   * Other copies of the runtime in this program whose tasks are not shown, because their version is another one.
   * Absent when there are none; copies of the same version are shown together.
   */
  readonly otherCopies?: readonly OtherCopy[];
}

/** A copy of the runtime that this inspector cannot show. */
export interface OtherCopy {
  readonly runtimeVersion: string;
  /** URL of its script. */
  readonly script: string;
}

/** Sent through {@link EVENT_BINDING} as JSON. */
export type InspectorEvent =
  /** Something changed since the last tree() or resources() call. Sent once; asking re-arms it. */
  | { readonly type: "changed"; readonly version: number }
  /**
   * A watched (pinned) task changed its state since the last tree(), resources(), chain() or watch() call. Sent once
   * for each of them; asking re-arms it.
   */
  | { readonly type: "task"; readonly task: TaskId; readonly state: TaskState; readonly version: number }
  /** An inspector came to life in this program (the runtime has just been loaded), or its greeting has changed. */
  | { readonly type: "ready"; readonly hello: InspectorHello }
  | HaltEvent;

/** The object at {@link INSPECTOR_KEY}. `string` results are JSON of the type in the comment. */
export interface Inspector {
  /** {@link InspectorHello} */
  hello(): string;
  /** Starts to record (or goes on, when already on). Tasks alive before are taken in. {@link InspectorHello} */
  enable(options: ActivationOptions): string;
  /** Stops recording and forgets everything: the program runs as without a debugger. */
  disable(): void;
  /** {@link TreeReply} */
  tree(query: TreeQuery): string;
  /** {@link ResourceReply} */
  resources(query: ResourceQuery): string;
  /** {@link FutureReply} */
  futures(query: FutureQuery): string;
  /** {@link DiagnosisReply} */
  diagnosis(query: DiagnosisQuery): string;
  /** {@link GroupReply} */
  groups(query: GroupQuery): string;
  /** {@link SuspensionReply} */
  suspensions(query: SuspensionQuery): string;
  /** {@link LongWaitReply} */
  longWaits(query: LongWaitQuery): string;
  /** At what the program stops from now on, see {@link HaltEvent}. Replaces what was said before. */
  haltAt(options: HaltOptions): void;
  /** Ends the halt of this number. */
  goOn(halt: number): void;
  /** What the present halt is about when that is an error, else undefined. */
  haltedError(): unknown;
  /** {@link ChainReply}; at most `limit` frames (default 50). */
  chain(task: TaskId, limit?: number): string;
  /**
   * The generator objects of a task's frames, one for each of {@link ChainReply.frames}, `null` where a frame is not a
   * generator: ask CDP for their `[[GeneratorLocation]]` and `[[Scopes]]`. At most `limit` (default 50).
   */
  frameObjects(task: TaskId, limit?: number): readonly (object | null)[];
  /**
   * What leads to the async functions among a task's frames in a heap snapshot, as V8 gives their variables only to whoever
   * has the function itself: two entries for each of {@link ChainReply.frames}. First an object that the function holds
   * while it is suspended, or the promise that it gave; then the number of that object, the same as long as it lives.
   * `null` and 0 where the frame is a generator. At most `limit` frames (default 50).
   */
  frameAnchors(task: TaskId, limit?: number): readonly (object | number | null)[];
  /**
   * The generators of the innermost frames of the program's own code, for many tasks at once, in the order asked;
   * `null` where that frame is an async function, or where there is none.
   */
  topFrameObjects(tasks: readonly TaskId[]): readonly (object | null)[];
  /** One page of a queue's items, in the order in which they would be got. The items themselves, not copies. */
  items(resource: ResourceId, offset: number, limit: number): readonly unknown[];
  /** The error of a failed task, or undefined. */
  error(task: TaskId): unknown;
  /** The task object itself, for `evaluate`; undefined when it has gone. */
  taskObject(task: TaskId): object | undefined;
  /** The primitive itself, for `evaluate`; undefined when it has gone. */
  resourceObject(resource: ResourceId): object | undefined;
  /** Requests cancellation. False when the task has gone or finished. */
  cancel(task: TaskId, message: string): boolean;
  /** False when the task has gone. */
  setName(task: TaskId, name: string): boolean;
  /** The tasks whose changes are reported by a `task` event (pinned ones). Replaces the last list. */
  watch(tasks: readonly TaskId[]): void;
  /** Begins a recording for a timeline; what an earlier one has left is dropped. {@link RecordingState} */
  startRecording(options?: RecordingOptions): string;
  /** Ends it; its events stay until {@link dropRecording}. {@link RecordingState} */
  stopRecording(): string;
  /** The next events; works during the recording and after it. {@link RecordingChunk} */
  recordingChunk(query: RecordingQuery): string;
  /** Ends the recording and gives its memory back. */
  dropRecording(): void;
}
