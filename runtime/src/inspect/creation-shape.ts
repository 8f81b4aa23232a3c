import type { Shape } from "./shape.js";
import type { TaskRecord } from "./task-record.js";

/** A task's children are the tasks that it created. */
export class CreationShape implements Shape {
  readonly #root: TaskRecord;

  constructor(root: TaskRecord) {
    this.#root = root;
  }

  each(parent: TaskRecord, from: number, visit: (child: TaskRecord) => boolean): void {
    for (let child = parent.childAt(from); child !== null; child = child.after) if (!visit(child)) return;
  }

  childCount(parent: TaskRecord): number {
    return parent.childCount;
  }

  eachParent(child: TaskRecord, visit: (parent: TaskRecord) => void): void {
    if (child.parent !== null && child.parent !== this.#root) visit(child.parent);
  }
}
