import type { SiteId, TaskId, TaskState } from "@asyncscope/protocol";
import type { Task } from "../core/task.js";

/** States as small integers, in the order of {@link STATES}. The first four are read off the task, see task-state.ts. */
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

/** Who asked for the cancellation of a task, where, and with which message. */
export interface CancelledBy {
  /** 0 when no task did. */
  readonly task: TaskId;
  /** 0 when not known. */
  readonly site: SiteId;
  readonly message: string;
}

/** What most tasks never have before they end. */
export class RareFacts {
  children: Children | null;
  cancelledBy: CancelledBy | null = null;
  /** When that was asked for first, on the loop's clock. */
  cancelledAt = 0;
  /** Of a task that has ended: one from DONE on. */
  state = -1;
  /** When it ended, on the loop's clock. */
  endedAt = 0;
  error: string | null = null;
  /** Of a task that has ended: its name cut to what is shown, null when the program gave none. */
  name: string | null = null;
  coroutine = "";
  isAsync = false;
  /** N of the `Task-N` that a task without a name is called. */
  number = 0;
  /** A task that failed, as long as the program keeps it. */
  ended: WeakRef<Task<unknown>> | null = null;
  /** For FinishedTasks: where it stands among the kept ancestors, -1 when it is none. */
  place = -1;

  constructor(children: Children | null) {
    this.children = children;
  }

  /** Makes it ready for another task that ends; what each of them sets stays. */
  reset(): void {
    this.cancelledBy = this.error = this.ended = this.children = null;
    this.place = -1;
  }
}

/**
 * A time of the loop's clock that many records share, null for 0. That some are null keeps V8 from giving each record
 * a copy of the number on the heap, twice the size of the field.
 */
export type LoopTime = number | null;

/** The children of a task, oldest first; the list goes through {@link TaskRecord.after}. */
class Children {
  first: TaskRecord | null = null;
  last: TaskRecord | null = null;
  count = 0;
  /** Those without a record: they are in no list. */
  unrecorded = 0;
}

/**
 * What the registry knows of a task: linked lists instead of maps, so that a task costs one small object. Its fields
 * are counted: each takes 8 bytes of every task, and copying them is most of what a watched task costs in time.
 */
export class TaskRecord {
  /** Where it was created, 0 when not known; negative when inferred from earlier tasks. */
  created: SiteId = 0;
  before: TaskRecord | null = null;
  after: TaskRecord | null = null;
  /** @internal Its children, or the rare facts, which then have them. */
  _more: Children | RareFacts | null = null;
  /** Null once it has ended: watching must not keep results alive. */
  task: Task<unknown> | null;
  /** For queries: marks of the one under way, see marks.ts. */
  mark = 0;
  /** For queries: the last walk over awaited tasks that met it. */
  met = 0;
  /** @internal */ readonly _time: LoopTime;

  /** @param id 0 for the root, and for a task that has been forgotten. */
  constructor(
    public id: TaskId,
    task: Task<unknown> | null,
    public parent: TaskRecord | null,
    time: LoopTime,
  ) {
    this.task = task;
    this._time = time;
  }

  /** On the loop's clock. */
  get createdAt(): number {
    return this._time ?? 0;
  }

  get rare(): RareFacts | null {
    return this._more instanceof RareFacts ? this._more : null;
  }

  get children(): Children | null {
    return this._more instanceof RareFacts ? this._more.children : this._more;
  }

  /** Its rare facts, from now on those of `spare` when it has none. */
  withRare(spare?: RareFacts | null): RareFacts {
    const more = this._more;
    if (more instanceof RareFacts) return more;
    const rare = spare ?? new RareFacts(null);
    rare.children = more;
    return (this._more = rare);
  }

  get finished(): boolean {
    return this.rare !== null && this.rare.state >= DONE;
  }

  /** Also those without a record. */
  get childCount(): number {
    const { children } = this;
    return children === null ? 0 : children.count + children.unrecorded;
  }

  /** Whether so many of its children have a record, or all. */
  hasRecorded(count: number): boolean {
    const { children } = this;
    return children === null || children.unrecorded === 0 || children.count >= count;
  }

  /** From whichever end is nearer. */
  childAt(index: number): TaskRecord | null {
    const { children } = this;
    if (children === null || index >= children.count) return null;
    let child: TaskRecord | null;
    if (index <= children.count / 2) {
      child = children.first;
      for (let i = 0; i < index; i++) child = child!.after;
    } else {
      child = children.last;
      for (let i = children.count - 1; i > index; i--) child = child!.before;
    }
    return child;
  }

  append(child: TaskRecord): void {
    const children = ownChildren(this);
    child.before = children.last;
    if (children.last === null) children.first = child;
    else children.last.after = child;
    children.last = child;
    children.count++;
  }

  /** One more child that has no record. */
  addUnrecorded(): void {
    ownChildren(this).unrecorded++;
  }

  /** One less: it has a record now, or is forgotten. */
  removeUnrecorded(): void {
    const children = this.children!;
    if (--children.unrecorded === 0 && children.count === 0) setChildren(this, null);
  }

  remove(child: TaskRecord): void {
    const children = this.children!;
    if (child.before === null) children.first = child.after;
    else child.before.after = child.after;
    if (child.after === null) children.last = child.before;
    else child.after.before = child.before;
    child.before = child.after = null;
    if (--children.count === 0 && children.unrecorded === 0) setChildren(this, null);
  }

  /** Puts the children of `child` into its place and removes it. */
  dissolve(child: TaskRecord): void {
    const grand = child.children;
    if (grand !== null) {
      const children = this.children!;
      for (let each = grand.first; each !== null; each = each.after) each.parent = this;
      grand.first!.before = child;
      grand.last!.after = child.after;
      if (child.after === null) children.last = grand.last;
      else child.after.before = grand.last;
      child.after = grand.first;
      children.count += grand.count;
      setChildren(child, null);
    }
    this.remove(child);
  }

  /** Nothing of the tree may hang on a record that a task of the program still points to. */
  forget(): void {
    this.id = 0;
    this.parent = this.before = this.after = null;
    this._more = null;
  }
}

function ownChildren(record: TaskRecord): Children {
  let { children } = record;
  if (children === null) setChildren(record, (children = new Children()));
  return children;
}

/** A function, as a private method would mark each record with a field of its own. */
function setChildren(record: TaskRecord, children: Children | null): void {
  if (record._more instanceof RareFacts) record._more.children = children;
  else record._more = children;
}
