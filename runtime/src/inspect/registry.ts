import type { InspectorEvent, SiteId, TaskId } from "@asyncscope/protocol";
import { EVENT_BINDING } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import type { Instrument } from "../core/instrument.js";
import { currentTaskOrNull } from "../core/current-task.js";
import type { Task } from "../core/task.js";
import { ResourceTable } from "./resource-table.js";
import { SiteTable } from "./sites.js";
import {
  CANCELLED,
  CREATED,
  DONE,
  FAILED,
  RUNNING,
  SCHEDULED,
  SUSPENDED,
  TaskRecord,
} from "./task-record.js";
import { clean, describeError } from "./text.js";

/** Finished tasks that stay in the tree, newest first out last. */
const KEPT_FINISHED = 200;
/** Events a second for one watched task; the `changed` event covers what is left out. */
const WATCH_INTERVAL = 50;

/** Knows every task and primitive of the program. Fed by the core through {@link Instrument}. */
export class Registry implements Instrument {
  readonly sites = new SiteTable();
  readonly resources = new ResourceTable();
  /** Parent of the tasks that no task created. */
  readonly root: TaskRecord;
  /** Number of tasks in each state, in the order of STATES; finished ones count as long as they are kept. */
  readonly counts = [0, 0, 0, 0, 0, 0, 0];
  version = 0;
  captureSites = true;
  readonly #byId = new Map<TaskId, TaskRecord>();
  readonly #finished: TaskRecord[] = [];
  readonly #watchedAt = new Map<TaskId, number>();
  readonly #awaitSites = new WeakMap<object, SiteId>();
  #lastId = 0;
  #armed = false;

  constructor() {
    this.root = new TaskRecord(0, null as unknown as Task<unknown>, null, 0);
  }

  get(id: TaskId): TaskRecord | undefined {
    return this.#byId.get(id);
  }

  /** Every task known, oldest first. */
  all(): IterableIterator<TaskRecord> {
    return this.#byId.values();
  }

  recordOf(task: object): TaskRecord | undefined {
    const record = (task as Task<unknown>)._record;
    return record instanceof TaskRecord ? record : undefined;
  }

  /** Where an async function called the awaitable that it waits for, 0 when not known. */
  awaitSite(awaitable: object): SiteId {
    return this.#awaitSites.get(awaitable) ?? 0;
  }

  /** The next change is told once through the binding. */
  arm(): void {
    this.#armed = true;
  }

  watch(ids: readonly TaskId[]): void {
    for (const id of this.#watchedAt.keys()) {
      const record = this.#byId.get(id);
      if (record !== undefined) record.watched = false;
    }
    this.#watchedAt.clear();
    for (const id of ids) {
      const record = this.#byId.get(id);
      if (record === undefined) continue;
      record.watched = true;
      this.#watchedAt.set(id, -Infinity);
    }
  }

  // --- Instrument -----------------------------------------------------------------------------------------

  taskCreated(task: Task<unknown>, parent: Task<unknown> | null): void {
    const record = this.#adopt(task, parent === null ? undefined : this.recordOf(parent));
    if (!this.captureSites) return;
    const { site, inferred } = this.sites.captureFor(
      () => `${parent?._record === null ? "" : (parent?.getCoro()._name ?? "")}>${task.getCoro()._name}`,
      record.createdAt,
    );
    record.created = site;
    if (inferred) (record.rare ??= {}).createdIsInferred = true;
  }

  /** Takes in a task that was made before anybody watched. */
  adoptExisting(task: Task<unknown>): void {
    if (this.recordOf(task) !== undefined) return;
    const record = this.#adopt(task, undefined);
    this.#setState(record, task._waiter !== null || (task._strands?.size ?? 0) > 0 ? SUSPENDED : SCHEDULED);
  }

  stepEntered(task: Task<unknown>): void {
    const record = task._record as TaskRecord | null;
    if (record !== null) this.#setState(record, RUNNING);
  }

  stepLeft(task: Task<unknown>): void {
    const record = task._record as TaskRecord | null;
    if (record === null) return;
    // Without anything to wait for it stands in the ready queue again: a bare yield.
    const waits = task._waiter !== null || (task._strands !== null && task._strands.size > 0);
    this.#setState(record, waits ? SUSPENDED : SCHEDULED);
    if (waits && record.watched) this.#tellWatched(record);
  }

  taskScheduled(task: Task<unknown>): void {
    const record = task._record as TaskRecord | null;
    if (record !== null) this.#setState(record, SCHEDULED);
  }

  taskDone(task: Task<unknown>): void {
    const record = task._record as TaskRecord | null;
    if (record === null) return;
    const failed = task._hasError();
    this.#setState(record, failed ? FAILED : task.cancelled() ? CANCELLED : DONE);
    const rare = (record.rare ??= {});
    rare.name = task.name;
    rare.coroutine = task.getCoro()._name;
    rare.isAsync = task._isAsync;
    if (failed) {
      rare.error = describeError(task._peekError());
      record.ended = new WeakRef(task);
    }
    record.task = null;
    this.#finished.push(record);
    if (this.#finished.length > 2 * KEPT_FINISHED) this.#forgetFinished();
    if (record.watched) this.#tellWatched(record);
  }

  cancelRequested(task: Task<unknown>, by: Task<unknown> | null, message: string): void {
    const record = task._record as TaskRecord | null;
    if (record === null) return;
    (record.rare ??= {}).cancelledBy = {
      task: by === null ? 0 : (this.recordOf(by)?.id ?? 0),
      site: this.captureSites ? this.sites.captureFor(() => "cancel", record.since).site : 0,
      message: clean(message, 200),
    };
    this.#changed();
  }

  awaitableCreated(awaitable: object): void {
    // Generators tell where they stand; only an async function's await must be caught here (rule JS-05).
    const task = currentTaskOrNull();
    if (task === null || !task._isAsync || !this.captureSites) return;
    const { site } = this.sites.captureFor(() => "await", task._loop._iterationTime);
    if (site !== 0) this.#awaitSites.set(awaitable, site);
  }

  primitiveCreated(primitive: object, kind: string): void {
    const site = this.captureSites ? this.sites.capture() : 0;
    this.resources.add(primitive as Inspectable, kind, site);
    this.#changed();
  }

  primitiveChanged(): void {
    this.#changed();
  }

  // --------------------------------------------------------------------------------------------------------

  #adopt(task: Task<unknown>, parent: TaskRecord | undefined): TaskRecord {
    const record = new TaskRecord(++this.#lastId, task, parent ?? this.root, task._loop._iterationTime);
    task._record = record;
    this.#byId.set(record.id, record);
    record.parent!.append(record);
    this.counts[CREATED]!++;
    this.#changed();
    return record;
  }

  #setState(record: TaskRecord, state: number): void {
    const { task } = record;
    this.counts[record.state]!--;
    this.counts[state]!++;
    record.state = state;
    if (task !== null) record.since = task._loop._iterationTime;
    this.#changed();
  }

  #changed(): void {
    this.version++;
    if (!this.#armed) return;
    this.#armed = false;
    emit({ type: "changed", version: this.version });
  }

  #tellWatched(record: TaskRecord): void {
    const last = this.#watchedAt.get(record.id);
    if (last === undefined || (record.since - last < WATCH_INTERVAL && !record.finished)) return;
    this.#watchedAt.set(record.id, record.since);
    emit({
      type: "task",
      task: record.id,
      state: record.finished ? (["done", "failed", "cancelled"] as const)[record.state - DONE]! : "suspended",
      version: this.version,
    });
  }

  /** Finished tasks leave the tree, oldest first, unless a child of theirs is still alive. */
  #forgetFinished(): void {
    const old = this.#finished.splice(0, this.#finished.length - KEPT_FINISHED);
    const waiting: TaskRecord[] = [];
    for (const record of old)
      if (record.childCount > 0) waiting.push(record);
      else this.#forget(record);
    this.#finished.unshift(...waiting);
  }

  #forget(record: TaskRecord): void {
    this.#byId.delete(record.id);
    this.#watchedAt.delete(record.id);
    this.counts[record.state]!--;
    record.parent!.remove(record);
  }
}

/** Tells the debug adapter, when one listens. */
export function emit(event: InspectorEvent): void {
  const binding = (globalThis as Record<string, unknown>)[EVENT_BINDING];
  if (typeof binding !== "function") return;
  try {
    (binding as (payload: string) => void)(JSON.stringify(event));
  } catch {
    // A binding that is gone is nobody's concern in the program.
  }
}
