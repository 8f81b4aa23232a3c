import type { SiteId, TaskId, TreeQuery } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import type { Activity, Instrument, TakenFrom } from "../core/instrument.js";
import type { EventLoop } from "../core/event-loop.js";
import type { Task } from "../core/task.js";
import { emit } from "./events.js";
import { FinishedTasks } from "./finished-tasks.js";
import type { Halts } from "./halts.js";
import { IdTable } from "./id-table.js";
import { KnownLoops } from "./known-loops.js";
import { count } from "./numbers.js";
import { weakMapGet, weakMapSet } from "./primordials.js";
import { ResourceTable } from "./resource-table.js";
import { isAsyncFrame } from "./shapes.js";
import { SiteBudget, SiteTable } from "./sites.js";
import { TaskCreation } from "./task-creation.js";
import type { UnrecordedEnd } from "./task-creation.js";
import { TakingsTable } from "./takings.js";
import { CANCELLED, DONE, FAILED, RUNNING, SCHEDULED, STATES, TaskRecord } from "./task-record.js";
import type { Recording } from "./recording.js";
import type { CancelledBy, LoopTime, RareFacts } from "./task-record.js";
import { standing } from "./task-state.js";
import { clean, describeError } from "./text.js";
import { eachWait } from "./waits.js";

/** Captures of a site a second, for each kind: together at most about 5 % of one core. */
const SITES_PER_SECOND = 2500;
const NAME = 200;

/** The same of futures: a program may make a million of them a second. */
const FUTURE_SITES_PER_SECOND = 500;

/**
 * So many unfinished tasks without a record are taken in together when one of them needs one: so the tree of a small
 * program is in the order of creation whatever happens first.
 */
const FEW = 64;
/** Tasks of one page of the tree. */
export const MOST_PER_PAGE = 1000;
/** So many records are made for one page of the tree: 80 ms. */
const MOST_FOR_A_PAGE = 100_000;

/** Where a future was made, and by which task (0: by none). */
export interface FutureCreation {
  readonly site: SiteId;
  readonly task: TaskId;
}

/** What the registry must know of the runtime, of all its copies in the program. */
export interface World {
  currentTask(): Task<unknown> | null;
  /** Calls `visit` with those in the middle of whose step that one runs. */
  eachInterrupted(visit: (task: Task<unknown>) => void): void;
  /** Lets one more listen to what happens all the time, or ends that. Either may be called more than once. */
  listen(activity: Activity, listens: boolean): void;
}

/**
 * Knows every task and primitive of the program. Fed by the core through {@link Instrument}.
 *
 * A task gets a record when somebody asks ({@link recordAll}), or something must be written down of it; until then it
 * is found in the list of its loop, and points to a {@link TaskCreation}. So a program that nobody looks at makes a million
 * tasks as fast as an unwatched one (records at once: 1.8 times as long, and 112 bytes each).
 */
export class Registry implements Instrument, Activity {
  readonly sites: SiteTable;
  readonly resources = new ResourceTable();
  readonly takings = new TakingsTable(this);
  readonly loops = new KnownLoops();
  /** Parent of the tasks that no task created. */
  readonly root = new TaskRecord(0, null, null, null);
  /** Unfinished tasks. */
  live = 0;
  /** Finished tasks that are kept, by state from DONE on. */
  readonly ended = [0, 0, 0];
  /** Every task that has a record. */
  readonly tasks = new IdTable<TaskRecord>();
  version = 0;
  captureSites = true;
  /** Written while somebody wants a timeline. */
  recording: Recording | null = null;
  /** What happens now was asked by the debug adapter: not the doing of the task that happens to run. */
  fromOutside = false;
  /**
   * A task is being taken in or let go. V8 lets a debug adapter ask in the middle of that, and nothing else may change
   * the lists then.
   */
  isChanging = false;
  /** Stops the program at what happens; null when there is nothing to stop at. */
  halts: Halts | null = null;
  readonly #world: World;
  readonly #finished = new FinishedTasks(
    (record) => this.#forget(record),
    (end) => this.#forgetUnrecorded(end),
  );
  readonly #creations: SiteBudget;
  readonly #awaits: SiteBudget;
  readonly #cancels: SiteBudget;
  readonly #primitives: SiteBudget;
  readonly #acquires: SiteBudget;
  readonly #futures: SiteBudget;
  readonly #futureCreations = new WeakMap<object, FutureCreation>();
  readonly #awaitSites = new WeakMap<object, SiteId>();
  readonly #acquireSites = new WeakMap<object, SiteId>();
  #watched: readonly TaskId[] = [];
  /** Those of them whose next change of state is to be told. */
  #untold: TaskRecord[] = [];
  /** Of the task that was forgotten last, for the next one that ends: no task that ends normally makes garbage. */
  #spare: RareFacts | null = null;
  /** How the task that was created last was. */
  #creation: TaskCreation;
  /** How the task without a record that was cancelled last was created and cancelled. */
  #cancelled: TaskCreation;
  #lastCancel: CancelledBy = { task: 0, site: 0, message: "" };
  /** Unfinished tasks without a record. */
  #unrecorded = 0;
  #lastId = 0;
  #armed = false;
  /** The program ran before anybody watched. */
  #late = false;

  constructor(world: World, sites: SiteTable) {
    this.#world = world;
    this.sites = sites;
    this.#creation = this.#cancelled = new TaskCreation(this.root, 0, null);
    this.#creations = new SiteBudget(sites, SITES_PER_SECOND, true);
    this.#awaits = new SiteBudget(sites, SITES_PER_SECOND);
    this.#cancels = new SiteBudget(sites, SITES_PER_SECOND, true);
    this.#primitives = new SiteBudget(sites, SITES_PER_SECOND);
    this.#futures = new SiteBudget(sites, FUTURE_SITES_PER_SECOND);
    this.#acquires = new SiteBudget(sites, SITES_PER_SECOND, true);
  }

  get(id: TaskId): TaskRecord | undefined {
    return this.tasks.get(id);
  }

  /** The record of a task that has one, also of a finished one that is still shown. */
  recordOf(task: object): TaskRecord | undefined {
    const record = (task as Task<unknown>)._record;
    return record instanceof TaskRecord && record.id !== 0 ? record : undefined;
  }

  /** Where an async function called what it waits for, 0 when not known. */
  awaitSite(awaitable: object): SiteId {
    return weakMapGet(this.#awaitSites, awaitable) ?? 0;
  }

  /** Calls `visit` with the tasks that have ended and are still shown. */
  eachFinished(visit: (record: TaskRecord) => void): void {
    this.#finished.forEach(visit);
  }

  /** Where the lock was acquired by whoever holds it, 0 when not known. */
  acquireSite(lock: object): SiteId {
    return weakMapGet(this.#acquireSites, lock) ?? 0;
  }

  /** Undefined when not known. */
  futureCreation(future: object): FutureCreation | undefined {
    return weakMapGet(this.#futureCreations, future);
  }

  /** The task whose code runs now, in whichever copy of the runtime. */
  currentTask(): Task<unknown> | null {
    return this.#world.currentTask();
  }

  /** Whether any task is in the middle of a step. */
  get isRunning(): boolean {
    let runs = false;
    this.eachRunning(() => (runs = true));
    return runs;
  }

  /** Calls `visit` with the tasks that are in the middle of a step. */
  eachRunning(visit: (task: Task<unknown>) => void): void {
    const current = this.currentTask();
    if (current !== null) visit(current);
    this.#world.eachInterrupted(visit);
  }

  /** Whether it wants to hear of what happens all the time. */
  get listens(): boolean {
    return this.#armed || this.#late || this.#untold.length > 0;
  }

  /** The next change is told once through the binding, and the next one of each watched task. */
  arm(): void {
    this.#armed = true;
    this.#untold = [];
    for (let i = 0; i < this.#watched.length; i++) {
      const record = this.tasks.get(this.#watched[i]!);
      if (record !== undefined && !record.finished) this.#untold[this.#untold.length] = record;
    }
    this.#world.listen(this, true);
  }

  watch(ids: readonly TaskId[]): void {
    this.#watched = ids;
    this.arm();
  }

  /** The record of a task, which may have been made before anybody watched. */
  adoptExisting(task: Task<unknown>): TaskRecord {
    const known = this.recordOf(task);
    if (known !== undefined) return known;
    if (isUnrecorded(task)) return this.#recordFor(task);
    this.loops.add(task._loop);
    const record = this.#record(task, this.root, 0, this.#timeOf(task));
    this.live++;
    this.#changed();
    this.#late = true;
    this.#world.listen(this, true);
    eachWait(record, ({ _origin: origin }) => {
      if (origin !== null && origin.resource !== null) this.resources.of(origin.resource);
    });
    return record;
  }

  /**
   * Makes the records that are missing, in the order in which the tasks were created. Before any list is made.
   * @param first the loop where they are, if that is known.
   */
  recordAll(first?: EventLoop): void {
    if ((this.#unrecorded === 0 && !this.#finished.hasUnrecorded) || this.isChanging) return;
    this.#change(() => {
      if (this.#finished.hasUnrecorded) this.#finished.recordAll((end) => this.#recordEnded(end));
      if (first !== undefined) this.#recordIn(first);
      this.loops.eachLive((loop) => this.#recordIn(loop));
      this.#unrecorded = 0;
    });
  }

  /**
   * As {@link recordAll}, but no more than {@link MOST_FOR_A_PAGE} where the answer is the same without the others: for
   * pages of the tree by creation. What is still missing is made for the next ones, which are asked for soon.
   */
  recordFor({ order, pages, filter, deep }: TreeQuery): void {
    if (this.#unrecorded > MOST_FOR_A_PAGE && order === "creation" && filter === undefined && deep !== true) {
      this.#recordOldest(MOST_FOR_A_PAGE);
      let isEnough = true;
      for (let i = 0; i < pages.length; i++) {
        const { task, offset } = pages[i]!;
        const parent = task === 0 ? this.root : this.get(task);
        isEnough &&= parent === undefined || parent.hasRecorded(count(offset, 0) + MOST_PER_PAGE);
      }
      if (isEnough) return;
    }
    this.recordAll();
  }

  /** Whether a task has no record, as nobody has asked for it yet. */
  isUnrecorded(task: Task<unknown>): boolean {
    return isUnrecorded(task);
  }

  /** Whether there are such tasks. */
  get hasUnrecorded(): boolean {
    return this.#unrecorded > 0;
  }

  /** From now on `recording` is told of everything, and the one before of nothing. */
  setRecording(recording: Recording | null): void {
    if (this.recording !== null) this.#world.listen(this.recording, false);
    this.recording = recording;
    if (recording !== null) this.#world.listen(recording, true);
  }

  /** Lets go of the program: nothing of this registry may hang on its tasks. */
  close(): void {
    this.recordAll();
    this.setRecording(null);
    this.#world.listen(this, false);
    this.tasks.forEach((record) => {
      if (record.task !== null) record.task._record = null;
      record.task = null;
      record.forget();
    });
    this.root.forget();
  }

  /** Something changed that no task of the runtime told of. */
  changedOutside(): void {
    this.#changed();
  }

  // --- Instrument -----------------------------------------------------------------------------------------

  taskCreated(task: Task<unknown>, parent: Task<unknown> | null): void {
    const creator = parent ?? this.currentTask();
    const above = creator === null ? this.root : this.#parentRecord(creator);
    const site = this.captureSites
      ? this.#creations.site(creator === null ? "" : creator._coroutineName, task._coroutineName)
      : 0;
    const time = this.#timeOf(task);
    this.loops.add(task._loop);
    let creation = this.#creation;
    if (creation.parent !== above || creation.site !== site || creation.time !== time)
      creation = this.#creation = new TaskCreation(above, site, time);
    this.isChanging = true;
    task._record = creation;
    above.addUnrecorded();
    this.#unrecorded++;
    this.live++;
    this.isChanging = false;
    this.#changed();
    if (this.recording === null && this.halts === null) return;
    const record = this.#recordFor(task);
    if (this.recording !== null) this.recording.taskCreated(task, record);
    if (this.halts !== null) this.halts.created(record);
  }

  /** What stands for a call of a plain async function: no loop lists it. */
  nativeTaskCreated(task: Task<unknown>, parent: Task<unknown> | null, site: SiteId): void {
    this.loops.add(task._loop);
    const above = parent === null ? this.root : this.adoptExisting(parent);
    const record = this.#record(task, above, site, this.#timeOf(task));
    this.live++;
    this.#changed();
    if (this.recording !== null) this.recording.taskCreated(task, record);
    if (this.halts !== null) this.halts.created(record);
  }

  taskUnlisted(task: Task<unknown>, ends: boolean): void {
    if (!isUnrecorded(task) || (ends && this.#unrecorded > FEW)) return;
    this.#recordFor(task);
  }

  stepEntered(task: Task<unknown>): void {
    this.#happened(task, RUNNING);
  }

  stepLeft(task: Task<unknown>): void {
    this.#happened(task, standing(task));
  }

  taskScheduled(task: Task<unknown>): void {
    this.#happened(task, SCHEDULED);
  }

  taskDone(task: Task<unknown>): void {
    const failed = task._hasError();
    if (isUnrecorded(task)) {
      if (this.#finished.isFull) this.recordAll();
      else if (!failed && this.#unrecorded > FEW) {
        this.#endUnrecorded(task);
        return;
      }
    }
    const record = this.adoptExisting(task);
    const rare = record.withRare(this.#spare);
    if (rare === this.#spare) this.#spare = null;
    this.#noteEnd(rare, task, failed);
    if (failed) {
      rare.error = describeError(task._peekError());
      rare.ended = new WeakRef(task);
    }
    if (this.recording !== null) this.recording.taskDone(task, record.id, rare.state);
    record.task = null;
    this.#happened(task, rare.state);
    this.isChanging = true;
    this.#finished.add(record);
    this.isChanging = false;
    if (task._loop._firstTask === null) this.loops.release(task._loop);
    if (failed && this.halts !== null) this.halts.failed(record, task._peekError());
  }

  /** It turned out to be none: what it has begun moves up to its parent. */
  drop(task: Task<unknown>): void {
    const record = this.recordOf(task);
    if (record === undefined || record.finished) return;
    this.tasks.delete(record.id);
    this.live--;
    record.parent!.dissolve(record);
    record.forget();
    record.task = task._record = null;
    this.#changed();
  }

  cancelRequested(task: Task<unknown>, by: Task<unknown> | null, message: string): void {
    const creator = this.fromOutside ? null : (by ?? this.currentTask());
    const creatorId = creator === null ? 0 : this.#parentRecord(creator).id;
    const cancelledBy = this.#cancelledBy(task, creator, creatorId, message);
    if (isUnrecorded(task) && this.#unrecorded > FEW && this.halts === null && this.recording === null)
      this.#cancelUnrecorded(task, cancelledBy);
    else {
      const record = this.adoptExisting(task);
      const rare = record.withRare();
      if (rare.cancelledBy === null) rare.cancelledAt = task._loop._iterationTime;
      rare.cancelledBy = cancelledBy;
      if (this.recording !== null) this.recording.cancelRequested(task, creatorId);
      if (this.halts !== null) this.halts.cancelled(record, creator, message);
    }
    this.#changed();
  }

  errorUnretrieved(error: unknown, described: string): void {
    if (this.halts !== null) this.halts.unretrieved(error, described);
  }

  awaitableCreated(awaitable: object): void {
    // Generators tell where they stand; only an async function's await must be caught here (rule JS-05).
    if (!this.captureSites && this.recording === null) return;
    const task = this.currentTask();
    const frame = task === null ? null : task._frame;
    if (frame === null || !isAsyncFrame(frame)) return;
    if (this.recording !== null) this.recording.ran(task!);
    if (!this.captureSites) return;
    const site = this.#awaits.site(frame._name, "");
    if (site > 0) weakMapSet(this.#awaitSites, awaitable, site);
  }

  primitiveCreated(primitive: object, kind: string): void {
    const site = this.captureSites ? Math.max(0, this.#primitives.site("", kind)) : 0;
    this.resources.add(primitive as Inspectable, kind, site);
    this.#changed();
  }

  futureCreated(future: object): void {
    if (!this.captureSites) return;
    const site = this.#futures.site("", "");
    if (site <= 0) return;
    const task = this.currentTask();
    const record = task === null || task._record === null ? undefined : this.adoptExisting(task);
    weakMapSet(this.#futureCreations, future, { site, task: record === undefined ? 0 : record.id });
  }

  acquired(primitive: object, operation: object): void {
    if (this.captureSites) weakMapSet(this.#acquireSites, primitive, this.#acquiredAt(operation));
  }

  taken(primitive: TakenFrom, operation: object | null): void {
    this.takings.take(primitive, operation);
  }

  givenBack(primitive: TakenFrom): void {
    this.takings.giveBack(primitive);
  }

  primitiveChanged(primitive: object): void {
    if (this.#late) this.resources.of(primitive); // It may have been made before anybody watched.
    this.#changed();
  }

  // --------------------------------------------------------------------------------------------------------

  #acquiredAt(operation: object): SiteId {
    const task = this.currentTask();
    const frame = task?._frame ?? null;
    // Inside an operation of the runtime (withLock) the program's frames are not on the stack.
    if (frame === null || !frame._isUserCode) return 0;
    return isAsyncFrame(frame)
      ? this.awaitSite(operation)
      : Math.abs(this.#acquires.site(task!._coroutineName, frame._name));
  }

  /** Of a task that creates another one. Its own siblings come first, so that they stay in the order of creation. */
  #parentRecord(task: Task<unknown>): TaskRecord {
    if (isUnrecorded(task)) this.recordAll(task._loop);
    return this.adoptExisting(task);
  }

  /** Of a task that was created while this registry watched. */
  #recordFor(task: Task<unknown>): TaskRecord {
    if (this.#unrecorded > 1 && this.#unrecorded <= FEW) {
      this.recordAll(task._loop);
      if (!isUnrecorded(task)) return task._record as TaskRecord;
    }
    const record = this.#recordCreated(task);
    if (this.#unrecorded > 0) this.#unrecorded--;
    return record;
  }

  #recordOldest(most: number): void {
    if (this.isChanging) return;
    this.#change(() => {
      if (this.#finished.hasUnrecorded) this.#finished.recordAll((end) => this.#recordEnded(end));
      this.loops.eachLive((loop) => {
        for (let task = loop._lastTask; task !== null && most > 0; task = task._before)
          if (isUnrecorded(task)) {
            this.#recordCreated(task);
            this.#unrecorded--;
            most--;
          }
      });
    });
  }

  /** A mistake in here must not keep the lists closed for good. */
  #change(work: () => void): void {
    this.isChanging = true;
    try {
      work();
    } finally {
      this.isChanging = false;
    }
  }

  #recordIn(loop: EventLoop): void {
    const tasks: Task<unknown>[] = [];
    // Newest first.
    for (let task = loop._firstTask; task !== null && tasks.length < this.#unrecorded; task = task._after)
      if (isUnrecorded(task)) tasks[tasks.length] = task;
    for (let i = tasks.length - 1; i >= 0; i--) this.#recordCreated(tasks[i]!);
    this.#unrecorded -= tasks.length;
  }

  #recordCreated(task: Task<unknown>): TaskRecord {
    const { parent, site, time, cancelledBy, cancelledAt } = task._record as TaskCreation;
    const record = this.#record(task, parent, site, time);
    parent.removeUnrecorded();
    if (cancelledBy !== null) {
      const rare = record.withRare();
      rare.cancelledBy = cancelledBy;
      rare.cancelledAt = cancelledAt;
    }
    return record;
  }

  #recordEnded({ creation: { parent, site, time }, facts }: UnrecordedEnd): TaskRecord {
    const record = this.#record(null, parent, site, time);
    record.withRare(facts);
    parent.removeUnrecorded();
    return record;
  }

  /** The last one when it is the same: a task that cancels 100,000 others makes one. */
  #cancelledBy(task: Task<unknown>, by: Task<unknown> | null, id: TaskId, message: string): CancelledBy {
    // Often the same pair of functions at the same line, as with those who acquire locks.
    const site =
      this.captureSites && !this.fromOutside
        ? Math.abs(this.#cancels.site(by === null ? "" : by._coroutineName, task._coroutineName))
        : 0;
    const last = this.#lastCancel;
    const text = message === "" ? "" : clean(message, NAME);
    if (last.task === id && last.site === site && last.message === text) return last;
    return (this.#lastCancel = { task: id, site, message: text });
  }

  #cancelUnrecorded(task: Task<unknown>, cancelledBy: CancelledBy): void {
    const before = task._record as TaskCreation;
    const now = task._loop._iterationTime;
    let after = this.#cancelled;
    const { parent, site, time } = before;
    if (
      after.parent !== parent ||
      after.site !== site ||
      after.time !== time ||
      after.cancelledBy !== cancelledBy ||
      before.cancelledBy !== null ||
      after.cancelledAt !== now
    ) {
      after = this.#cancelled = new TaskCreation(parent, site, time);
      after.cancelledBy = cancelledBy;
      after.cancelledAt = before.cancelledBy === null ? now : before.cancelledAt;
    }
    task._record = after;
  }

  /** It ends as most do, and nobody has asked for it. */
  #endUnrecorded(task: Task<unknown>): void {
    this.isChanging = true;
    const creation = task._record as TaskCreation;
    const facts = this.#finished.addUnrecorded(creation);
    facts.cancelledBy = creation.cancelledBy;
    facts.cancelledAt = creation.cancelledAt;
    this.#noteEnd(facts, task, false);
    task._record = null;
    this.#unrecorded--;
    this.isChanging = false;
    this.#changed();
    if (!this.listens) this.#world.listen(this, false);
    if (task._loop._firstTask === null) this.loops.release(task._loop);
  }

  #noteEnd(facts: RareFacts, task: Task<unknown>, failed: boolean): void {
    const name = task._givenName;
    facts.name = name === null ? null : clean(name, NAME);
    facts.number = task._number;
    facts.coroutine = task._coroutineName;
    facts.isAsync = task._isAsync;
    facts.state = failed ? FAILED : task.cancelled() ? CANCELLED : DONE;
    facts.endedAt = task._loop._iterationTime;
    this.live--;
    this.ended[facts.state - DONE]!++;
  }

  #record(task: Task<unknown> | null, parent: TaskRecord, site: SiteId, time: LoopTime): TaskRecord {
    const wasChanging = this.isChanging;
    this.isChanging = true;
    const record = new TaskRecord(++this.#lastId, task, parent, time);
    record.created = site;
    if (task !== null) task._record = record;
    this.tasks.add(record.id, record);
    parent.append(record);
    this.isChanging = wasChanging;
    return record;
  }

  /** Those of one iteration share the number. */
  #timeOf(task: Task<unknown>): LoopTime {
    const now = task._loop._iterationTime;
    return now === this.#creation.time ? this.#creation.time : now;
  }

  #happened(task: Task<unknown>, state: number): void {
    if (this.#untold.length === 0) {
      if (task._record === null) this.adoptExisting(task);
      this.#changed();
      if (!this.listens) this.#world.listen(this, false);
      return;
    }
    const record = this.adoptExisting(task);
    const left: TaskRecord[] = [];
    for (let i = 0; i < this.#untold.length; i++)
      if (this.#untold[i] !== record) left[left.length] = this.#untold[i]!;
    const isToBeTold = left.length < this.#untold.length;
    this.#untold = left;
    // Whoever is told may ask again, and watch it again, before it is told the rest.
    this.#changed();
    if (!this.listens) this.#world.listen(this, false);
    if (!isToBeTold) return;
    emit({ type: "task", task: record.id, state: STATES[state]!, version: this.version });
  }

  /** Only the first change after a question matters: it is told, and makes the next answer another version. */
  #changed(): void {
    if (!this.#armed) return;
    this.#armed = false;
    this.version++;
    if (!this.listens) this.#world.listen(this, false);
    emit({ type: "changed", version: this.version });
  }

  #forget(record: TaskRecord): void {
    this.tasks.delete(record.id);
    const rare = record.rare!;
    this.ended[rare.state - DONE]!--;
    record.parent!.dissolve(record);
    record.forget();
    rare.reset();
    this.#spare = rare;
    this.#changed();
  }

  #forgetUnrecorded({ creation, facts }: UnrecordedEnd): void {
    this.ended[facts.state - DONE]!--;
    creation.parent.removeUnrecorded();
    this.#changed();
  }
}

/** Whether it was created while this registry watched, and has no record. */
function isUnrecorded(task: Task<unknown>): boolean {
  return task._record instanceof TaskCreation;
}
