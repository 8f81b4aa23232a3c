import { HeapGraph, type EdgeKind, type NodeKind } from "./heap-graph.js";
import { StringTable } from "./string-table.js";

/** The fields of V8's snapshot header that are read here. */
interface Header {
  readonly meta: {
    readonly node_fields: readonly string[];
    readonly node_types: readonly [readonly NodeKind[], ...unknown[]];
    readonly edge_fields: readonly string[];
    readonly edge_types: readonly [readonly EdgeKind[], ...unknown[]];
  };
  readonly node_count: number;
  readonly edge_count: number;
}

/** What arrived is no heap snapshot that we understand. */
export class SnapshotFormatError extends Error {
  constructor(detail: string) {
    super(`the heap snapshot cannot be read: ${detail}`);
    this.name = "SnapshotFormatError";
  }
}

/** Larger heaps are not read: 24 bytes a node and 13 an edge are kept. */
const MOST_NODES = 100_000_000;
const MOST_EDGES = 250_000_000;
/** The header ends before so many characters. */
const MOST_HEADER = 1_000_000;

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 91;
const CLOSE = 93;

type Section = "header" | "name" | "nodes" | "edges" | "skip" | "strings" | "end";

/**
 * Reads a heap snapshot in the pieces in which it arrives. Of the text nothing is kept but the numbers, as typed
 * arrays of the size that the header tells, and the strings, cut to what is needed to tell things apart.
 */
export class SnapshotParser {
  #section: Section = "header";
  /** Text of the header, or of the name of the next section. */
  #text = "";
  #header: Header | undefined;
  #strings = new StringTable();
  #number = -1;
  #negative = false;
  /** Position in the record, and number of the record. */
  #field = 0;
  #record = 0;
  #inString = false;
  #escape = "";
  #edgeTotal = 0;
  #nodes!: {
    readonly kind: Uint8Array;
    readonly name: Uint32Array;
    readonly id: Uint32Array;
    readonly firstEdge: Uint32Array;
  };
  #edges!: { readonly kind: Uint8Array; readonly name: Uint32Array; readonly to: Uint32Array };
  /** Which field of a record means what. */
  #nodeField = { kind: 0, name: 0, id: 0, edges: 0, size: 0 };
  #edgeField = { kind: 0, name: 0, to: 0, size: 0 };

  /** @throws SnapshotFormatError */
  push(chunk: string): void {
    let i = 0;
    while (i < chunk.length) {
      switch (this.#section) {
        case "header":
        case "name":
          i = this.#readName(chunk, i);
          break;
        case "nodes":
        case "edges":
        case "skip":
          i = this.#readNumbers(chunk, i);
          break;
        case "strings":
          i = this.#readStrings(chunk, i);
          break;
        case "end":
          return;
      }
    }
  }

  /** @throws SnapshotFormatError when it is not complete. */
  finish(): HeapGraph {
    const header = this.#header;
    if (this.#section !== "end" || header === undefined) throw new SnapshotFormatError("it is not complete");
    const { node_types: nodeTypes, edge_types: edgeTypes } = header.meta;
    return new HeapGraph(this.#nodes, this.#edges, this.#strings, nodeTypes[0], edgeTypes[0]);
  }

  /** Up to the bracket that opens the array of the next section. */
  #readName(chunk: string, start: number): number {
    let i = start;
    // The header is itself full of brackets: it ends where the first section begins.
    for (; i < chunk.length; i++) {
      if (chunk.charCodeAt(i) !== OPEN) continue;
      const name = /"(\w+)":\s*$/.exec(this.#text.slice(-40) + chunk.slice(Math.max(start, i - 40), i))?.[1];
      if (this.#section === "header" && name !== "nodes") continue;
      if (this.#section === "header") this.#readHeader(this.#text + chunk.slice(start, i));
      this.#text = "";
      this.#field = this.#record = 0;
      this.#number = -1;
      this.#section = name === "nodes" || name === "edges" || name === "strings" ? name : "skip";
      return i + 1;
    }
    this.#text += chunk.slice(start);
    if (this.#text.length > MOST_HEADER) throw new SnapshotFormatError("its header does not end");
    return i;
  }

  #readHeader(text: string): void {
    let header: Header;
    try {
      header = (
        JSON.parse(`${text.slice(0, text.lastIndexOf('"nodes"')).trimEnd().replace(/,$/, "")}}`) as {
          snapshot: Header;
        }
      ).snapshot;
      const node = header.meta.node_fields;
      const edge = header.meta.edge_fields;
      this.#nodeField = {
        kind: node.indexOf("type"),
        name: node.indexOf("name"),
        id: node.indexOf("id"),
        edges: node.indexOf("edge_count"),
        size: node.length,
      };
      this.#edgeField = {
        kind: edge.indexOf("type"),
        name: edge.indexOf("name_or_index"),
        to: edge.indexOf("to_node"),
        size: edge.length,
      };
    } catch {
      throw new SnapshotFormatError("its header is not understood");
    }
    if ([...Object.values(this.#nodeField), ...Object.values(this.#edgeField)].includes(-1))
      throw new SnapshotFormatError("its fields have changed");
    const { node_count: nodes, edge_count: edges } = header;
    if (!(nodes <= MOST_NODES && edges <= MOST_EDGES))
      throw new SnapshotFormatError(`${nodes} objects are too many`);
    this.#header = header;
    this.#nodes = {
      kind: new Uint8Array(nodes),
      name: new Uint32Array(nodes),
      id: new Uint32Array(nodes),
      firstEdge: new Uint32Array(nodes + 1),
    };
    this.#edges = { kind: new Uint8Array(edges), name: new Uint32Array(edges), to: new Uint32Array(edges) };
  }

  #readNumbers(chunk: string, start: number): number {
    let number = this.#number;
    for (let i = start; i < chunk.length; i++) {
      const code = chunk.charCodeAt(i);
      if (code >= ZERO && code <= NINE) {
        number = (number < 0 ? 0 : number * 10) + code - ZERO;
      } else if (code === MINUS) {
        this.#negative = true;
      } else if (number >= 0 || code === CLOSE) {
        if (number >= 0) this.#take(this.#negative ? -number : number);
        number = -1;
        this.#negative = false;
        if (code === CLOSE) {
          this.#number = -1;
          this.#endNumbers();
          return i + 1;
        }
      }
    }
    this.#number = number;
    return chunk.length;
  }

  #take(value: number): void {
    if (this.#section === "nodes") {
      const { kind, name, id, edges, size } = this.#nodeField;
      const field = this.#field;
      const record = this.#record;
      if (field === kind) this.#nodes.kind[record] = value;
      else if (field === name) this.#nodes.name[record] = value;
      else if (field === id) this.#nodes.id[record] = value;
      else if (field === edges) this.#nodes.firstEdge[record + 1] = this.#edgeTotal += value;
      this.#next(size);
    } else if (this.#section === "edges") {
      const { kind, name, to, size } = this.#edgeField;
      const field = this.#field;
      const record = this.#record;
      if (field === kind) this.#edges.kind[record] = value;
      else if (field === name) this.#edges.name[record] = value;
      else if (field === to) this.#edges.to[record] = value / this.#nodeField.size;
      this.#next(size);
    }
  }

  #next(size: number): void {
    if (++this.#field < size) return;
    this.#field = 0;
    this.#record++;
  }

  #endNumbers(): void {
    const expected =
      this.#section === "nodes"
        ? this.#header!.node_count
        : this.#section === "edges"
          ? this.#header!.edge_count
          : this.#record;
    if (this.#record !== expected) throw new SnapshotFormatError(`its ${this.#section} are not complete`);
    this.#section = "name";
  }

  #readStrings(chunk: string, start: number): number {
    for (let i = start; i < chunk.length;) {
      if (this.#escape !== "") {
        i = this.#readEscape(chunk, i);
      } else if (!this.#inString) {
        const code = chunk.charCodeAt(i++);
        if (code === QUOTE) this.#inString = true;
        else if (code === CLOSE) {
          this.#strings.seal();
          this.#section = "end";
          return i;
        }
      } else {
        let end = i;
        let code = 0;
        while (end < chunk.length) {
          code = chunk.charCodeAt(end);
          if (code === QUOTE || code === BACKSLASH) break;
          end++;
        }
        this.#strings.append(chunk, i, end);
        i = end + 1;
        if (end === chunk.length) return end;
        if (code === BACKSLASH) this.#escape = "\\";
        else {
          this.#inString = false;
          this.#strings.endString();
        }
      }
    }
    return chunk.length;
  }

  /** One character of an escape sequence, which may begin in one piece and end in the next. */
  #readEscape(chunk: string, i: number): number {
    this.#escape += chunk[i]!;
    if (this.#escape[1] === "u" && this.#escape.length < 6) return i + 1;
    let text = "\uFFFD";
    try {
      text = JSON.parse(`"${this.#escape}"`) as string;
    } catch {
      // No escape sequence of JSON.
    }
    this.#strings.append(text, 0, text.length);
    this.#escape = "";
    return i + 1;
  }
}
