import type { WaitKind } from "@asyncscope/protocol";
import type { HeapGraph, Node } from "./heap-graph.js";
import { mutexOf } from "./limiters.js";

/** Something of Node's, or of a well-known package, that settles promises. Known by its structure. */
export interface Recognised {
  readonly kind: WaitKind;
  readonly label: string;
  /** Timers, on the program's clock. */
  readonly since?: number;
  readonly due?: number;
  /** It keeps several waiters: in this property. */
  readonly path?: string;
}

type Recogniser = (heap: HeapGraph, node: Node, property: string | undefined) => Recognised | undefined;

/** What an object is, when it is something that settles promises. `property`: the one that leads to the promise. */
export function recognise(heap: HeapGraph, node: Node, property: string | undefined): Recognised | undefined {
  if (heap.kind(node) !== "object") return undefined;
  for (const each of RECOGNISERS) {
    const found = each(heap, node, property);
    if (found !== undefined) return found;
  }
  return undefined;
}

const has = (heap: HeapGraph, node: Node, ...names: readonly string[]): boolean =>
  names.every((name) => heap.child(node, name) >= 0);

const timer: Recogniser = (heap, node) => {
  const wait = heap.numberAt(node, "_idleTimeout");
  const start = heap.numberAt(node, "_idleStart");
  if (wait === undefined || start === undefined || !has(heap, node, "_onTimeout")) return undefined;
  const repeats = heap.numberAt(node, "_repeat") !== undefined;
  return { kind: "sleep", label: repeats ? "interval" : "timer", since: start, due: start + wait };
};

const immediate: Recogniser = (heap, node) =>
  has(heap, node, "_onImmediate") ? { kind: "sleep", label: "setImmediate" } : undefined;

const childProcess: Recogniser = (heap, node) => {
  const file = heap.stringAt(node, "spawnfile");
  if (file === undefined) return undefined;
  const pid = heap.numberAt(node, "pid");
  return { kind: "process", label: `child process ${file}${pid === undefined ? "" : ` (pid ${pid})`}` };
};

const server: Recogniser = (heap, node) => {
  const open = heap.numberAt(node, "_connections");
  if (open === undefined || !has(heap, node, "_events", "allowHalfOpen")) return undefined;
  const connections = open === 1 ? "1 connection" : `${open} connections`;
  return { kind: "other", label: `${heap.name(node)} (${connections} open)` };
};

const socket: Recogniser = (heap, node) => {
  if (!has(heap, node, "_readableState", "_writableState", "connecting")) return undefined;
  const host = heap.stringAt(node, "_host");
  return { kind: "read", label: `${heap.name(node)}${host === undefined ? "" : ` to ${host}`}` };
};

const stream: Recogniser = (heap, node) =>
  has(heap, node, "_readableState")
    ? { kind: "read", label: heap.name(node) }
    : has(heap, node, "_writableState")
      ? { kind: "drain", label: heap.name(node) }
      : undefined;

/** A request to the thread pool. */
const request: Recogniser = (heap, node) => {
  const name = heap.name(node);
  if (/^FSReq(?:Promise|Callback)$/.test(name)) return { kind: "other", label: "file system" };
  if (/^(?:GetAddrInfo|GetNameInfo|QueryReq)\w*$/.test(name)) return { kind: "other", label: "DNS" };
  if (/^(?:\w+Job|\w+Wrap|\w+Request)$/.test(name) && has(heap, node, "javascript_to_native"))
    return { kind: "other", label: name };
  return undefined;
};

const module: Recogniser = (heap, node) => {
  const url = heap.stringAt(node, "url");
  return url !== undefined && /^Module(?:Job|Wrap)/.test(heap.name(node))
    ? { kind: "foreign", label: `import of ${url.slice(url.lastIndexOf("/") + 1)}` }
    : undefined;
};

/** async-mutex: a Mutex is a Semaphore of one. */
const semaphore: Recogniser = (heap, node) => {
  if (!has(heap, node, "_queue", "_weightedWaiters", "_cancelError")) return undefined;
  const value = heap.numberAt(node, "_value") ?? 0;
  const waiting = heap.elements(heap.child(node, "_queue")).length;
  const isMutex = mutexOf(heap, node) !== undefined;
  return {
    kind: isMutex ? "lock" : "semaphore",
    label: `${isMutex ? "Mutex" : heap.name(node)} (${value > 0 ? `${value} free` : "locked"}, ${waiting} waiting)`,
    path: "_queue",
  };
};

/** yocto-queue, which p-limit and others keep what is to be run in. */
const linkedQueue: Recogniser = (heap, node) => {
  const waiting = heap.numberAt(node, "#size");
  if (waiting === undefined || !has(heap, node, "#head", "#tail")) return undefined;
  return { kind: "queue-get", label: `${heap.name(node)} (${waiting} waiting)`, path: "#head" };
};

/** A job that waits in a queue of fastq, and has its callback. One that runs is in no list any more. */
const fastqJob: Recogniser = (heap, node) =>
  has(heap, node, "worked", "callback", "errorHandler", "release") &&
  heap.retainers(node, 20).some((edge) => ["queueHead", "next"].includes(heap.edgeName(edge)))
    ? { kind: "queue-get", label: "fastq", path: "callback" }
    : undefined;

const worker: Recogniser = (heap, node) =>
  /^(?:Worker|MessagePort|BroadcastChannel)$/.test(heap.name(node))
    ? { kind: heap.name(node) === "Worker" ? "thread" : "other", label: heap.name(node) }
    : undefined;

const RECOGNISERS: readonly Recogniser[] = [
  timer,
  immediate,
  childProcess,
  server,
  socket,
  stream,
  request,
  module,
  semaphore,
  linkedQueue,
  fastqJob,
  worker,
];
