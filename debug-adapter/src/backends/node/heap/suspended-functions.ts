import type { HeapGraph, Node } from "./heap-graph.js";
import { readAsyncGraph } from "./async-graph.js";

/**
 * Finds suspended async functions by what they hold: the promise that they have given, or an object in one of their
 * variables that no other function has in a variable of its own.
 */
export class SuspendedFunctions {
  readonly #heap: HeapGraph;
  readonly #byPromise;
  /** Generator objects by where their variables are: their registers, and the contexts that they have made. */
  readonly #byVariables = new Map<Node, Node>();

  constructor(heap: HeapGraph) {
    this.#heap = heap;
    const { byNode, byPromise } = readAsyncGraph(heap);
    this.#byPromise = byPromise;
    for (const generator of byNode.keys()) {
      this.#byVariables.set(heap.child(generator, "parameters_and_registers"), generator);
      const outside = heap.child(heap.child(generator, "function"), "context");
      const seen = new Set<Node>([outside]);
      for (
        let at = heap.child(generator, "context");
        at >= 0 && !seen.has(at);
        at = heap.child(at, "previous")
      ) {
        seen.add(at);
        this.#byVariables.set(at, generator);
      }
    }
  }

  /**
   * The generator objects of the functions behind an object, the innermost first: that of the function that holds it, or of
   * the one that has given it, being a promise, and of those which that one awaits without anything in between.
   */
  behind(id: number): Node[] {
    const heap = this.#heap;
    const object = heap.withId(id);
    if (object < 0) return [];
    const functions: Node[] = [];
    for (
      let promised = this.#byPromise.get(object);
      promised !== undefined && !functions.includes(promised.node);
      promised = this.#byPromise.get(promised.awaits)
    )
      functions.unshift(promised.node);
    if (functions.length > 0) return functions;
    for (const edge of heap.retainers(object)) {
      const holder = this.#byVariables.get(heap.from(edge));
      if (holder !== undefined) return [holder];
    }
    return [];
  }
}
