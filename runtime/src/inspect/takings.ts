import type { SiteId } from "@asyncscope/protocol";
import type { Task } from "../core/task.js";
import type { TakenFrom } from "../core/instrument.js";
import { mapForEach, mapGet, mapSet, mapSize } from "./primordials.js";
import type { Registry } from "./registry.js";
import { isAsyncFrame } from "./shapes.js";
import type { TaskRecord } from "./task-record.js";

/** Tasks that are remembered for one queue or semaphore; where more have something, nobody is blamed. */
const MOST_TAKERS = 1000;
/** So much is taken and nothing given back: the program does not mean to, as with a queue that nobody joins. */
const MOST_UNRETURNED = 100;
/** Captures of where something is taken, a second: 0.2 % of one core. */
const SITES_PER_SECOND = 200;

/** What one task took and has not given back. */
export interface Taking {
  readonly record: TaskRecord;
  /** 0 when it has given everything back. */
  count: number;
  /** Where it took last, 0 when not known. */
  site: SiteId;
  /** It takes at more than one place. */
  isAmbiguous: boolean;
  /** Loop time since when it has had any. */
  since: number;
}

/**
 * Who took items from a queue without `taskDone()` yet, or permits of a semaphore without `release()`. Neither says
 * whose item is done: it is taken to be one of the task that says so. Where somebody else does, things are handed on
 * from task to task, and nobody can be blamed any more.
 */
export class Takings {
  /** How often a task gave back what it had taken itself: then that is how the program means it. */
  returned = 0;
  /** Loop time of the last change. */
  changedAt = 0;
  readonly table: TakingsTable;
  /** Taken and not given back, as far as it is known. */
  #total = 0;
  /** Nobody can be blamed any more. */
  isHandedOn = false;
  #byTask = new Map<TaskRecord, Taking>();
  /** Of the task that was here last: mostly it comes again. */
  #last: Taking | null = null;

  constructor(table: TakingsTable) {
    this.table = table;
  }

  /** @param record null for what is no task. */
  take(record: TaskRecord | null, now: number): Taking | undefined {
    this.changedAt = now;
    const taking = record === null ? undefined : (this.#find(record) ?? this.#add(record));
    if (taking === undefined || (this.returned === 0 && this.#total >= MOST_UNRETURNED)) {
      this.#giveUp();
      return undefined;
    }
    if (taking.count++ === 0) taking.since = now;
    this.#total++;
    return taking;
  }

  giveBack(record: TaskRecord | null, now: number): void {
    this.changedAt = now;
    const taking = record === null ? undefined : this.#find(record);
    if (taking === undefined || taking.count === 0) {
      this.#giveUp();
      return;
    }
    taking.count--;
    this.#total--;
    this.returned++;
  }

  /** Who has `total` things that were not given back; empty when that is not known of all of them. */
  holders(total: number): readonly Taking[] {
    return this.isHandedOn || this.#total !== total ? [] : listHolders(this.#byTask);
  }

  #find(record: TaskRecord): Taking | undefined {
    if (this.#last !== null && this.#last.record === record) return this.#last;
    const known = mapGet(this.#byTask, record);
    if (known !== undefined) this.#last = known;
    return known;
  }

  #add(record: TaskRecord): Taking | undefined {
    if (mapSize(this.#byTask) >= MOST_TAKERS) {
      const holders = listHolders(this.#byTask);
      if (holders.length > MOST_TAKERS / 2) return undefined;
      this.#byTask = new Map();
      for (let i = 0; i < holders.length; i++) mapSet(this.#byTask, holders[i]!.record, holders[i]!);
    }
    const taking: Taking = { record, count: 0, site: 0, isAmbiguous: false, since: 0 };
    mapSet(this.#byTask, record, taking);
    return (this.#last = taking);
  }

  #giveUp(): void {
    this.isHandedOn = true;
    this.#byTask = new Map();
    this.#last = null;
  }
}

function listHolders(byTask: ReadonlyMap<TaskRecord, Taking>): Taking[] {
  const holders: Taking[] = [];
  mapForEach(byTask, (taking) => {
    if (taking.count > 0) holders[holders.length] = taking;
  });
  return holders;
}

/** The {@link Takings} of all queues and semaphores from which something was taken while somebody watched. */
export class TakingsTable {
  readonly #registry: Registry;
  #windowStart = -Infinity;
  #captured = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Undefined when nothing was taken while this registry watched. */
  of(primitive: object): Takings | undefined {
    const takings = (primitive as Partial<TakenFrom>)._takings;
    return takings instanceof Takings && takings.table === this ? takings : undefined;
  }

  take(primitive: TakenFrom, operation: object | null): void {
    const takings = this.of(primitive) ?? (primitive._takings = new Takings(this));
    if (takings.isHandedOn) return;
    const task = this.#registry.currentTask();
    if (task === null) takings.take(null, 0);
    else {
      const now = task._loop._iterationTime;
      const taking = takings.take(this.#registry.adoptExisting(task), now);
      if (taking !== undefined) this.#note(taking, task, operation, now);
    }
  }

  giveBack(primitive: TakenFrom): void {
    // Of what was taken before anybody watched nothing is known.
    const takings = this.of(primitive);
    if (takings === undefined || takings.isHandedOn) return;
    const task = this.#registry.currentTask();
    if (task === null) takings.giveBack(null, 0);
    else takings.giveBack(this.#registry.adoptExisting(task), task._loop._iterationTime);
  }

  /** Notes where it was taken: of an async function the await, of a generator the line that runs now. */
  #note(taking: Taking, task: Task<unknown>, operation: object | null, now: number): void {
    const { captureSites, sites } = this.#registry;
    const frame = task._frame;
    // Inside an operation of the runtime (withPermit) the program's frames are not on the stack.
    if (!captureSites || frame?._isUserCode !== true) return;
    if (operation !== null && isAsyncFrame(frame)) {
      taking.site = this.#registry.awaitSite(operation);
      return;
    }
    if (now - this.#windowStart >= 1000) {
      this.#windowStart = now;
      this.#captured = 0;
    }
    if (this.#captured >= SITES_PER_SECOND) {
      if (taking.isAmbiguous) taking.site = 0;
      return;
    }
    this.#captured++;
    const site = sites.capture();
    if (taking.site !== 0 && taking.site !== site) taking.isAmbiguous = true;
    taking.site = site;
  }
}
