import { AWAITED, REACHED, ROOT } from "./marks.js";
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
    tasks.forEach((record) => {
      eachAwaited(registry, record, (child) => marks.add(child, AWAITED));
    });
    tasks.forEach((record) => {
      if (!marks.has(record, AWAITED)) this.#reach(record);
    });
    // Those that only a cycle leads to: the oldest of each cycle stands for it.
    tasks.forEach((record) => {
      if (marks.has(record, AWAITED) && !marks.has(record, REACHED)) {
        marks.add(record, ROOT);
        this.#reach(record);
      }
    });
    tasks.forEach((record) => {
      if (!marks.has(record, AWAITED) || marks.has(record, ROOT)) this.#roots[this.#roots.length] = record;
    });
  }

  each(parent: TaskRecord, visit: (child: TaskRecord) => boolean): void {
    const children = parent === this.#registry.root ? this.#roots : this.#awaited(parent);
    for (let i = 0; i < children.length; i++) if (!visit(children[i]!)) return;
  }

  childCount(parent: TaskRecord): number {
    if (parent === this.#registry.root) return this.#roots.length;
    let count = 0;
    eachAwaited(this.#registry, parent, () => count++);
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

  #reach(from: TaskRecord): void {
    const stack = [from];
    for (let length = 1; length > 0;) {
      const record = stack[--length]!;
      eachAwaited(this.#registry, record, (child) => {
        if (this.#marks.add(child, REACHED)) stack[length++] = child;
      });
    }
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
