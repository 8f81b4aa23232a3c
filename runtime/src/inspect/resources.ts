import type {
  ResourceId,
  ResourceInfo,
  ResourceQuery,
  ResourceReply,
  ResourceWaiter,
  TaskId,
} from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import type { Future } from "../core/future.js";
import type { Task } from "../core/task.js";
import { atMost, count } from "./numbers.js";
import { contains, each, lowerCase } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { ResourceRecord } from "./resource-table.js";
import { isStrand, isTask } from "./shapes.js";
import { clean } from "./text.js";
import { taskInfos } from "./tree.js";

const MOST_RESOURCES = 2000;
const MOST_WAITERS = 100;

/** Answers a {@link ResourceQuery}. */
export function queryResources(registry: Registry, query: ResourceQuery, now: number): ResourceReply {
  const text = lowerCase(query.text ?? "");
  const offset = count(query.offset, 0);
  const limit = atMost(query.limit, 200, MOST_RESOURCES);
  const resources: ResourceInfo[] = [];
  const named: TaskId[] = [];
  let total = 0;
  registry.resources.forEach((record, primitive) => {
    if (text !== "" && !contains(lowerCase(registry.resources.nameOf(record, primitive)), text)) return;
    if (total++ < offset || resources.length >= limit) return;
    const resource = resourceInfo(registry, record, primitive);
    resources[resources.length] = resource;
    if (resource.owner !== undefined) named[named.length] = resource.owner;
    for (let i = 0; i < resource.waiters.length; i++) named[named.length] = resource.waiters[i]!.task;
  });
  return {
    now,
    version: registry.version,
    resources,
    total,
    tasks: taskInfos(registry, named),
    sites: registry.sites.since(count(query.knownSites, 0)),
  };
}

function resourceInfo(registry: Registry, record: ResourceRecord, primitive: Inspectable): ResourceInfo {
  const { state, size, maxsize, unfinished, owner, ownedSince, value, lock } = primitive._inspect();
  const waiters: ResourceWaiter[] = [];
  let waiterCount = 0;
  each(primitive._waiters(), ({ future, role, since }) => {
    if (waiterCount++ < MOST_WAITERS)
      waiters[waiters.length] = { task: taskWaitingFor(registry, future), role, since };
  });
  return {
    id: record.id,
    kind: record.kind,
    name: registry.resources.nameOf(record, primitive),
    created: record.site,
    state: clean(state, 100),
    ...(size === undefined ? {} : { size }),
    ...(maxsize === undefined ? {} : { maxsize }),
    ...(unfinished === undefined ? {} : { unfinished }),
    ...(owner === undefined ? {} : { owner: owner === null ? 0 : (registry.recordOf(owner)?.id ?? 0) }),
    ...(ownedSince === undefined ? {} : { ownedSince }),
    ...(value === undefined ? {} : { value }),
    ...lockOf(registry, lock),
    waiters,
    waiterCount,
  };
}

function lockOf(registry: Registry, lock: Inspectable | undefined): { lock?: ResourceId } {
  const record = lock === undefined ? undefined : registry.resources.of(lock);
  return record === undefined ? {} : { lock: record.id };
}

/** The task behind a waiter: the one that will be woken, 0 when it is none. */
function taskWaitingFor(registry: Registry, future: Future<unknown>): TaskId {
  const listeners = future._listeners();
  let task: Task<unknown> | null = null;
  for (let i = 0; task === null && i < listeners.length; i++) task = taskOf(listeners[i]!);
  return task === null ? 0 : (registry.recordOf(task)?.id ?? 0);
}

function taskOf(listener: object): Task<unknown> | null {
  return isTask(listener) ? listener : isStrand(listener) ? listener.task : null;
}
