import type { TaskRecord } from "./task-record.js";

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
  readonly #last: (TaskRecord | null)[] = [];
  #next = 0;
  /** A list in the order of their end, oldest first, with gaps where one has gone. */
  #ancestors: (TaskRecord | null)[] = [];
  #firstAncestor = 0;
  #ancestorCount = 0;
  readonly #forget: (record: TaskRecord) => void;

  /** @param forget is told of each record that is to leave the tree. */
  constructor(forget: (record: TaskRecord) => void) {
    this.#forget = forget;
    for (let i = 0; i < KEPT_FINISHED; i++) this.#last[i] = null;
  }

  add(record: TaskRecord): void {
    const oldest = this.#last[this.#next]!;
    this.#last[this.#next] = record;
    this.#next = (this.#next + 1) % KEPT_FINISHED;
    if (oldest === null) return;
    if (oldest.childCount > 0) this.#keepAncestor(oldest);
    else this.#drop(oldest);
  }

  /** Calls `visit` with each that is kept. */
  forEach(visit: (record: TaskRecord) => void): void {
    for (let i = 0; i < this.#last.length; i++) if (this.#last[i] !== null) visit(this.#last[i]!);
    for (let i = this.#firstAncestor; i < this.#ancestors.length; i++)
      if (this.#ancestors[i] !== null) visit(this.#ancestors[i]!);
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
