import { AWAITED, AWAITING, REACHED, ROOT } from "./marks.js";
import type { Marks } from "./marks.js";
import { mapGet, mapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { Shape } from "./shape.js";
import type { TaskRecord } from "./task-record.js";
import { eachAwaited } from "./waits.js";

/** A task's children are the tasks that it waits for. Cycles are legal: each has one member among the roots. */
export class AwaitShape implements Shape {
  readonly #registry: Registry;
  readonly #marks: Marks;
  readonly #roots: TaskRecord[] = [];
  /** Filled when somebody asks. */
  #awaiters: Map<TaskRecord, TaskRecord[]> | null = null;

  constructor(registry: Registry, marks: Marks) {
    this.#registry = registry;
    this.#marks = marks;
    const { tasks } = registry;
    let awaited = 0;
    tasks.forEach((record) => {
      let waits = false;
      eachAwaited(registry, record, (child) => {
        waits = true;
        if (marks.add(child, AWAITED)) awaited++;
      });
      if (waits) marks.add(record, AWAITING);
    });
    let reached = 0;
    tasks.forEach((record) => {
      if (!marks.has(record, AWAITED) && marks.has(record, AWAITING)) reached += this.#reach(record);
    });
    // Those that only a cycle leads to: the oldest of each cycle stands for it.
    if (reached < awaited)
      tasks.forEach((record) => {
        if (!marks.has(record, AWAITED) || marks.has(record, REACHED)) return;
        marks.add(record, ROOT);
        this.#reach(record);
      });
    tasks.forEach((record) => {
      if (!marks.has(record, AWAITED) || marks.has(record, ROOT)) this.#roots[this.#roots.length] = record;
    });
  }

  each(parent: TaskRecord, from: number, visit: (child: TaskRecord) => boolean): void {
    const children = parent === this.#registry.root ? this.#roots : this.#awaited(parent);
    for (let i = from; i < children.length; i++) if (!visit(children[i]!)) return;
  }

  childCount(parent: TaskRecord): number {
    if (parent === this.#registry.root) return this.#roots.length;
    if (!this.#marks.has(parent, AWAITING)) return 0;
    let count = 0;
    eachAwaited(this.#registry, parent, () => {
      count++;
    });
    return count;
  }

  eachParent(child: TaskRecord, visit: (parent: TaskRecord) => void): void {
    const awaiters = mapGet((this.#awaiters ??= this.#collectAwaiters()), child);
    if (awaiters !== undefined) for (let i = 0; i < awaiters.length; i++) visit(awaiters[i]!);
  }

  #awaited(parent: TaskRecord): TaskRecord[] {
    const children: TaskRecord[] = [];
    eachAwaited(this.#registry, parent, (child) => (children[children.length] = child));
    return children;
  }

  /** @returns how many it leads to that were not reached before. */
  #reach(from: TaskRecord): number {
    const stack = [from];
    let reached = 0;
    for (let length = 1; length > 0;) {
      const record = stack[--length]!;
      if (!this.#marks.has(record, AWAITING)) continue;
      eachAwaited(this.#registry, record, (child) => {
        if (!this.#marks.add(child, REACHED)) return;
        reached++;
        stack[length++] = child;
      });
    }
    return reached;
  }

  #collectAwaiters(): Map<TaskRecord, TaskRecord[]> {
    const all = new Map<TaskRecord, TaskRecord[]>();
    this.#registry.tasks.forEach((record) => {
      eachAwaited(this.#registry, record, (child) => {
        const awaiters = mapGet(all, child);
        if (awaiters === undefined) mapSet(all, child, [record]);
        else awaiters[awaiters.length] = record;
      });
    });
    return all;
  }
}
