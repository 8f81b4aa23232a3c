import type { WaitKind } from "@asyncscope/protocol";
import type { AsyncGraph, SuspendedFunction } from "./async-graph.js";
import type { Edge, HeapGraph, Node } from "./heap-graph.js";
import { recognise, type Recognised } from "./recognise.js";

/** What can settle a promise, as far as the snapshot tells. */
export interface Settler {
  readonly kind: WaitKind;
  /** Plain text for people: `timer`, `event "ready" of FeedClient`, `ConnectionPool.#waiters`. */
  readonly label: string;
  /** Timers, on the program's clock: when it was set and when it goes off. */
  readonly since?: number;
  readonly due?: number;
  /** The object that keeps the function that settles the promise. */
  readonly holder?: Holder;
  /** The function whose end settles it, through a callback. */
  readonly function?: SuspendedFunction;
  /** Nothing that is alive could settle it. */
  readonly never?: boolean;
}

/** Who keeps the functions that settle promises: a lock with its queue, a pool with its waiters, an emitter. */
export interface Holder {
  /** The object itself: several promises may stand in it. */
  readonly owner: Node;
  /** Name of its class. */
  readonly className: string;
  /** Property, variable or event. */
  readonly path: string;
  readonly kind: "event" | "list" | "field" | "variable";
}

/** References are followed back so far, and so many of them. */
const MOST_STEPS = 14;
const MOST_VISITED = 4000;
/** Variables that so many functions can see say nothing about who settles a promise. */
const MOST_SHARED = 12;
/** Classes that say nothing by themselves; the last three are Node's, inside of its emitters and queues. */
const CONTAINERS: ReadonlySet<string> = new Set([
  ...["Object", "Array", "Map", "Set", "Promise", ""],
  ...["Listener", "FixedQueue", "FixedCircularBuffer"],
]);
/** Their listeners for aborts stand beside what is really waited for. */
const BESIDE: ReadonlySet<string> = new Set(["AbortSignal", "EventTarget"]);

interface Visit {
  readonly node: Node;
  /** The reference from it to the one before. */
  readonly edge: Edge;
  readonly before: Visit | undefined;
  readonly steps: number;
}

/** Finds what settles promises that no other promise settles. */
export class Settlers {
  readonly #heap: HeapGraph;
  readonly #graph: AsyncGraph;
  readonly #known = new Map<Node, Settler>();

  constructor(heap: HeapGraph, graph: AsyncGraph) {
    this.#heap = heap;
    this.#graph = graph;
  }

  of(promise: Node): Settler {
    let settler = this.#known.get(promise);
    if (settler === undefined) this.#known.set(promise, (settler = this.#search(promise)));
    return settler;
  }

  /**
   * Whoever can settle a promise refers to its resolving functions, directly or in steps: the nearest object that
   * says something is the answer.
   */
  #search(promise: Node): Settler {
    const seen = new Set<Node>([promise]);
    let queue: Visit[] = [{ node: promise, edge: -1, before: undefined, steps: 0 }];
    // Error and abort listeners stand beside what is really waited for: looked at last.
    let later: Visit[] = [];
    let variable: Settler | undefined;
    let complete = true;
    let held: SuspendedFunction | undefined;
    for (let i = 0; ; i++) {
      if (i >= queue.length) {
        if (later.length === 0) break;
        // Reached by a better way in the meantime: then it has been looked at.
        queue = later.filter(({ node }) => !seen.has(node));
        later = [];
        i = 0;
        if (queue.length === 0) break;
        for (const { node } of queue) seen.add(node);
      }
      const visit = queue[i]!;
      const answer = this.#answer(visit);
      if (answer === "end") continue;
      if (answer !== undefined) return answer;
      if (visit.steps >= MOST_STEPS || seen.size > MOST_VISITED) {
        complete = false;
        continue;
      }
      variable ??= this.#variable(visit);
      if (this.#isShared(visit)) {
        complete = false;
        continue;
      }
      for (const edge of this.#heap.retainers(visit.node, 200)) {
        if (this.#heap.edgeKind(edge) === "weak") continue;
        const from = this.#heap.from(edge);
        if (seen.has(from)) continue;
        const generator = this.#graph.byNode.get(from);
        if (generator !== undefined) {
          if (generator.awaits !== promise && !generator.promises.includes(promise)) held ??= generator;
          continue;
        }
        const kind = this.#heap.kind(from);
        if (kind === "native" || kind === "synthetic") {
          complete = false;
          continue;
        }
        const next = { node: from, edge, before: visit, steps: visit.steps + 1 };
        if (this.#isBeside(edge, from)) {
          later.push(next);
          continue;
        }
        seen.add(from);
        queue.push(next);
      }
    }
    if (variable !== undefined) return variable;
    if (held !== undefined)
      return {
        kind: "future",
        label: `a promise that ${held.functionName || "a suspended function"} can settle`,
        function: held,
      };
    return complete
      ? { kind: "future", label: "a promise that nothing can settle any more", never: true }
      : { kind: "future", label: "a promise" };
  }

  /** "end": nothing behind this object can say more. */
  #answer(visit: Visit): Settler | "end" | undefined {
    const heap = this.#heap;
    const { node, edge, before } = visit;
    if (before === undefined) return undefined;
    const kind = heap.kind(node);
    const name = heap.name(node);
    if (name === "system / NativeContext" || name === "system / Script" || kind === "code") return "end";
    if (kind !== "object") return undefined;
    const property = heap.edgeKind(edge) === "property" ? heap.edgeName(edge) : undefined;
    const other = this.#graph.byPromise.get(node);
    // A callback on another promise.
    if (other !== undefined)
      return { kind: "task", label: other.functionName || "an async function", function: other };
    if (property === "_events") return this.#event(node, before);
    const thing = recognise(heap, node, property);
    if (thing !== undefined) return this.#thing(thing, node);
    if (name.startsWith("system /") || CONTAINERS.has(name) || property === undefined) return undefined;
    // Who has a linked list says more than its members.
    if (this.#isLinked(visit)) return undefined;
    const list = this.#throughContainer(before);
    const className = name.startsWith("global") ? "globalThis" : name;
    return {
      kind: "future",
      label: `${className}.${property}`,
      holder: { owner: node, className, path: property, kind: list ? "list" : "field" },
    };
  }

  #thing({ kind, label, since, due, path }: Recognised, node: Node): Settler {
    return {
      kind,
      label,
      ...(since === undefined ? {} : { since }),
      ...(due === undefined ? {} : { due }),
      ...(path === undefined
        ? {}
        : { holder: { owner: node, className: this.#heap.name(node), path, kind: "list" as const } }),
    };
  }

  /** A listener of an emitter: `before` is the object that has the events as its properties. */
  #event(emitter: Node, before: Visit): Settler {
    const heap = this.#heap;
    const event = before.before === undefined ? "" : heap.edgeName(before.edge);
    const className = heap.name(emitter);
    const thing = recognise(heap, emitter, undefined);
    const of = thing?.label ?? className;
    return {
      kind: thing === undefined || thing.kind === "other" ? "event" : thing.kind,
      label: `event "${event}" of ${of}`,
      holder: { owner: emitter, className, path: event, kind: "event" },
    };
  }

  /** A member of a linked list. */
  #isLinked({ node, before }: Visit): boolean {
    return before !== undefined && this.#heap.kind(node) === "object" && this.#heap.child(node, "next") >= 0;
  }

  #throughContainer(before: Visit): boolean {
    for (let visit: Visit | undefined = before; visit !== undefined; visit = visit.before)
      if (["Array", "Map", "Set"].includes(this.#heap.name(visit.node)) || this.#isLinked(visit)) return true;
    return false;
  }

  /** Whether an object is a scope that much code can see, such as a module's. */
  #isShared({ node, edge, before }: Visit): boolean {
    const heap = this.#heap;
    if (before === undefined || heap.edgeKind(edge) !== "context" || heap.name(node) !== "system / Context")
      return false;
    const outer = heap.child(node, "previous");
    return outer < 0 || heap.name(outer) !== "system / Context" || heap.retainerCount(node) > MOST_SHARED;
  }

  /** A variable of a function or module: the least that can be said. */
  #variable({ node, edge, before }: Visit): Settler | undefined {
    const heap = this.#heap;
    if (before?.before === undefined || heap.edgeKind(edge) !== "context") return undefined;
    const path = heap.edgeName(edge);
    const inList = this.#throughContainer(before);
    return {
      kind: "future",
      label: `variable ${path}`,
      holder: { owner: node, className: "", path, kind: inList ? "list" : "variable" },
    };
  }

  /** Listeners for errors and aborts. */
  #isBeside(edge: Edge, from: Node): boolean {
    const heap = this.#heap;
    if (heap.edgeKind(edge) !== "property") return false;
    const name = heap.edgeName(edge);
    if (BESIDE.has(heap.name(from))) return true;
    if (name !== "error" && name !== "abort") return false;
    // Whether it is the object that an emitter keeps its listeners in.
    return heap
      .retainers(from, 20)
      .some((each) => heap.edgeKind(each) === "property" && heap.edgeName(each) === "_events");
  }
}
