/**
 * The task dump: everything that is known of a program's tasks at one moment, as data. It is the body of
 * `asyncscope/dump` with `format: "json"` and of `asyncscope dump PID --json`; the text of a `.taskdump` document holds
 * the same, and can be read back into it.
 *
 * Durations are whole milliseconds. Names, labels, messages and previews come from the program: they are one line of
 * text without control characters. Paths under the user's home folder begin with `~`.
 */
import type {
  FindingKind,
  FrameInfo,
  ResourceId,
  ResourceKind,
  ResourceWaiter,
  TaskId,
  TaskInfo,
  TaskState,
  WaitKind,
} from "./inspector.js";
import type { SourceLocation, TreeBody } from "./requests.js";

/** Raised when a field, or a line of the text, changes its meaning or goes away; a new optional one does not raise it. */
export const DUMP_VERSION = 1;

/** Value of {@link TaskDump.format}. */
export const DUMP_FORMAT = "asyncscope-task-dump";

export interface TaskDump {
  readonly format: typeof DUMP_FORMAT;
  readonly version: number;
  /** Path of the program's main file, or what else it is called by. */
  readonly program: string;
  /** 0 when it is not known: the program was gone before it could be asked. */
  readonly pid: number;
  /** `v20.11.0`, "" when not known. */
  readonly node: string;
  /** Version of the asyncscope runtime, "" when not known. */
  readonly runtime: string;
  /** When the dump was made, ISO 8601 in UTC. */
  readonly time: string;
  /** `live`, `paused`; `ended` and `blocked`: the last state that was seen. */
  readonly status: TreeBody["status"];
  /** Tasks by state, over the whole program, before any cap. States that no task is in are absent. */
  readonly counts: Readonly<Partial<Record<TaskState, number>>>;
  /** What is left out because of a cap. */
  readonly hidden: DumpHidden;
  /** What a reader must know of how the dump came about, a sentence each. */
  readonly notes: readonly string[];
  /** What is wrong with the tasks, the worst first. */
  readonly findings: readonly DumpFinding[];
  /**
   * Circles of tasks that wait for each other, through tasks or through locks, in the last state of a program that
   * could not be asked what is wrong. Of others they are among `findings`.
   */
  readonly cycles: readonly (readonly DumpTaskRef[])[];
  /** In order of creation, each task before those that it created. */
  readonly tasks: readonly DumpTask[];
  readonly resources: readonly DumpResource[];
}

export interface DumpFinding {
  readonly kind: FindingKind;
  /** The sentence for people, at most 2000 characters. */
  readonly text: string;
  /** The lines concerned; the first one is the line to open. */
  readonly locations: readonly DumpLocation[];
}

export interface DumpHidden {
  /** Tasks that are in no entry. */
  readonly tasks: number;
  /** Queues, locks and others that are in no entry. */
  readonly resources: number;
  /** Tasks whose await chain was not read. */
  readonly chains: number;
}

/** Names a task; it need not have an entry of its own. */
export interface DumpTaskRef {
  readonly id: TaskId;
  readonly name: string;
}

export interface DumpTask extends DumpTaskRef {
  readonly state: TaskState;
  /** The task that created it; absent when that is not known or when there is none. */
  readonly parent?: DumpTaskRef;
  /** Name of the coroutine's function, "" when it has none. */
  readonly coroutine: string;
  readonly form: TaskInfo["form"];
  /** How long it has been in its state. */
  readonly age: number;
  readonly waits: readonly DumpWait[];
  /** Things it waits for beyond `waits`. */
  readonly hiddenWaits: number;
  /** Outstanding cancel requests. */
  readonly cancelling: number;
  readonly cancelledBy?: DumpCancel;
  /** For failed tasks: `name: message`. */
  readonly error?: string;
  /** Nobody has looked at the error. */
  readonly unretrieved: boolean;
  /** A plain async function whose promise nobody awaits: it was called, at `created`, by a statement that drops it. */
  readonly floating?: boolean;
  /** Its await chain, innermost first. */
  readonly frames: readonly DumpFrame[];
  /** Frames left out at the outer end. */
  readonly hiddenFrames: number;
  readonly created?: DumpLocation;
  /** True when `created` was inferred from earlier tasks of the same creator. */
  readonly createdIsInferred: boolean;
}

export interface DumpWait {
  readonly kind: WaitKind;
  readonly label: string;
  readonly age: number;
  /** Time until a timer ends the wait; absent when nothing is timed. */
  readonly left?: number;
  readonly resource?: DumpResourceRef;
  /** Tasks whose end is waited for. */
  readonly tasks: readonly DumpTaskRef[];
  readonly hiddenTasks: number;
}

export interface DumpCancel {
  /** The task that asked; absent: asked from outside any task. */
  readonly by?: DumpTaskRef;
  readonly message: string;
  readonly location?: DumpLocation;
}

export interface DumpFrame {
  readonly functionName: string;
  readonly kind: FrameInfo["kind"];
  /** Absent: no source is known. */
  readonly location?: DumpPosition;
}

/** 1-based. */
export type DumpPosition = Pick<SourceLocation, "path" | "line" | "column">;

export interface DumpLocation extends DumpPosition {
  /** "" when it has none. */
  readonly functionName: string;
}

/** Names a queue, lock or other primitive; it need not have an entry of its own. */
export interface DumpResourceRef {
  readonly id: ResourceId;
  readonly name: string;
}

export interface DumpResource extends DumpResourceRef {
  readonly kind: ResourceKind;
  /** `3/10`, `locked`, `2 of 5 free`. */
  readonly state: string;
  /** Queues: puts whose taskDone is missing. */
  readonly unfinished?: number;
  /** First items of a queue, in the order in which they would be got. */
  readonly items: readonly DumpItem[];
  readonly hiddenItems: number;
  readonly owner?: DumpTaskRef & { readonly age: number };
  /** Conditions: the lock they stand on. */
  readonly lock?: DumpResourceRef;
  /** In the order in which they will be served. */
  readonly waiters: readonly DumpWaiter[];
  readonly hiddenWaiters: number;
  readonly created?: DumpLocation;
}

export interface DumpItem {
  readonly index: number;
  /** Short text; no getter of the program was run for it. */
  readonly preview: string;
}

export interface DumpWaiter {
  readonly role: ResourceWaiter["role"];
  /** Absent: it is no task. */
  readonly task?: DumpTaskRef;
  readonly age: number;
}
