import type { ResourceId, ResourceInfo, ResourceKind, ResourceWaiter } from "@asyncscope/protocol";
import { cleanText, count } from "../../../text/plain-text.js";
import type { Node } from "./heap-graph.js";
import type { Limiter } from "./limiters.js";
import type { Holder, Settler } from "./settlers.js";
import type { Awaited, SnapshotTask } from "./snapshot-tasks.js";

const MOST_WAITERS = 100;

/** Something that keeps the promises that tasks wait for: a lock, a pool, an emitter. */
export interface SnapshotResource {
  readonly id: ResourceId;
  readonly holder: Holder;
  readonly settler: Settler;
  /** Who waits, in the order of the snapshot. */
  readonly waiters: readonly SnapshotTask[];
  readonly limiter?: Limiter;
}

/** Groups tasks by what keeps the promises that they wait for. Limiters are there without anybody who waits, too. */
export class SnapshotResources {
  readonly #byKey = new Map<
    string,
    { readonly resource: SnapshotResource; readonly waiters: SnapshotTask[] }
  >();

  readonly #limiters = new Map<Node, Limiter>();

  constructor(tasks: readonly SnapshotTask[], limiters: readonly Limiter[]) {
    for (const limiter of limiters) for (const node of limiter.nodes) this.#limiters.set(node, limiter);
    for (const task of tasks)
      for (const settler of settlersIn(task.awaited)) {
        const key = this.#keyOf(settler.holder);
        if (key !== undefined) this.#entry(key, settler, this.#limiterOf(settler.holder)).push(task);
      }
    for (const limiter of limiters) {
      const [owner] = limiter.nodes as [Node];
      const holder: Holder = { owner, className: limiter.package, path: "", kind: "list" };
      this.#entry(limiterKey(limiter), { kind: "other", label: limiter.package, holder }, limiter);
    }
  }

  /** Who waits at a resource, which is made when it is the first. */
  #entry(key: string, settler: Settler, limiter: Limiter | undefined): SnapshotTask[] {
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      const waiters: SnapshotTask[] = [];
      const id = this.#byKey.size + 1;
      const resource = { id, holder: settler.holder!, settler, waiters };
      entry = { resource: limiter === undefined ? resource : { ...resource, limiter }, waiters };
      this.#byKey.set(key, entry);
    }
    return entry.waiters;
  }

  #limiterOf(holder: Holder | undefined): Limiter | undefined {
    return holder === undefined || holder.kind === "event" ? undefined : this.#limiters.get(holder.owner);
  }

  /** What tasks wait at together. A field or variable of one promise is no resource. */
  #keyOf(holder: Holder | undefined): string | undefined {
    const limiter = this.#limiterOf(holder);
    if (limiter !== undefined) return limiterKey(limiter);
    if (holder === undefined || holder.kind === "field" || holder.kind === "variable") return undefined;
    return `${holder.owner} ${holder.path}`;
  }

  get all(): readonly SnapshotResource[] {
    return [...this.#byKey.values()].map(({ resource }) => resource);
  }

  idOf({ holder }: Settler): ResourceId | undefined {
    const key = this.#keyOf(holder);
    return key === undefined ? undefined : this.#byKey.get(key)?.resource.id;
  }
}

const limiterKey = ({ nodes }: Limiter): string => `limiter ${nodes[0]!}`;

function settlersIn(awaited: Awaited): Settler[] {
  if (awaited.kind === "combinator") return awaited.inputs.flatMap(settlersIn);
  return awaited.kind === "other" ? [awaited.settler] : [];
}

export function resourceInfo(resource: SnapshotResource, now: number): ResourceInfo {
  const { id, holder, settler, waiters, limiter } = resource;
  const listed = waiters
    .slice(0, MOST_WAITERS)
    .map(({ id: task }) => ({ task, role: "waiter", since: now }) as const);
  if (limiter !== undefined) return limiterInfo(id, limiter, listed, waiters.length);
  const name =
    holder.kind === "event" || settler.kind !== "future"
      ? settler.label
      : `${holder.className}.${holder.path}`;
  return {
    id,
    kind: kindOf(resource),
    name: cleanText(name, 200),
    created: 0,
    state: count(waiters.length, "waiter"),
    waiters: listed,
    waiterCount: waiters.length,
  };
}

function limiterInfo(
  id: ResourceId,
  limiter: Limiter,
  waiters: readonly ResourceWaiter[],
  tasks: number,
): ResourceInfo {
  const { kind, name, free, package: from, running, waiting, concurrency } = limiter;
  return {
    id,
    kind,
    name: cleanText(name === "" ? from : `${name} (${from})`, 200),
    created: 0,
    state: limiterState(limiter),
    ...(kind === "queue" ? { size: waiting } : {}),
    ...(free === undefined ? {} : { value: free }),
    waiters,
    // Others than tasks may wait as well.
    waiterCount: Math.max(tasks, waiting),
    limiter: {
      package: from,
      ...(running === undefined ? {} : { running }),
      waiting,
      ...(concurrency === undefined ? {} : { concurrency }),
    },
  };
}

/** `2 of 2 running, 3 waiting`, `locked, 3 waiting`, `1 free, 3 waiting`. */
function limiterState({ kind, running, free, waiting, concurrency }: Limiter): string {
  const held =
    kind === "lock"
      ? running === 0
        ? "unlocked"
        : "locked"
      : free !== undefined
        ? `${free} free`
        : `${running ?? 0}${concurrency === undefined ? "" : ` of ${concurrency}`} running`;
  return `${held}, ${waiting} waiting`;
}

function kindOf({ holder, settler }: SnapshotResource): ResourceKind {
  if (holder.kind === "event") return "event";
  return settler.kind === "lock" || settler.kind === "semaphore" ? settler.kind : "condition";
}
