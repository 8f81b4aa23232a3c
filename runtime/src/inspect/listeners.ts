import type { Activity } from "../core/instrument.js";
import type { Task } from "../core/task.js";

/** Lets several listen to what happens all the time: the core knows one. With one listener the core calls it itself. */
export class Listeners implements Activity {
  #list: readonly Activity[] = [];
  readonly #install: (activity: Activity | null) => void;

  /** @param install makes the core tell it, or (null) nobody. */
  constructor(install: (activity: Activity | null) => void) {
    this.#install = install;
  }

  /** What the core is to tell. */
  get activity(): Activity | null {
    return this.#list.length < 2 ? (this.#list[0] ?? null) : this;
  }

  add(listener: Activity): void {
    for (let i = 0; i < this.#list.length; i++) if (this.#list[i] === listener) return;
    this.#change(listener, true);
  }

  remove(listener: Activity): void {
    this.#change(listener, false);
  }

  /** A list of its own each time: one may be told while another goes. */
  #change(listener: Activity, listens: boolean): void {
    const list: Activity[] = [];
    for (let i = 0; i < this.#list.length; i++)
      if (this.#list[i] !== listener) list[list.length] = this.#list[i]!;
    if (listens) list[list.length] = listener;
    this.#list = list;
    this.#install(this.activity);
  }

  stepEntered(task: Task<unknown>): void {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) list[i]!.stepEntered(task);
  }

  stepLeft(task: Task<unknown>): void {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) list[i]!.stepLeft(task);
  }

  taskScheduled(task: Task<unknown>): void {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) list[i]!.taskScheduled(task);
  }

  primitiveChanged(primitive: object): void {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) list[i]!.primitiveChanged(primitive);
  }
}
