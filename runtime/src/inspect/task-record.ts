import type { SiteId, TaskId, TaskState } from "@asyncscope/protocol";
import type { Task } from "../core/task.js";

/** States as small integers, in the order of {@link STATES}. */
export const CREATED = 0;
export const SCHEDULED = 1;
export const RUNNING = 2;
export const SUSPENDED = 3;
export const DONE = 4;
export const FAILED = 5;
export const CANCELLED = 6;

export const STATES: readonly TaskState[] = [
  "created",
  "scheduled",
  "running",
  "suspended",
  "done",
  "failed",
  "cancelled",
];

/** What most tasks never have. */
export interface RareFacts {
  cancelledBy?: { readonly task: TaskId; readonly site: SiteId; readonly message: string };
  error?: string;
  name?: string;
  coroutine?: string;
  isAsync?: boolean;
  createdIsInferred?: boolean;
}

/** What the registry knows of a task: linked lists instead of maps, so that a task costs one small object. */
export class TaskRecord {
  state = CREATED;
  created: SiteId = 0;
  /** Loop time of the last change of `state`. */
  since: number;
  firstChild: TaskRecord | null = null;
  lastChild: TaskRecord | null = null;
  before: TaskRecord | null = null;
  after: TaskRecord | null = null;
  childCount = 0;
  watched = false;
  rare: RareFacts | null = null;
  /** Null once it has ended: watching must not keep results and errors alive. */
  task: Task<unknown> | null;
  /** A task that failed, as long as the program keeps it. */
  ended: WeakRef<Task<unknown>> | null = null;

  constructor(
    readonly id: TaskId,
    task: Task<unknown>,
    readonly parent: TaskRecord | null,
    readonly createdAt: number,
  ) {
    this.task = task;
    this.since = createdAt;
  }

  get finished(): boolean {
    return this.state >= DONE;
  }

  append(child: TaskRecord): void {
    child.before = this.lastChild;
    if (this.lastChild === null) this.firstChild = child;
    else this.lastChild.after = child;
    this.lastChild = child;
    this.childCount++;
  }

  remove(child: TaskRecord): void {
    if (child.before === null) this.firstChild = child.after;
    else child.before.after = child.after;
    if (child.after === null) this.lastChild = child.before;
    else child.after.before = child.before;
    child.before = child.after = null;
    this.childCount--;
  }

  *children(): Generator<TaskRecord, void, undefined> {
    for (let child = this.firstChild; child !== null; child = child.after) yield child;
  }
}
