import type { LimiterInfo, ResourceKind } from "@asyncscope/protocol";
import type { HeapGraph, Node } from "./heap-graph.js";

/** Something of a well-known package that lets so many run at a time and keeps the others waiting. */
export interface Limiter extends LimiterInfo {
  readonly kind: ResourceKind;
  /** What the program calls it: a variable, or a property with its class. "" when it is in none. */
  readonly name: string;
  /** Semaphores: free permits. */
  readonly free?: number;
  /** The object itself, and those of its parts that keep who waits. */
  readonly nodes: readonly Node[];
}

type Finder = (heap: HeapGraph, node: Node) => Omit<Limiter, "name"> | undefined;

/** Members of a linked list that are counted. */
const MOST_LINKS = 100_000;
const MOST_LIMITERS = 2000;
/** Variables and properties of the packages' own that lead to their objects. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  "this",
  "self",
  "queue",
  "generator",
  "thisArg",
  "_semaphore",
]);
/** Classes that say nothing by themselves. */
const CONTAINERS: ReadonlySet<string> = new Set(["Object", "Array", "Map", "Set", "Generator", ""]);

/** All limiters of a program that are known by their structure, whether anybody waits at them or not. */
export function findLimiters(heap: HeapGraph): Limiter[] {
  const found: Limiter[] = [];
  for (const [property, finder] of FINDERS)
    for (const node of heap.nodesWith(property)) {
      const limiter = finder(heap, node);
      if (limiter === undefined) continue;
      if (found.length === MOST_LIMITERS) return found;
      found.push({ ...limiter, name: nameOf(heap, limiter.nodes[0]!) });
    }
  return found;
}

const pQueue: Finder = (heap, node) => {
  const running = heap.numberAt(node, "#pending");
  const concurrency = heap.numberAt(node, "#concurrency");
  const jobs = heap.child(node, "#queue");
  if (running === undefined || concurrency === undefined || jobs < 0) return undefined;
  const list = heap.child(jobs, "#queue");
  const waiting = list < 0 ? 0 : heap.elements(list).length - (heap.numberAt(jobs, "#head") ?? 0);
  return { package: "p-queue", kind: "queue", running, waiting, ...bound(concurrency), nodes: [node, jobs] };
};

const pLimit: Finder = (heap, scope) => {
  const running = heap.numberAt(scope, "activeCount");
  const concurrency = heap.numberAt(scope, "concurrency");
  const queue = heap.child(scope, "queue");
  const limit = heap.child(scope, "generator");
  if (running === undefined || concurrency === undefined || queue < 0 || limit < 0) return undefined;
  const waiting = heap.numberAt(queue, "#size") ?? heap.numberAt(queue, "_size");
  if (waiting === undefined) return undefined;
  const nodes = [limit, scope, queue];
  return { package: "p-limit", kind: "semaphore", running, waiting, ...bound(concurrency), nodes };
};

const fastq: Finder = (heap, scope) => {
  const running = heap.numberAt(scope, "_running");
  const concurrency = heap.numberAt(scope, "_concurrency");
  const self = heap.child(scope, "self");
  if (running === undefined || concurrency === undefined || self < 0) return undefined;
  const jobs: Node[] = [];
  for (let job = heap.child(scope, "queueHead"); isObject(heap, job) && jobs.length < MOST_LINKS;) {
    jobs.push(job);
    job = heap.child(job, "next");
  }
  const counts = { running, waiting: jobs.length, ...bound(concurrency) };
  return { package: "fastq", kind: "queue", ...counts, nodes: [self, scope, ...jobs] };
};

const asyncMutex: Finder = (heap, node) => {
  const free = heap.numberAt(node, "_value");
  const queue = heap.child(node, "_queue");
  if (free === undefined || queue < 0 || heap.child(node, "_cancelError") < 0) return undefined;
  const waiting = heap.elements(queue).length;
  const mutex = mutexOf(heap, node);
  return mutex === undefined
    ? { package: "async-mutex", kind: "semaphore", waiting, free: Math.max(0, free), nodes: [node] }
    : {
        package: "async-mutex",
        kind: "lock",
        running: free > 0 ? 0 : 1,
        waiting,
        concurrency: 1,
        nodes: [mutex, node],
      };
};

/** By a name that objects of the package alone have. */
const FINDERS: readonly (readonly [property: string, Finder])[] = [
  ["#queueClass", pQueue],
  ["activeCount", pLimit],
  ["queueHead", fastq],
  ["_weightedWaiters", asyncMutex],
];

const isObject = (heap: HeapGraph, node: Node): boolean => node >= 0 && heap.kind(node) === "object";

function bound(concurrency: number): { concurrency?: number } {
  return Number.isFinite(concurrency) ? { concurrency } : {};
}

/** The mutex of async-mutex that a semaphore is inside of. */
export function mutexOf(heap: HeapGraph, semaphore: Node): Node | undefined {
  const edge = heap
    .retainers(semaphore, 20)
    .find((each) => heap.edgeKind(each) === "property" && heap.edgeName(each) === "_semaphore");
  return edge === undefined ? undefined : heap.from(edge);
}

function nameOf(heap: HeapGraph, node: Node): string {
  for (const edge of heap.retainers(node, 100)) {
    const kind = heap.edgeKind(edge);
    const name = heap.edgeName(edge);
    if (OWN_NAMES.has(name)) continue;
    if (kind === "context") return name;
    const owner = heap.from(edge);
    if (kind !== "property" || heap.kind(owner) !== "object") continue;
    const className = heap.name(owner);
    return CONTAINERS.has(className) || className.startsWith("global") ? name : `${className}.${name}`;
  }
  return "";
}
