import type { TaskId } from "@asyncscope/protocol";
import type { AsyncGraph, Combinator, SuspendedFunction } from "./async-graph.js";
import type { HeapGraph, Node } from "./heap-graph.js";
import type { Settler, Settlers } from "./settlers.js";

/** What one suspended function waits for. */
export type Awaited =
  | { readonly kind: "function"; readonly function: SuspendedFunction; readonly stored: string | undefined }
  | { readonly kind: "combinator"; readonly name: Combinator; readonly inputs: readonly Awaited[] }
  | { readonly kind: "other"; readonly settler: Settler; readonly promise: Node };

/** Suspended functions of which each waits for the next: what a thread's call stack is. */
export interface SnapshotTask {
  readonly id: TaskId;
  /** Innermost first; Node's own functions at both ends are left out. */
  readonly frames: readonly SuspendedFunction[];
  /** Node's functions that the innermost frame has called, outermost first: what it does there. */
  readonly native: readonly SuspendedFunction[];
  readonly awaited: Awaited;
  /** The last function waits for the first. */
  readonly cyclic: boolean;
}

/** The suspended functions of a program as logical tasks. */
export interface SnapshotTasks {
  readonly tasks: readonly SnapshotTask[];
  /** The task that a function stands in. */
  readonly taskOf: (fn: SuspendedFunction) => SnapshotTask | undefined;
}

/** Inputs of a combinator that are looked at, and combinators inside each other. */
const MOST_INPUTS = 10_000;
const MOST_NESTED = 5;
const MOST_LINKS = 1000;

/** Makes tasks of suspended functions: a function that another one alone waits for belongs to that one's task. */
export function readTasks(heap: HeapGraph, graph: AsyncGraph, settlers: Settlers): SnapshotTasks {
  return new Builder(heap, graph, settlers).build();
}

class Builder {
  readonly #heap: HeapGraph;
  readonly #graph: AsyncGraph;
  readonly #settlers: Settlers;
  readonly #taskOf = new Map<SuspendedFunction, SnapshotTask>();

  constructor(heap: HeapGraph, graph: AsyncGraph, settlers: Settlers) {
    this.#heap = heap;
    this.#graph = graph;
    this.#settlers = settlers;
  }

  build(): SnapshotTasks {
    const { functions } = this.#graph;
    const callees = new Map<SuspendedFunction, SuspendedFunction>();
    const called = new Set<SuspendedFunction>();
    for (const each of functions) {
      const callee = this.#calleeOf(each);
      if (callee === undefined || callee === each) continue;
      callees.set(each, callee);
      called.add(callee);
    }
    const tasks: SnapshotTask[] = [];
    const taken = new Set<SuspendedFunction>();
    const take = (outermost: SuspendedFunction): void => {
      const chain: SuspendedFunction[] = [];
      let next: SuspendedFunction | undefined = outermost;
      while (next !== undefined && !taken.has(next)) {
        taken.add(next);
        chain.push(next);
        next = callees.get(next);
      }
      const task = this.#task(tasks.length + 1, chain, next !== undefined);
      if (task === undefined) return;
      tasks.push(task);
      for (const each of chain) this.#taskOf.set(each, task);
    };
    for (const each of functions) if (!called.has(each)) take(each);
    // What is left are circles: functions that wait for each other.
    for (const each of functions) if (!taken.has(each)) take(each);
    return { tasks, taskOf: (fn) => this.#taskOf.get(fn) };
  }

  #task(id: TaskId, chain: readonly SuspendedFunction[], cyclic: boolean): SnapshotTask | undefined {
    const first = chain.findIndex(({ internal }) => !internal);
    const last = chain.findLastIndex(({ internal }) => !internal);
    if (first < 0) return undefined;
    const frames = chain
      .slice(first, last + 1)
      .filter(({ internal }) => !internal)
      .reverse();
    const awaited = this.awaited(chain.at(-1)!.awaits);
    return { id, frames, native: chain.slice(last + 1), awaited, cyclic };
  }

  /** The function that another one waits for and nobody else does. */
  #calleeOf({ awaits }: SuspendedFunction): SuspendedFunction | undefined {
    let promise = awaits;
    for (let i = 0; i < MOST_LINKS; i++) {
      if ((this.#graph.reactions.get(promise) ?? 0) > 1) return undefined;
      const producer = this.#graph.byPromise.get(promise);
      if (producer !== undefined) return this.#storedIn(promise) === undefined ? producer : undefined;
      const inputs = this.#graph.inputs.get(promise);
      if (inputs?.length !== 1) return undefined;
      const [input] = inputs;
      if (input!.link !== "then" && input!.link !== "resolve") return undefined;
      promise = input!.promise;
    }
    return undefined;
  }

  awaited(start: Node, nested = 0): Awaited {
    let promise = start;
    for (let i = 0; i < MOST_LINKS; i++) {
      const producer = this.#graph.byPromise.get(promise);
      if (producer !== undefined)
        return { kind: "function", function: producer, stored: this.#storedIn(promise) };
      const inputs = this.#graph.inputs.get(promise);
      if (inputs === undefined || inputs.length === 0) break;
      const combinator = inputs.find(({ link }) => link.startsWith("Promise."))?.link as
        Combinator | undefined;
      if (combinator !== undefined && nested < MOST_NESTED)
        return {
          kind: "combinator",
          name: combinator,
          inputs: inputs.slice(0, MOST_INPUTS).map((input) => this.awaited(input.promise, nested + 1)),
        };
      promise = inputs[0]!.promise;
    }
    return { kind: "other", settler: this.#settlers.of(promise), promise };
  }

  /** Where a promise is kept, when it is: `SyncWorker.#running`. Then it was made by itself and is awaited later. */
  #storedIn(promise: Node): string | undefined {
    const heap = this.#heap;
    for (const edge of heap.retainers(promise, 50)) {
      const kind = heap.edgeKind(edge);
      if (kind !== "property" && kind !== "element" && kind !== "context") continue;
      const from = heap.from(edge);
      if (heap.kind(from) !== "object") continue;
      if (kind === "context") return `variable ${heap.edgeName(edge)}`;
      // An object of Node's around the promise of a call.
      if (heap.name(from) === "Array" && heap.retainerCount(from) === 0) continue;
      return kind === "element" ? `an ${heap.name(from)}` : `${heap.name(from)}.${heap.edgeName(edge)}`;
    }
    return undefined;
  }
}
