import { IntList } from "./int-list.js";
import { mapGet, mapSet } from "./primordials.js";
import type { TaskRecord } from "./task-record.js";
import type { WaitGraph } from "./wait-graph.js";

/** What {@link WaitCycles} knows of a node. */
const UNKNOWN = 0;
const CAN_GO_ON = 1;
const IN_CYCLE = 2;
const BEHIND = 3;

/** Tasks behind a circle that are listed. */
const LISTED = 20;

/** Tasks of a graph that wait for each other in a circle. */
export interface Circle {
  /** Nodes of the circle in the order in which each waits for the next, and the last for the first. */
  readonly path: readonly number[];
  /** All nodes that wait for each other, those of the path among them. */
  readonly members: readonly number[];
  /** Tasks that wait for the circle without being part of it: the first of them. */
  readonly behind: readonly TaskRecord[];
  /** How many there are in all. */
  readonly behindCount: number;
}

/** Finds what can never go on because it waits, in the end, for itself. */
export class WaitCycles {
  readonly circles: Circle[] = [];
  /** Members of those beyond the limit. */
  readonly hidden: (readonly number[])[] = [];
  readonly #graph: WaitGraph;
  readonly #state: Uint8Array;
  /** The component of each node: 1 and up, 0 for none. */
  readonly #component: Int32Array;

  /** @param limit of the circles that are described; the others are known to {@link isStuck} only. */
  constructor(graph: WaitGraph, limit: number) {
    this.#graph = graph;
    this.#state = new Uint8Array(graph.size);
    this.#component = new Int32Array(graph.size);
    const free = new IntList();
    for (let node = 0; node < graph.size; node++)
      if (graph.leadsOutside(node)) {
        this.#state[node] = CAN_GO_ON;
        free.push(node);
      }
    graph.spread(free, this.#state, CAN_GO_ON);
    const groups = this.#components();
    for (let i = 0; i < groups.length; i++) {
      const members = groups[i]!;
      for (let j = 0; j < members.length; j++) {
        this.#state[members[j]!] = IN_CYCLE;
        this.#component[members[j]!] = i + 1;
      }
    }
    for (let i = 0; i < groups.length; i++) {
      const members = groups[i]!;
      const behind: TaskRecord[] = [];
      let behindCount = 0;
      graph.spread(IntList.of(members), this.#state, BEHIND, (node) => {
        const record = graph.tasks[node]!;
        if (record !== null && behindCount++ < LISTED) behind[behind.length] = record;
        return true;
      });
      if (i < limit) this.circles[i] = { path: this.#shortestPath(members), members, behind, behindCount };
      else this.hidden[this.hidden.length] = members;
    }
  }

  /** Whether `node` is in a circle, or waits for one. */
  isStuck(node: number): boolean {
    return this.#state[node]! >= IN_CYCLE;
  }

  /** Strongly connected components of more than one node, or that wait for themselves (Tarjan, without recursion). */
  #components(): number[][] {
    const graph = this.#graph;
    const found: number[][] = [];
    const index = new Int32Array(graph.size);
    const low = new Int32Array(graph.size);
    const open = new Uint8Array(graph.size);
    const stack: number[] = [];
    const path: number[] = [];
    const edge: number[] = [];
    let stacked = 0;
    let counter = 0;
    for (let root = 0; root < graph.size; root++) {
      if (this.#state[root] !== UNKNOWN || index[root] !== 0) continue;
      let depth = 0;
      path[0] = root;
      edge[0] = 0;
      while (depth >= 0) {
        const node = path[depth]!;
        if (edge[depth] === 0) {
          index[node] = low[node] = ++counter;
          open[node] = 1;
          stack[stacked++] = node;
        }
        const target = graph.targetAt(node, edge[depth]!++);
        if (target !== undefined) {
          if (index[target] === 0) {
            path[++depth] = target;
            edge[depth] = 0;
          } else if (open[target] === 1 && index[target]! < low[node]!) low[node] = index[target]!;
          continue;
        }
        if (--depth >= 0 && low[node]! < low[path[depth]!]!) low[path[depth]!] = low[node]!;
        if (low[node] !== index[node]) continue;
        const group: number[] = [];
        let member: number;
        do {
          member = stack[--stacked]!;
          open[member] = 0;
          group[group.length] = member;
        } while (member !== node);
        if (group.length > 1 || this.#waitsForItself(node)) found[found.length] = group;
      }
    }
    return found;
  }

  #waitsForItself(node: number): boolean {
    let itself = false;
    this.#graph.eachTarget(node, (target) => (itself ||= target === node));
    return itself;
  }

  /** The shortest way from the first task of a group back to it. */
  #shortestPath(group: readonly number[]): number[] {
    const graph = this.#graph;
    let first = group[0]!;
    for (let i = 0; i < group.length; i++)
      if (graph.tasks[first] === null || (graph.tasks[group[i]!] !== null && group[i]! < first))
        first = group[i]!;
    const component = this.#component[first];
    const cameFrom = new Map<number, number>();
    const queue = [first];
    for (let next = 0; next < queue.length; next++) {
      const node = queue[next]!;
      let closes = false;
      graph.eachTarget(node, (target) => {
        closes ||= target === first;
        if (this.#component[target] !== component || mapGet(cameFrom, target) !== undefined) return;
        mapSet(cameFrom, target, node);
        queue[queue.length] = target;
      });
      if (!closes) continue;
      const backwards: number[] = [];
      for (let at = node; at !== first; at = mapGet(cameFrom, at)!) backwards[backwards.length] = at;
      const path = [first];
      for (let i = backwards.length - 1; i >= 0; i--) path[path.length] = backwards[i]!;
      return path;
    }
    return [first];
  }
}
