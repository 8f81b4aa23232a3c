import type { TaskId, TreePage, TreePageQuery, TreeQuery } from "@asyncscope/protocol";
import { COUNTED, EXPANDED, INCLUDED, VISIBLE } from "./marks.js";
import type { Marks } from "./marks.js";
import { atMost, count } from "./numbers.js";
import { MOST_PER_PAGE } from "./registry.js";
import type { Registry } from "./registry.js";
import type { Shape } from "./shape.js";
import type { TaskRecord } from "./task-record.js";

const MOST_TASKS = 20_000;

/**
 * Gathers the tasks of a reply, page by page. A page walks no further than to its end, and what the limit left out is
 * counted only when something was.
 */
export class TreeWalk {
  readonly pages: TreePage[] = [];
  /** In the order in which they were reached. */
  readonly included: TaskRecord[] = [];
  hidden = 0;
  readonly #registry: Registry;
  readonly #shape: Shape;
  readonly #marks: Marks;
  readonly #asked: readonly TreePageQuery[];
  readonly #filtered: boolean;
  readonly #limit: number;
  #leftOut = false;

  constructor(registry: Registry, shape: Shape, marks: Marks, query: TreeQuery) {
    this.#registry = registry;
    this.#shape = shape;
    this.#marks = marks;
    this.#asked = query.pages;
    this.#filtered = query.filter !== undefined;
    this.#limit = atMost(query.limit, 2000, MOST_TASKS);
    this.#run(query.deep === true);
  }

  #run(deep: boolean): void {
    let level: TaskRecord[] = [];
    for (let i = 0; i < this.#asked.length; i++) {
      const { task, offset, limit } = this.#asked[i]!;
      this.#page(task, count(offset, 0), atMost(limit, 100, MOST_PER_PAGE), level);
      const record = this.#registry.get(task);
      if (record !== undefined) this.#marks.add(record, EXPANDED);
    }
    while (deep && level.length > 0) {
      const next: TaskRecord[] = [];
      for (let i = 0; i < level.length; i++) {
        const record = level[i]!;
        if (!this.#marks.add(record, EXPANDED) || this.#shape.childCount(record) === 0) continue;
        if (this.#page(record.id, 0, MOST_PER_PAGE, next) > MOST_PER_PAGE) this.#leftOut = true;
      }
      level = next;
    }
    if (this.#leftOut) this.#countHidden(deep);
  }

  /** @returns how many children there are after the filter. */
  #page(task: TaskId, offset: number, size: number, reached: TaskRecord[]): number {
    const parent = this.#record(task);
    const children: TaskId[] = [];
    let total = 0;
    if (parent !== undefined) {
      const end = offset + size;
      // Without a filter a page begins where it is asked for; with one, what stands before must be counted.
      let index = this.#filtered ? 0 : offset;
      this.#shape.each(parent, index, (child) => {
        if (this.#filtered && !this.#marks.has(child, VISIBLE)) return true;
        const at = index++;
        if (at >= end) return this.#filtered;
        if (at >= offset && this.#include(child)) {
          children[children.length] = child.id;
          reached[reached.length] = child;
        }
        return true;
      });
      total = this.#filtered ? index : this.#shape.childCount(parent);
    }
    this.pages[this.pages.length] = { task, offset, children, total };
    return total;
  }

  #include(record: TaskRecord): boolean {
    if (this.#marks.has(record, INCLUDED)) return true;
    if (this.included.length >= this.#limit) {
      this.#leftOut = true;
      return false;
    }
    this.#marks.add(record, INCLUDED);
    this.included[this.included.length] = record;
    return true;
  }

  /** Goes once more over all that was asked for, and counts what is not in the reply. */
  #countHidden(deep: boolean): void {
    const stack: TaskRecord[] = [];
    let length = 0;
    const look = (record: TaskRecord): void => {
      if (!this.#marks.add(record, COUNTED)) return;
      if (!this.#marks.has(record, INCLUDED)) this.hidden++;
      if (deep && !this.#isAsked(record.id)) stack[length++] = record;
    };
    for (let i = 0; i < this.#asked.length; i++) {
      const { task, offset, limit } = this.#asked[i]!;
      const parent = this.#record(task);
      const from = count(offset, 0);
      const end = from + atMost(limit, 100, MOST_PER_PAGE);
      let index = 0;
      if (parent !== undefined)
        this.#shape.each(parent, 0, (child) => {
          if (this.#filtered && !this.#marks.has(child, VISIBLE)) return true;
          const at = index++;
          if (at >= from && at < end) look(child);
          return at < end;
        });
    }
    while (length > 0)
      this.#shape.each(stack[--length]!, 0, (child) => {
        if (!this.#filtered || this.#marks.has(child, VISIBLE)) look(child);
        return true;
      });
  }

  #isAsked(id: TaskId): boolean {
    for (let i = 0; i < this.#asked.length; i++) if (this.#asked[i]!.task === id) return true;
    return false;
  }

  #record(task: TaskId): TaskRecord | undefined {
    return task === 0 ? this.#registry.root : this.#registry.get(task);
  }
}
