import type { TaskRecord } from "./task-record.js";

/** Bits that a query sets on records; each query has a number of its own, so that nothing need be cleared. */
export const VISIBLE = 1;
export const AWAITED = 2;
export const REACHED = 4;
export const ROOT = 8;
export const INCLUDED = 16;
export const EXPANDED = 32;
export const COUNTED = 64;
export const AWAITING = 128;
const ALL = 256;

let queries = 0;
let walks = 0;

/** The marks of one query. Sets of a million records would take longer than the rest of the query. */
export class Marks {
  readonly #base = ++queries * ALL;

  has(record: TaskRecord, bit: number): boolean {
    const bits = record.mark - this.#base;
    return bits >= 0 && (bits & bit) !== 0;
  }

  /** @returns whether the bit was not there before. */
  add(record: TaskRecord, bit: number): boolean {
    const bits = record.mark - this.#base;
    if (bits < 0) {
      record.mark = this.#base + bit;
      return true;
    }
    if ((bits & bit) !== 0) return false;
    record.mark += bit;
    return true;
  }
}

/** For {@link TaskRecord.met}: a number for one walk that must meet each record once. */
export function newWalk(): number {
  return ++walks;
}
