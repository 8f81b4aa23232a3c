import type { StringTable } from "./string-table.js";

/** Index of an object in a snapshot. */
export type Node = number;
/** Index of a reference in a snapshot. */
export type Edge = number;

export type NodeKind =
  | "hidden"
  | "array"
  | "string"
  | "object"
  | "code"
  | "closure"
  | "regexp"
  | "number"
  | "native"
  | "synthetic"
  | "concatenated string"
  | "sliced string"
  | "symbol"
  | "bigint"
  | "object shape";
export type EdgeKind = "context" | "element" | "property" | "internal" | "hidden" | "shortcut" | "weak";

interface NodeColumns {
  readonly kind: Uint8Array;
  readonly name: Uint32Array;
  readonly id: Uint32Array;
  /** One longer than the others: where the edges of each begin. */
  readonly firstEdge: Uint32Array;
}
interface EdgeColumns {
  readonly kind: Uint8Array;
  readonly name: Uint32Array;
  readonly to: Uint32Array;
}

/** The objects of a program and the references between them, as they were at one moment. */
export class HeapGraph {
  readonly #nodes: NodeColumns;
  readonly #edges: EdgeColumns;
  readonly #strings: StringTable;
  readonly #nodeKinds: readonly NodeKind[];
  readonly #edgeKinds: readonly EdgeKind[];
  /** Kinds of edges whose name is a number. */
  readonly #numbered: ReadonlySet<number>;
  /** The edges by where they lead, made when it is first asked for. */
  #retainers: { readonly first: Uint32Array; readonly edges: Uint32Array } | undefined;

  constructor(
    nodes: NodeColumns,
    edges: EdgeColumns,
    strings: StringTable,
    nodeKinds: readonly NodeKind[],
    edgeKinds: readonly EdgeKind[],
  ) {
    this.#nodes = nodes;
    this.#edges = edges;
    this.#strings = strings;
    this.#nodeKinds = nodeKinds;
    this.#edgeKinds = edgeKinds;
    this.#numbered = new Set([edgeKinds.indexOf("element"), edgeKinds.indexOf("hidden")]);
  }

  get size(): number {
    return this.#nodes.kind.length;
  }

  kind(node: Node): NodeKind {
    return this.#nodeKinds[this.#nodes.kind[node]!] ?? "hidden";
  }

  /** Class of an object, name of a function, text of a string: at most 200 characters. */
  name(node: Node): string {
    return this.#strings.get(this.#nodes.name[node]!);
  }

  nameId(node: Node): number {
    return this.#nodes.name[node]!;
  }

  /** V8's number of the object: `HeapProfiler.getObjectByHeapObjectId` takes it. */
  id(node: Node): number {
    return this.#nodes.id[node]!;
  }

  /** The object of such a number; -1 when there is none. */
  withId(id: number): Node {
    return this.#nodes.id.indexOf(id);
  }

  /** Number of a name, for {@link child} and comparisons; -1 when nothing here has it. */
  idOf(name: string): number {
    return this.#strings.find(name);
  }

  /** Numbers of the names that `test` accepts. */
  namesMatching(test: (name: string) => boolean): Set<number> {
    return this.#strings.matching(test);
  }

  firstEdge(node: Node): Edge {
    return this.#nodes.firstEdge[node]!;
  }

  /** One behind the last. */
  endEdge(node: Node): Edge {
    return this.#nodes.firstEdge[node + 1]!;
  }

  to(edge: Edge): Node {
    return this.#edges.to[edge]!;
  }

  edgeKind(edge: Edge): EdgeKind {
    return this.#edgeKinds[this.#edges.kind[edge]!] ?? "hidden";
  }

  /** Name of a property or variable, or the index of an element. */
  edgeName(edge: Edge): string {
    const name = this.#edges.name[edge]!;
    return this.#numbered.has(this.#edges.kind[edge]!) ? String(name) : this.#strings.get(name);
  }

  /** What the property, variable or internal field of that name refers to; -1 when there is none. */
  child(node: Node, name: number | string): Node {
    const id = typeof name === "number" ? name : this.idOf(name);
    if (id < 0) return -1;
    for (let edge = this.firstEdge(node), end = this.endEdge(node); edge < end; edge++)
      if (this.#edges.name[edge] === id && !this.#numbered.has(this.#edges.kind[edge]!)) return this.to(edge);
    return -1;
  }

  /** The objects that have a property, variable or internal field of that name. */
  nodesWith(name: string): Node[] {
    const id = this.idOf(name);
    const found: Node[] = [];
    if (id < 0) return found;
    const { kind, name: names } = this.#edges;
    for (let node = 0; node < this.size; node++)
      for (let edge = this.firstEdge(node), end = this.endEdge(node); edge < end; edge++)
        if (names[edge] === id && !this.#numbered.has(kind[edge]!)) {
          found.push(node);
          break;
        }
    return found;
  }

  /** A number that is kept in a property; undefined when it is none. */
  numberAt(node: Node, name: string): number | undefined {
    const value = this.child(node, name);
    return value < 0 ? undefined : this.numberOf(value);
  }

  numberOf(node: Node): number | undefined {
    if (this.kind(node) !== "number") return undefined;
    const text = this.child(node, "value");
    const value = text < 0 ? NaN : Number(this.name(text));
    return Number.isNaN(value) ? undefined : value;
  }

  /** A string that is kept in a property; undefined when it is none. */
  stringAt(node: Node, name: string): string | undefined {
    const value = this.child(node, name);
    return value >= 0 && this.kind(value) === "string" ? this.name(value) : undefined;
  }

  /** Elements of an array in order, without holes. */
  elements(array: Node): Node[] {
    const found: { readonly index: number; readonly node: Node }[] = [];
    for (let edge = this.firstEdge(array), end = this.endEdge(array); edge < end; edge++)
      if (this.edgeKind(edge) === "element")
        found.push({ index: this.#edges.name[edge]!, node: this.to(edge) });
    return found.sort((a, b) => a.index - b.index).map(({ node }) => node);
  }

  /** Object that an edge begins at. */
  from(edge: Edge): Node {
    const { firstEdge } = this.#nodes;
    let low = 0;
    let high = this.size;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (firstEdge[middle]! <= edge) low = middle;
      else high = middle;
    }
    // Objects without edges begin where the next one does.
    return low;
  }

  /** How many references lead to an object. */
  retainerCount(node: Node): number {
    const { first } = this.#backward();
    return first[node + 1]! - first[node]!;
  }

  /** The references that lead to an object, at most `limit`. */
  retainers(node: Node, limit = 1000): Edge[] {
    const { first, edges } = this.#backward();
    const start = first[node]!;
    return Array.from(edges.subarray(start, Math.min(first[node + 1]!, start + limit)));
  }

  #backward(): { readonly first: Uint32Array; readonly edges: Uint32Array } {
    if (this.#retainers !== undefined) return this.#retainers;
    const { to } = this.#edges;
    const first = new Uint32Array(this.size + 2);
    for (const node of to) first[node + 2]!++;
    for (let i = 2; i < first.length; i++) first[i]! += first[i - 1]!;
    const edges = new Uint32Array(to.length);
    for (let edge = 0; edge < to.length; edge++) edges[first[to[edge]! + 1]!++] = edge;
    return (this.#retainers = { first, edges });
  }
}
