import type { CancelScope } from "../core/cancel-scope.js";
import type { Future } from "../core/future.js";
import type { Task } from "../core/task.js";
import { holdersOf, isAlive } from "./holders.js";
import { IntList } from "./int-list.js";
import { each, mapGet, mapSet, setAdd, setHas } from "./primordials.js";
import { isAbandoned } from "./native-task.js";
import type { Registry } from "./registry.js";
import { isFutureLike, isTask } from "./shapes.js";
import { SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { standing } from "./task-state.js";
import { eachWait } from "./waits.js";

/** As the target of an edge: something outside of the graph may end the wait. */
const OUTSIDE = -1;

/**
 * Who waits for whom, as a graph: its nodes are suspended tasks and the things between them (a lock that somebody
 * holds, a gather). A node goes on as soon as **one** of those that it has edges to does: what else a wait may mean
 * (all of several) cannot make a task go on that this says cannot, so that nothing is called stuck which is not.
 * Everything here is linear in tasks and waits.
 */
export class WaitGraph {
  /** The task of each node, null for things. */
  readonly tasks: (TaskRecord | null)[] = [];
  /** Locks and semaphores all of whose holders have ended, with the nodes of the tasks that wait for them. */
  readonly leaked = new Map<object, IntList>();
  readonly #registry: Registry;
  readonly #running = new Set<Task<unknown>>();
  readonly #all: boolean;
  readonly #byThing = new Map<object, number>();
  readonly #things = new Map<number, object>();
  /** The edges of node `i` are those from `#start.at(i)` to `#start.at(i + 1)`. */
  readonly #start = new IntList();
  readonly #targets = new IntList();
  #reverse: { readonly start: Int32Array; readonly from: Int32Array } | null = null;
  /** The node whose edges are being added. */
  #at = 0;

  /** @param all also tasks that wait for none of the others. */
  constructor(registry: Registry, all: boolean) {
    this.#registry = registry;
    registry.eachRunning((task) => setAdd(this.#running, task));
    this.#all = all;
    registry.tasks.forEach((record) => {
      if (this.#mayBeStuck(record)) this.#node(record);
    });
    const { tasks } = this;
    for (let i = 0; i < tasks.length; i++) {
      const from = this.#targets.length;
      this.#start.push(from);
      this.#at = i;
      const record = tasks[i]!;
      if (record !== null) this.#addWaits(record);
      else this.#addBehind(this.thing(i)!);
      // Whatever it was is about to end.
      if (from === this.#targets.length) this.#targets.push(OUTSIDE);
    }
    this.#start.push(this.#targets.length);
  }

  /** What is between the tasks: a lock, or a future with children. Undefined for tasks. */
  thing(node: number): object | undefined {
    return mapGet(this.#things, node);
  }

  get size(): number {
    return this.tasks.length;
  }

  /** Calls `visit` with the nodes that `node` waits for. */
  eachTarget(node: number, visit: (target: number) => void): void {
    const end = this.#start.at(node + 1);
    for (let i = this.#start.at(node); i < end; i++)
      if (this.#targets.at(i) !== OUTSIDE) visit(this.#targets.at(i));
  }

  /** The edge at `index`, undefined behind the last one; for walks that stop on the way. */
  targetAt(node: number, index: number): number | undefined {
    const at = this.#start.at(node) + index;
    return at < this.#start.at(node + 1) ? this.#targets.at(at) : undefined;
  }

  /** Whether something that is no task and no lock of a task may end its wait. */
  leadsOutside(node: number): boolean {
    const end = this.#start.at(node + 1);
    for (let i = this.#start.at(node); i < end; i++) if (this.#targets.at(i) === OUTSIDE) return true;
    return false;
  }

  /** Whether all that it waits for is marked with `mark`. */
  waitsOnlyFor(node: number, marks: Uint8Array, mark: number): boolean {
    const end = this.#start.at(node + 1);
    for (let i = this.#start.at(node); i < end; i++)
      if (this.#targets.at(i) === OUTSIDE || marks[this.#targets.at(i)] !== mark) return false;
    return true;
  }

  /**
   * Marks with `mark` what is reached from the nodes of `queue` against the edges, and has no mark so far; appends it.
   * @param take is called with each; what it returns false for is not reached that way.
   */
  spread(queue: IntList, marks: Uint8Array, mark: number, take?: (node: number) => boolean): void {
    const { start, from } = (this.#reverse ??= this.#reversed());
    for (let next = 0; next < queue.length; next++) {
      const reached = queue.at(next);
      const end = start[reached + 1]!;
      for (let i = start[reached]!; i < end; i++) {
        const node = from[i]!;
        if (marks[node] !== 0 || take?.(node) === false) continue;
        marks[node] = mark;
        queue.push(node);
      }
    }
  }

  /** A task that waits now, and not for nobody in particular. */
  #mayBeStuck({ task }: TaskRecord): boolean {
    return (
      task !== null &&
      standing(task) === SUSPENDED &&
      (this.#all || dependsOnOthers(task) || isAbandoned(task)) &&
      !setHas(this.#running, task)
    );
  }

  #node(record: TaskRecord): number {
    // `met` is free between two walks over awaited tasks; a number of an earlier graph is not believed.
    const known = -record.met - 1;
    if (known >= 0 && known < this.tasks.length && this.tasks[known] === record) return known;
    const node = this.tasks.length;
    this.tasks[node] = record;
    record.met = -node - 1;
    return node;
  }

  #thing(thing: object): number {
    const known = mapGet(this.#byThing, thing);
    if (known !== undefined) return known;
    const node = this.tasks.length;
    this.tasks[node] = null;
    mapSet(this.#things, node, thing);
    mapSet(this.#byThing, thing, node);
    return node;
  }

  #addWaits(record: TaskRecord): void {
    const { _strands: strands, _waiter: waiter, _scope: scope } = record.task!;
    if (strands !== null) eachWait(record, this.#addWait);
    else if (waiter !== null) this.#addWait(waiter, 0, null, scope);
  }

  readonly #addWait = (
    future: Future<unknown>,
    _since: number,
    _awaitable: object | null,
    scope: CancelScope | null,
  ): void => {
    // What a block left behind when it ended wakes nobody.
    if (scope?.closed === true) return;
    this.#targets.push(isTimed(scope) ? OUTSIDE : this.#target(future));
  };

  #addBehind(thing: object): void {
    if (isFutureLike(thing))
      each(thing._origin!.children!(thing), (child) => {
        if (isFutureLike(child) && !child.done()) this.#targets.push(this.#target(child));
      });
    else {
      const holders = holdersOf(this.#registry, thing);
      for (let i = 0; i < holders.length; i++)
        if (isAlive(holders[i]!)) this.#targets.push(this.#taskNode(holders[i]!.task!));
    }
  }

  #target(future: Future<unknown>): number {
    if (isTask(future)) return this.#taskNode(future);
    const origin = future._origin;
    if (origin === null) return OUTSIDE;
    if (origin.children !== undefined) {
      const due = origin.due?.(future);
      return due === undefined || due === Infinity ? this.#thing(future) : OUTSIDE;
    }
    const { resource } = origin;
    return isHeld(origin.kind) && resource !== null ? this.#held(resource) : OUTSIDE;
  }

  #held(resource: object): number {
    const known = mapGet(this.#byThing, resource);
    if (known !== undefined) return known;
    const waiters = mapGet(this.leaked, resource);
    if (waiters !== undefined) {
      waiters.push(this.#at);
      return OUTSIDE;
    }
    const holders = holdersOf(this.#registry, resource);
    if (holders.length === 0) return OUTSIDE;
    let alive = 0;
    for (let i = 0; i < holders.length; i++) {
      if (!isAlive(holders[i]!)) continue;
      alive++;
      if (this.#taskNode(holders[i]!.task!) === OUTSIDE) return OUTSIDE;
    }
    if (alive > 0) return this.#thing(resource);
    mapSet(this.leaked, resource, IntList.of([this.#at]));
    return OUTSIDE;
  }

  #taskNode(task: Task<unknown>): number {
    const record = this.#registry.recordOf(task);
    return record !== undefined && this.#mayBeStuck(record) ? this.#node(record) : OUTSIDE;
  }

  #reversed(): { start: Int32Array; from: Int32Array } {
    const size = this.tasks.length;
    const targets = this.#targets;
    const start = new Int32Array(size + 2);
    for (let i = 0; i < targets.length; i++) if (targets.at(i) !== OUTSIDE) start[targets.at(i) + 2]!++;
    for (let i = 2; i < size + 2; i++) start[i]! += start[i - 1]!;
    const from = new Int32Array(start[size + 1]!);
    for (let node = 0; node < size; node++) {
      const end = this.#start.at(node + 1);
      for (let i = this.#start.at(node); i < end; i++)
        if (targets.at(i) !== OUTSIDE) from[start[targets.at(i) + 1]!++] = node;
    }
    return { start, from };
  }
}

/** Whether what is waited for so is held by tasks. */
function isHeld(kind: string): boolean {
  return kind === "lock" || kind === "semaphore";
}

/** Whether a task may wait for something that another task must do. */
function dependsOnOthers({ _strands: strands, _waiter: waiter }: Task<unknown>): boolean {
  if (strands !== null) return true;
  if (waiter === null) return false;
  if (isTask(waiter)) return true;
  const origin = waiter._origin;
  return (
    origin !== null && (origin.children !== undefined || isHeld(origin.kind) || origin.kind === "queue-join")
  );
}

/** Whether a time limit ends a wait that was begun in `scope`. */
export function isTimed(scope: CancelScope | null): boolean {
  for (let at = scope; at !== null; at = at._parent) if (at.timed) return true;
  return false;
}
