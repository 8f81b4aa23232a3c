import type { HeapGraph, Node } from "./heap-graph.js";

/** Which built-in combinator made a promise. */
export type Combinator = "Promise.all" | "Promise.allSettled" | "Promise.any" | "Promise.race";

/** How one promise settles another. */
export type Link = Combinator | "then" | "resolve";

/** An async function or async generator that stands in an `await`. */
export interface SuspendedFunction {
  /** Its generator object: V8 tells its position and its variables. */
  readonly node: Node;
  readonly functionName: string;
  /** What all calls of the same function in the source share. */
  readonly code: Node;
  /** URL of its script; "" when it has none. */
  readonly script: string;
  /** It is Node's own. */
  readonly internal: boolean;
  /** The top level of a module. */
  isModule: boolean;
  readonly isGenerator: boolean;
  /** `this` in it; -1 when it has none. */
  readonly receiver: Node;
  /** What it has promised: the promise of its call, or of each `next()` that is outstanding. */
  readonly promises: Node[];
  /** The promise that it awaits. */
  awaits: Node;
}

/** A promise that will settle another one. */
export interface PromiseInput {
  readonly promise: Node;
  readonly link: Link;
}

/** Who waits for which promise, as the reactions of the pending promises say it. */
export interface AsyncGraph {
  /** Those that stand in an await. */
  readonly functions: readonly SuspendedFunction[];
  readonly byNode: ReadonlyMap<Node, SuspendedFunction>;
  /** By what they have promised. */
  readonly byPromise: ReadonlyMap<Node, SuspendedFunction>;
  /** What settles a promise, when it is other promises. */
  readonly inputs: ReadonlyMap<Node, readonly PromiseInput[]>;
  /** How many functions and promises go on when a promise settles. */
  readonly reactions: ReadonlyMap<Node, number>;
  /** Generators and async generators that stand at a `yield`: nobody has asked them to go on. */
  readonly atYield: number;
  readonly pendingPromises: number;
}

const BUILTINS: readonly (readonly [RegExp, Link | "await" | "module"])[] = [
  [/^\(?Async(?:Function|Generator)\w*Closure/, "await"],
  [/^\(?PromiseAllSettled/, "Promise.allSettled"],
  [/^\(?PromiseAll/, "Promise.all"],
  [/^\(?PromiseAny/, "Promise.any"],
  [/^\(?PromiseCapabilityDefault/, "resolve"],
  [/^\(?CallAsyncModule/, "module"],
];

/** Reads the suspended functions out of a snapshot. One pass over all objects. */
export function readAsyncGraph(heap: HeapGraph): AsyncGraph {
  return new Reader(heap).read();
}

class Reader {
  readonly #heap: HeapGraph;
  readonly #names;
  readonly #byNode = new Map<Node, SuspendedFunction>();
  readonly #byPromise = new Map<Node, SuspendedFunction>();
  readonly #inputs = new Map<Node, PromiseInput[]>();
  readonly #reactions = new Map<Node, number>();
  readonly #builtins = new Map<number, Link | "await" | "module" | undefined>();
  #pending = 0;

  constructor(heap: HeapGraph) {
    this.#heap = heap;
    const id = (name: string): number => heap.idOf(name);
    this.#names = {
      registers: id("parameters_and_registers"),
      function: id("function"),
      receiver: id("receiver"),
      reactions: id("reactions_or_result"),
      reaction: id("system / PromiseReaction"),
      capability: id("system / PromiseCapability"),
      request: id("system / AsyncGeneratorRequest"),
      code: id("code"),
      context: id("context"),
      extension: id("extension"),
      shared: id("shared"),
      promise: id("Promise"),
    };
  }

  read(): AsyncGraph {
    const heap = this.#heap;
    const { registers, reactions, reaction } = this.#names;
    const pending: Node[] = [];
    for (let node = 0; node < heap.size; node++) {
      if (heap.kind(node) !== "object") continue;
      if (heap.child(node, registers) >= 0) this.#readGenerator(node);
      const first = heap.child(node, reactions);
      if (first >= 0 && heap.nameId(first) === reaction) pending.push(node);
    }
    this.#pending = pending.length;
    for (const promise of pending) this.#readReactions(promise);
    this.#nameRaces();
    const all = [...this.#byNode.values()];
    const functions = all.filter(({ awaits }) => awaits >= 0);
    for (const each of functions) for (const promise of each.promises) this.#byPromise.set(promise, each);
    return {
      functions,
      byNode: this.#byNode,
      byPromise: this.#byPromise,
      inputs: this.#inputs,
      reactions: this.#reactions,
      atYield: all.filter(({ awaits, isGenerator }) => awaits < 0 && isGenerator).length,
      pendingPromises: this.#pending,
    };
  }

  #readGenerator(node: Node): void {
    const heap = this.#heap;
    const { registers, function: fn, receiver, request, shared } = this.#names;
    const closure = heap.child(node, fn);
    const frame = heap.child(node, registers);
    // One that has ended has given its variables back.
    if (closure < 0 || heap.firstEdge(frame) === heap.endEdge(frame)) return;
    const promises: Node[] = [];
    let isGenerator = heap.name(node) !== "Generator";
    for (let edge = heap.firstEdge(node), end = heap.endEdge(node); edge < end; edge++) {
      if (heap.edgeKind(edge) !== "hidden") continue;
      let to = heap.to(edge);
      if (this.#isPromise(to)) promises.push(to);
      const asked = new Set<Node>();
      while (to >= 0 && heap.nameId(to) === request && !asked.has(to)) {
        isGenerator = true;
        asked.add(to);
        const [promise, next] = this.#requestFields(to, request);
        if (promise >= 0) promises.push(promise);
        to = next;
      }
    }
    const info = heap.child(closure, shared);
    const script = scriptOf(heap, info);
    this.#byNode.set(node, {
      node,
      functionName: heap.name(closure),
      code: info,
      script,
      internal: script.startsWith("node:"),
      isModule: false,
      isGenerator,
      receiver: heap.child(node, receiver),
      promises,
      awaits: -1,
    });
  }

  #requestFields(request: Node, name: number): [promise: Node, next: Node] {
    const heap = this.#heap;
    let promise = -1;
    let next = -1;
    for (let edge = heap.firstEdge(request), end = heap.endEdge(request); edge < end; edge++) {
      if (heap.edgeKind(edge) !== "hidden") continue;
      const to = heap.to(edge);
      if (heap.nameId(to) === name) next = to;
      else if (this.#isPromise(to)) promise = to;
    }
    return [promise, next];
  }

  #isPromise(node: Node): boolean {
    return this.#heap.child(node, this.#names.reactions) >= 0;
  }

  /** The reactions of a pending promise are a list. */
  #readReactions(promise: Node): void {
    const heap = this.#heap;
    const seen = new Set<Node>();
    let count = 0;
    let next = heap.child(promise, this.#names.reactions);
    while (next >= 0 && heap.nameId(next) === this.#names.reaction && !seen.has(next)) {
      seen.add(next);
      const reaction = next;
      next = -1;
      let derived = -1;
      let handled = false;
      for (let edge = heap.firstEdge(reaction), end = heap.endEdge(reaction); edge < end; edge++) {
        const to = heap.to(edge);
        const name = heap.nameId(to);
        if (name === this.#names.reaction) next = to;
        else if (heap.kind(to) === "closure") handled = this.#readHandler(promise, to) || handled;
        else if (this.#byNode.has(to)) {
          handled = true;
          this.#byNode.get(to)!.awaits = promise;
        } else if (name === this.#names.capability) derived = this.#promiseOf(to);
        else if (this.#isPromise(to)) derived = to;
      }
      count++;
      // An await and a combinator leave no promise of their own that anybody could see.
      if (derived >= 0 && !handled) this.#link(promise, derived, "then");
    }
    this.#reactions.set(promise, count);
  }

  /** True when the handler is one of V8's own that says who goes on. */
  #readHandler(promise: Node, closure: Node): boolean {
    const heap = this.#heap;
    const kind = this.#builtin(closure);
    const context = heap.child(closure, this.#names.context);
    if (context < 0) return false;
    if (kind === undefined) return this.#readCompiled(promise, context);
    if (kind === "await") {
      const waiting = this.#byNode.get(heap.child(context, this.#names.extension));
      if (waiting !== undefined) waiting.awaits = promise;
      return waiting !== undefined;
    }
    if (kind === "module") {
      for (const each of this.#byNode.values()) if (each.promises.includes(promise)) each.isModule = true;
      return true;
    }
    for (let edge = heap.firstEdge(context), end = heap.endEdge(context); edge < end; edge++) {
      const to = heap.to(edge);
      if (heap.nameId(to) === this.#names.capability) this.#link(promise, this.#promiseOf(to), kind);
      else if (heap.edgeKind(edge) === "hidden" && this.#isPromise(to)) this.#link(promise, to, kind);
    }
    return true;
  }

  /**
   * Compilers for older JavaScript make generators of async functions, and a helper that goes on with one when the
   * promise that it has yielded settles: its callbacks see the generator and the functions that settle the call's
   * promise.
   */
  #readCompiled(promise: Node, context: Node): boolean {
    const heap = this.#heap;
    let generator: SuspendedFunction | undefined;
    let outcome = -1;
    const outer = heap.child(context, "previous");
    for (const scope of outer < 0 ? [context] : [context, outer])
      for (let edge = heap.firstEdge(scope), end = heap.endEdge(scope); edge < end; edge++) {
        if (heap.edgeKind(edge) !== "context") continue;
        const to = heap.to(edge);
        const found = this.#byNode.get(to);
        if (found?.isGenerator === true) generator ??= found;
        else if (outcome < 0 && heap.kind(to) === "closure" && this.#builtin(to) === "resolve")
          outcome = this.#promiseOf(heap.child(to, this.#names.context));
      }
    if (generator === undefined || outcome < 0) return false;
    generator.awaits = promise;
    if (!generator.promises.includes(outcome)) generator.promises.push(outcome);
    return true;
  }

  #builtin(closure: Node): Link | "await" | "module" | undefined {
    const code = this.#heap.child(closure, this.#names.code);
    if (code < 0) return undefined;
    const id = this.#heap.nameId(code);
    if (!this.#builtins.has(id)) {
      const name = this.#heap.name(code);
      this.#builtins.set(id, BUILTINS.find(([pattern]) => pattern.test(name))?.[1]);
    }
    return this.#builtins.get(id);
  }

  #promiseOf(capability: Node): Node {
    const heap = this.#heap;
    for (let edge = heap.firstEdge(capability), end = heap.endEdge(capability); edge < end; edge++)
      if (this.#isPromise(heap.to(edge))) return heap.to(edge);
    return -1;
  }

  #link(from: Node, to: Node, link: Link): void {
    if (to < 0 || to === from) return;
    const list = this.#inputs.get(to);
    if (list === undefined) this.#inputs.set(to, [{ promise: from, link }]);
    else {
      const at = list.findIndex(({ promise }) => promise === from);
      if (at < 0) list.push({ promise: from, link });
      // A combinator settles by its own closures, and rejects by the plain one.
      else if (list[at]!.link === "resolve") list[at] = { promise: from, link };
    }
  }

  /** `Promise.race` gives its own resolve to each input: nothing else does that to several promises. */
  #nameRaces(): void {
    for (const [promise, list] of this.#inputs)
      if (list.length > 1 && list.every(({ link }) => link === "resolve"))
        this.#inputs.set(
          promise,
          list.map((input) => ({ ...input, link: "Promise.race" })),
        );
  }
}

/** URL of the script that a function's shared info belongs to. */
function scriptOf(heap: HeapGraph, info: Node): string {
  if (info < 0) return "";
  let script = heap.child(info, "script");
  if (script < 0) script = heap.child(info, "script_or_debug_info");
  if (script >= 0 && heap.name(script).startsWith("system /")) script = heap.child(script, "script");
  return script < 0 ? "" : heap.name(script);
}
