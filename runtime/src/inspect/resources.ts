import type {
  ResourceInfo,
  ResourceQuery,
  ResourceReply,
  ResourceWaiter,
  TaskId,
} from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import { AwaitStrand } from "../core/await-strand.js";
import type { Future } from "../core/future.js";
import { Task } from "../core/task.js";
import type { Registry } from "./registry.js";
import type { ResourceRecord } from "./resource-table.js";
import { taskInfos } from "./tree.js";
import { clean } from "./text.js";

const MOST_RESOURCES = 2000;
const MOST_WAITERS = 100;

/** Answers a {@link ResourceQuery}. */
export function queryResources(registry: Registry, query: ResourceQuery, now: number): ResourceReply {
  const text = query.text?.toLowerCase() ?? "";
  const offset = Math.max(0, query.offset ?? 0);
  const limit = Math.min(query.limit ?? 200, MOST_RESOURCES);
  const resources: ResourceInfo[] = [];
  let total = 0;
  for (const [record, primitive] of registry.resources.alive()) {
    if (text !== "" && !registry.resources.nameOf(record, primitive).toLowerCase().includes(text)) continue;
    if (total >= offset && resources.length < limit)
      resources.push(resourceInfo(registry, record, primitive));
    total++;
  }
  const named: TaskId[] = [];
  for (const resource of resources) {
    if (resource.owner !== undefined && resource.owner !== 0) named.push(resource.owner);
    for (const waiter of resource.waiters) if (waiter.task !== 0) named.push(waiter.task);
  }
  return {
    now,
    version: registry.version,
    resources,
    total,
    tasks: taskInfos(registry, named),
    sites: registry.sites.since(query.knownSites ?? 0),
  };
}

function resourceInfo(registry: Registry, record: ResourceRecord, primitive: Inspectable): ResourceInfo {
  const { owner, state, ...numbers } = primitive._inspect();
  const waiters: ResourceWaiter[] = [];
  let waiterCount = 0;
  for (const waiter of primitive._waiters()) {
    waiterCount++;
    if (waiters.length < MOST_WAITERS)
      waiters.push({ task: taskWaitingFor(registry, waiter.future), role: waiter.role, since: waiter.since });
  }
  return {
    id: record.id,
    kind: record.kind,
    name: registry.resources.nameOf(record, primitive),
    created: record.site,
    state: clean(state, 100),
    ...numbers,
    ...(owner === undefined ? {} : { owner: owner === null ? 0 : (registry.recordOf(owner)?.id ?? 0) }),
    waiters,
    waiterCount,
  };
}

/** The task behind a waiter: the one that will be woken. */
function taskWaitingFor(registry: Registry, future: Future<unknown>): TaskId {
  for (const listener of future._listeners()) {
    const task =
      listener instanceof Task
        ? (listener as Task<unknown>)
        : listener instanceof AwaitStrand
          ? listener.task
          : null;
    if (task !== null) return registry.recordOf(task)?.id ?? 0;
  }
  return 0;
}
