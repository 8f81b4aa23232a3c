import { UnrecordedEnd } from "./task-creation.js";
import type { TaskCreation } from "./task-creation.js";
import { TaskRecord } from "./task-record.js";
import type { RareFacts } from "./task-record.js";

/** Finished tasks that stay in the tree. */
export const KEPT_FINISHED = 200;
/** Finished tasks that stay beyond that because a task they created is still there. */
export const KEPT_ANCESTORS = 1000;

/**
 * Which finished tasks are still shown: the last {@link KEPT_FINISHED}, and those under which others hang. When there
 * are too many of the latter (each task starts the next one and ends), the oldest go and their children move up.
 */
export class FinishedTasks {
  /** A ring. */
  readonly #last: (TaskRecord | UnrecordedEnd | null)[] = [];
  #next = 0;
  /** For each place of the ring, to be used again. */
  readonly #spare: (UnrecordedEnd | null)[] = [];
  #unrecorded = 0;
  /** A list in the order of their end, oldest first, with gaps where one has gone. */
  #ancestors: (TaskRecord | null)[] = [];
  #firstAncestor = 0;
  #ancestorCount = 0;
  readonly #forget: (record: TaskRecord) => void;
  readonly #forgetUnrecorded: (end: UnrecordedEnd) => void;

  /** @param forget and `forgetUnrecorded` are told of each that is to leave the tree. */
  constructor(forget: (record: TaskRecord) => void, forgetUnrecorded: (end: UnrecordedEnd) => void) {
    this.#forget = forget;
    this.#forgetUnrecorded = forgetUnrecorded;
    for (let i = 0; i < KEPT_FINISHED; i++) this.#last[i] = this.#spare[i] = null;
  }

  /** Whether the next one may push out an ancestor, whose children must have records by then. */
  get isFull(): boolean {
    return this.#ancestorCount >= KEPT_ANCESTORS;
  }

  /** Whether there are any for {@link recordAll}. */
  get hasUnrecorded(): boolean {
    return this.#unrecorded > 0;
  }

  add(record: TaskRecord): void {
    const oldest = this.#last[this.#next]!;
    this.#last[this.#next] = record;
    this.#next = (this.#next + 1) % KEPT_FINISHED;
    this.#pushOut(oldest);
  }

  /** One that ended without a record. @returns what is to be filled in: no task that ends normally makes garbage. */
  addUnrecorded(creation: TaskCreation): RareFacts {
    const place = this.#next;
    this.#next = (place + 1) % KEPT_FINISHED;
    const oldest = this.#last[place]!;
    this.#pushOut(oldest);
    const end = (this.#spare[place] ??= new UnrecordedEnd(creation));
    end.creation = creation;
    this.#last[place] = end;
    this.#unrecorded++;
    return end.facts;
  }

  /** Puts the record that `make` makes into the place of each that has none, oldest first. */
  recordAll(make: (end: UnrecordedEnd) => TaskRecord): void {
    for (let i = 0; i < KEPT_FINISHED; i++) {
      const place = (this.#next + i) % KEPT_FINISHED;
      const end = this.#last[place]!;
      if (!(end instanceof UnrecordedEnd)) continue;
      // Its facts are those of the record now.
      this.#spare[place] = null;
      this.#last[place] = make(end);
    }
    this.#unrecorded = 0;
  }

  /** Calls `visit` with each that is kept and has a record. */
  forEach(visit: (record: TaskRecord) => void): void {
    for (let i = 0; i < this.#last.length; i++) {
      const record = this.#last[i]!;
      if (record instanceof TaskRecord) visit(record);
    }
    for (let i = this.#firstAncestor; i < this.#ancestors.length; i++)
      if (this.#ancestors[i] !== null) visit(this.#ancestors[i]!);
  }

  #pushOut(oldest: TaskRecord | UnrecordedEnd | null): void {
    if (oldest === null) return;
    if (oldest instanceof UnrecordedEnd) {
      const { parent } = oldest.creation;
      this.#unrecorded--;
      this.#forgetUnrecorded(oldest);
      if (parent.childCount === 0 && placeOf(parent) >= 0) this.#drop(parent);
    } else if (oldest.childCount > 0) this.#keepAncestor(oldest);
    else this.#drop(oldest);
  }

  #keepAncestor(record: TaskRecord): void {
    record.rare!.place = this.#ancestors.length;
    this.#ancestors[this.#ancestors.length] = record;
    if (++this.#ancestorCount <= KEPT_ANCESTORS) return;
    while (this.#ancestors[this.#firstAncestor] === null) this.#firstAncestor++;
    this.#drop(this.#ancestors[this.#firstAncestor]!);
  }

  /** Forgets it, and the ancestors that stayed for its sake alone. */
  #drop(from: TaskRecord): void {
    for (let record: TaskRecord | null = from; record !== null;) {
      const parent: TaskRecord | null = record.parent;
      this.#leave(record);
      this.#forget(record);
      record = parent !== null && parent.childCount === 0 && placeOf(parent) >= 0 ? parent : null;
    }
  }

  #leave(record: TaskRecord): void {
    const place = placeOf(record);
    if (place < 0) return;
    record.rare!.place = -1;
    this.#ancestors[place] = null;
    this.#ancestorCount--;
    if (this.#ancestors.length < 4 * KEPT_ANCESTORS) return;
    const kept: (TaskRecord | null)[] = [];
    for (let i = 0; i < this.#ancestors.length; i++) {
      const ancestor = this.#ancestors[i]!;
      if (ancestor === null) continue;
      ancestor.rare!.place = kept.length;
      kept[kept.length] = ancestor;
    }
    this.#ancestors = kept;
    this.#firstAncestor = 0;
  }
}

function placeOf(record: TaskRecord): number {
  return record.rare === null ? -1 : record.rare.place;
}
