import type { ResourceId, ResourceInfo, ResourceKind } from "@asyncscope/protocol";
import { cleanText, count } from "../../../text/plain-text.js";
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
}

/** Groups tasks by what keeps the promises that they wait for. */
export class SnapshotResources {
  readonly #byKey = new Map<
    string,
    { readonly resource: SnapshotResource; readonly waiters: SnapshotTask[] }
  >();

  constructor(tasks: readonly SnapshotTask[]) {
    for (const task of tasks)
      for (const settler of settlersIn(task.awaited)) {
        const key = keyOf(settler.holder);
        if (key === undefined) continue;
        let entry = this.#byKey.get(key);
        if (entry === undefined) {
          const waiters: SnapshotTask[] = [];
          const id = this.#byKey.size + 1;
          entry = { resource: { id, holder: settler.holder!, settler, waiters }, waiters };
          this.#byKey.set(key, entry);
        }
        entry.waiters.push(task);
      }
  }

  get all(): readonly SnapshotResource[] {
    return [...this.#byKey.values()].map(({ resource }) => resource);
  }

  idOf({ holder }: Settler): ResourceId | undefined {
    const key = keyOf(holder);
    return key === undefined ? undefined : this.#byKey.get(key)?.resource.id;
  }
}

/** What tasks wait at together. A field or variable of one promise is no resource. */
function keyOf(holder: Holder | undefined): string | undefined {
  if (holder === undefined || holder.kind === "field" || holder.kind === "variable") return undefined;
  return `${holder.owner} ${holder.path}`;
}

function settlersIn(awaited: Awaited): Settler[] {
  if (awaited.kind === "combinator") return awaited.inputs.flatMap(settlersIn);
  return awaited.kind === "other" ? [awaited.settler] : [];
}

export function resourceInfo(resource: SnapshotResource, now: number): ResourceInfo {
  const { id, holder, settler, waiters } = resource;
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
    waiters: waiters.slice(0, MOST_WAITERS).map(({ id: task }) => ({ task, role: "waiter", since: now })),
    waiterCount: waiters.length,
  };
}

function kindOf({ holder, settler }: SnapshotResource): ResourceKind {
  if (holder.kind === "event") return "event";
  return settler.kind === "lock" || settler.kind === "semaphore" ? settler.kind : "condition";
}
