/**
 * The custom DAP requests and events between the debug adapter and whoever shows tasks (the extension, the
 * command line, any DAP client). Positions are those of the **source** the user wrote, 1-based, already mapped.
 */
import type { TaskDump } from "./dump.js";
import type {
  RecordingBody,
  RecordingDataArguments,
  RecordingDataBody,
  RecordingStartArguments,
} from "./recording-file.js";
import type {
  Finding,
  FutureInfo,
  FutureQuery,
  GroupPage,
  GroupQuery,
  ResourceInfo,
  ResourceQuery,
  TaskFilter,
  TaskGroup,
  TaskId,
  TaskInfo,
  TreeOrder,
  TreePageQuery,
  TaskState,
  TreePage,
} from "./inspector.js";

/** A position that an editor can open. */
export interface SourceLocation {
  /** Absolute path, or a URL when the source is no file. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly functionName?: string;
}

/** A task as views show it: {@link TaskInfo} with positions resolved. */
export interface TaskNode extends TaskInfo {
  /** Where the task stands in the user's code: its innermost suspended frame, or where the program is stopped in it. */
  readonly location?: SourceLocation;
  readonly createdAtLocation?: SourceLocation;
  /** Thread id in the Call Stack when the task is pinned. */
  readonly threadId?: number;
}

/** As {@link TaskFilter}, with a place of the sources. */
export interface TaskNodeFilter extends Omit<TaskFilter, "places"> {
  /** Part of the name of the file in which a task waits or was created; with a slash in it, of the file's path. */
  readonly file?: string;
}

/** `asyncscope/tree`: one batch per refresh. Answers at once while the program runs and while it is paused. */
export interface TreeArguments {
  readonly order: TreeOrder;
  readonly pages: readonly TreePageQuery[];
  readonly deep?: boolean;
  readonly limit?: number;
  readonly filter?: TaskNodeFilter;
  /** Whether `location` is wanted for the tasks of the reply (at most the first 200). Default true. */
  readonly locations?: boolean;
}
export interface TreeBody {
  /** `ended`: the last state that was seen before the program went away. `blocked`: no answer within 1 s. */
  readonly status: "live" | "paused" | "blocked" | "ended" | "none";
  /** Why there is nothing to show, or what is wrong, in words for the user; absent when all is well. */
  readonly message?: string;
  readonly now: number;
  readonly version: number;
  readonly pages: readonly TreePage[];
  readonly tasks: readonly TaskNode[];
  readonly counts: Readonly<Record<TaskState, number>>;
  readonly hidden: number;
}

/** `asyncscope/groups`: how many tasks stand where. Looks at every task: ask when something has changed. */
export interface GroupsArguments extends Omit<GroupQuery, "filter" | "samples" | "knownSites"> {
  readonly filter?: TaskNodeFilter;
}
/** A group with positions resolved. */
export interface GroupNode extends TaskGroup {
  /** The lines where its tasks stand, as far as some of them tell; that of the one that waits longest comes first. */
  readonly locations: readonly SourceLocation[];
}
export interface GroupsBody {
  readonly status: TreeBody["status"];
  readonly message?: string;
  readonly now: number;
  readonly version: number;
  /** The largest first; those of tasks that have ended after all others. */
  readonly groups: readonly GroupNode[];
  /** How many groups there are in all. */
  readonly total: number;
  /** How many tasks are grouped, in all groups. */
  readonly grouped: number;
  /** Those of them that stand in groups that were left out because of `limit`. */
  readonly hiddenTasks: number;
  readonly pages: readonly GroupPage[];
  /** Those named in `pages`. */
  readonly tasks: readonly TaskNode[];
  readonly counts: TreeBody["counts"];
}

/** `asyncscope/resources` */
export type ResourcesArguments = Omit<ResourceQuery, "knownSites">;
export interface ResourceNode extends ResourceInfo {
  readonly createdAtLocation?: SourceLocation;
  /** For queues: ask the DAP request `variables` with it for the items (indexed, in pages). 0 when empty. */
  readonly itemsReference: number;
}
export interface ResourcesBody {
  readonly status: TreeBody["status"];
  readonly message?: string;
  readonly now: number;
  readonly version: number;
  readonly resources: readonly ResourceNode[];
  readonly total: number;
  /** Tasks named as owner or waiter. */
  readonly tasks: readonly TaskInfo[];
}

/** `asyncscope/futures`: the pending futures that tasks wait for. */
export type FuturesArguments = Omit<FutureQuery, "knownSites">;
export interface FutureNode extends FutureInfo {
  readonly createdAtLocation?: SourceLocation;
}
export interface FuturesBody {
  readonly status: TreeBody["status"];
  readonly message?: string;
  readonly now: number;
  readonly version: number;
  readonly futures: readonly FutureNode[];
  /** How many match in all. */
  readonly total: number;
  /** Waits that are no futures of the program: timers, tasks, queues, locks, streams. */
  readonly otherWaits: number;
  /** The tasks that made them, and those that wait, with positions. */
  readonly tasks: readonly TaskNode[];
}

/** `asyncscope/chain`: the await chain of a task, innermost first. */
export interface ChainArguments {
  readonly task: TaskId;
  /** Default 50. */
  readonly limit?: number;
}
export interface ChainBody {
  readonly found: boolean;
  readonly frames: readonly {
    readonly functionName: string;
    readonly kind: "generator" | "async" | "native";
    readonly location?: SourceLocation;
  }[];
  readonly hidden: number;
}

/** `asyncscope/pin`: shows a task in the Call Stack as a thread of its own. At most 20 at a time. */
export interface PinArguments {
  readonly task: TaskId;
  readonly pinned: boolean;
}
export interface PinBody {
  readonly threadId: number;
  readonly pinned: boolean;
}

/** `asyncscope/cancelTask` */
export interface CancelTaskArguments {
  readonly task: TaskId;
  readonly message?: string;
}
export interface CancelTaskBody {
  /** False when it had already finished. */
  readonly requested: boolean;
}

/**
 * `asyncscope/heapSnapshot`: finds the suspended async functions of a program that tells no tasks, because it does not use
 * the runtime and was started without the loader. They are read from its heap, which stops it for a moment; from then on
 * the other requests answer with them, as they stood at that moment. Asked again, with those of the new moment.
 */
export interface HeapSnapshotArguments {
  /** Only says what it would cost. Default false. */
  readonly estimate?: boolean;
}
export interface HeapSnapshotBody {
  /** How long the program stands still, about, in milliseconds. */
  readonly pause: number;
  /** Size of its heap, bytes. */
  readonly heap: number;
  /** Bytes of memory that it needs meanwhile, about. */
  readonly size: number;
  /** How many suspended functions were found; absent of an estimate. */
  readonly functions?: number;
}

/** `asyncscope/dump`: all tasks, queues and locks in one document; after the end the last state that was seen. */
export interface DumpArguments {
  /** Default `text`: the content of a `.taskdump` file. */
  readonly format?: "text" | "json";
  /** Of a text: false leaves out how long each thing has lasted, so that two dumps differ only in what has moved. */
  readonly ages?: boolean;
  /** Most tasks, default 2000, at most 20000; the dump says how many are hidden. */
  readonly limit?: number;
}
export interface DumpBody {
  readonly status: TreeBody["status"];
  /** Tasks that have not finished. */
  readonly pending: number;
  /** When asked for as `text`. */
  readonly text?: string;
  /** When asked for as `json`. */
  readonly dump?: TaskDump;
}

/**
 * `asyncscope/diagnosis`: what is wrong with the tasks: deadlocks, locks never released, tasks that nothing can wake,
 * errors that nobody looked at. It looks at every task: ask when something has changed, at most once a second.
 */
export interface DiagnosisArguments {
  /** Most findings of each kind. Default 20, at most 100. */
  readonly limit?: number;
}
/** A finding as people read it: {@link Finding} with positions resolved. */
export interface FindingNode extends Omit<Finding, "words" | "places"> {
  /** `Deadlock: task a waits at jobs.ts:12 for Lock b, which task b took at jobs.ts:30; …` */
  readonly text: string;
  /** The positions in it that are known, in order: the first one is the line to open. */
  readonly locations: readonly SourceLocation[];
}
export interface DiagnosisBody {
  /** After the end of the program: what was found last. */
  readonly status: TreeBody["status"];
  readonly message?: string;
  readonly now: number;
  readonly version: number;
  /** The worst first. */
  readonly findings: readonly FindingNode[];
  /** How many tasks the findings that were left out because of `limit` concern. */
  readonly hiddenTasks: number;
  /** Nothing can happen in the program any more. */
  readonly idle: boolean;
  /** The tasks named in the findings. */
  readonly tasks: readonly TaskNode[];
}

/**
 * `asyncscope/suspensions`: how many tasks are suspended at which lines, for hints in an editor. It looks at every
 * task: ask when something has changed, and rarely when the answer took long.
 */
export interface SuspensionsArguments {
  /** The files that are wanted, as {@link SourceLocation.path}. Without them all. */
  readonly paths?: readonly string[];
  /** Most lines, those with most tasks. Default and at most 2000. */
  readonly limit?: number;
}
export interface SuspendedLine {
  /** The leftmost position on the line. */
  readonly at: SourceLocation;
  readonly count: number;
  /** `count` is worked out from samples: at which of its lines a generator stands is asked of some only. */
  readonly estimated?: boolean;
  /** Loop time since when the one that has waited longest (of those looked at) waits. */
  readonly since: number;
}
export interface SuspensionsBody {
  readonly status: TreeBody["status"];
  readonly message?: string;
  readonly now: number;
  /** How long the program was busy with it, in milliseconds: ask seldom when it is long. */
  readonly took: number;
  readonly version: number;
  /** By file and line. */
  readonly lines: readonly SuspendedLine[];
  /** How many tasks are suspended in all. */
  readonly suspended: number;
  /** Those of them of which no line is known, or that stand in lines left out because of `limit`. */
  readonly hiddenTasks: number;
}

/** `asyncscope/suspendedAt`: tasks that the last answer to `asyncscope/suspensions` has counted at a line. */
export interface SuspendedAtArguments {
  readonly path: string;
  readonly line: number;
  /** Most tasks. Default and at most 20. */
  readonly limit?: number;
}
export interface SuspendedAtBody {
  readonly now: number;
  /** How many stand there in all. */
  readonly count: number;
  /** Some of them, those that have waited longest first. Those that have gone on since are left out. */
  readonly tasks: readonly TaskNode[];
}

/** Custom requests by name. */
export interface CustomRequests {
  "asyncscope/tree": { arguments: TreeArguments; body: TreeBody };
  "asyncscope/groups": { arguments: GroupsArguments; body: GroupsBody };
  "asyncscope/resources": { arguments: ResourcesArguments; body: ResourcesBody };
  "asyncscope/futures": { arguments: FuturesArguments; body: FuturesBody };
  "asyncscope/chain": { arguments: ChainArguments; body: ChainBody };
  "asyncscope/diagnosis": { arguments: DiagnosisArguments; body: DiagnosisBody };
  "asyncscope/suspensions": { arguments: SuspensionsArguments; body: SuspensionsBody };
  "asyncscope/suspendedAt": { arguments: SuspendedAtArguments; body: SuspendedAtBody };
  "asyncscope/heapSnapshot": { arguments: HeapSnapshotArguments; body: HeapSnapshotBody };
  "asyncscope/dump": { arguments: DumpArguments; body: DumpBody };
  "asyncscope/pin": { arguments: PinArguments; body: PinBody };
  "asyncscope/cancelTask": { arguments: CancelTaskArguments; body: CancelTaskBody };
  "asyncscope/recordingStart": { arguments: RecordingStartArguments; body: RecordingBody };
  "asyncscope/recordingStop": { arguments: Record<string, never>; body: RecordingBody };
  "asyncscope/recordingState": { arguments: Record<string, never>; body: RecordingBody };
  "asyncscope/recordingData": { arguments: RecordingDataArguments; body: RecordingDataBody };
}

/** Custom events by name. `changed` comes at most 4 times a second and only after an answer was asked for. */
export interface CustomEvents {
  "asyncscope/changed": { version: number; status: TreeBody["status"] };
  /** A recording has begun or ended. */
  "asyncscope/recording": RecordingBody;
}
