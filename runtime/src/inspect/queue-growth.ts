import type { Finding, ResourceKind, SiteId } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import { FindingText, called, resourceName } from "./finding-text.js";
import { mapGet, mapSet, weakMapGet, weakMapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { ResourceRecord } from "./resource-table.js";
import type { TaskRecord } from "./task-record.js";

/** Shorter queues are no trouble, whatever they do. */
const LONG = 1000;
/** A queue must have grown without a break for as long (milliseconds), and over so many looks. */
const WATCHED = 5000;
const LOOKS = 4;
/** It must be longer than at the first of these looks by this factor. */
const FACTOR = 1.25;

/** How long a queue was when it was looked at. */
interface Growth {
  /** At the first of the looks between which it has always grown. */
  size: number;
  since: number;
  looks: number;
  last: number;
  /** Who puts items, and where; null as long as that was not seen. */
  put: { readonly record: TaskRecord | null; readonly site: SiteId } | null;
}

const watched = new WeakMap<Registry, Map<number, Growth>>();

/** Looks at the queues without a limit; tells of those that only grow, which takes several looks to know. */
export function growingQueues(registry: Registry, now: number, limit: number): Finding[] {
  const known = weakMapGet<Map<number, Growth>>(watched, registry);
  const found: Finding[] = [];
  const seen = new Map<number, Growth>();
  registry.resources.forEach((record, primitive) => {
    if (!isQueue(record.kind)) return;
    const { size = 0, maxsize = 0 } = primitive._inspect();
    if (maxsize > 0 || size < LONG) return;
    let growth = known === undefined ? undefined : mapGet(known, record.id);
    if (growth === undefined || size < growth.last)
      growth = { size, since: now, looks: 1, last: size, put: null };
    else if (size > growth.last) {
      growth.looks++;
      growth.last = size;
      if (growth.put === null) noteNextPut(registry, primitive, growth);
    }
    mapSet(seen, record.id, growth);
    if (growth.looks < LOOKS || now - growth.since < WATCHED || size < growth.size * FACTOR) return;
    if (found.length < limit) found[found.length] = tell(registry, record, primitive, growth, now);
  });
  weakMapSet(watched, registry, seen);
  return found;
}

/** One of the items that make it grow is enough to tell who puts them. */
function noteNextPut(registry: Registry, primitive: Inspectable, growth: Growth): void {
  if (!registry.captureSites) return;
  const queue = primitive as Inspectable & { _onPut?: (() => void) | null };
  queue._onPut = () => {
    queue._onPut = null;
    const task = registry.currentTask();
    const record = task === null ? undefined : registry.recordOf(task);
    growth.put = { record: record ?? null, site: registry.sites.capture() };
  };
}

function tell(
  registry: Registry,
  record: ResourceRecord,
  primitive: Inspectable,
  { size: before, since, put }: Growth,
  now: number,
): Finding {
  const { size = 0 } = primitive._inspect();
  const text = new FindingText(registry).say(`${resourceName(registry, primitive)} only grows: `);
  text.say(`it holds ${size} items, ${size - before} more than ${Math.round((now - since) / 1000)} s ago`);
  if (put !== null && (put.site !== 0 || put.record !== null)) {
    text.say(", put");
    if (put.site !== 0) text.at(put.record?.id ?? 0, put.site);
    if (put.record !== null && put.record.id !== 0) text.say(` by ${called(put.record)}`);
  }
  text.say(".");
  if (record.site !== 0) text.say(" It was made").at(0, record.site).say(".");
  text.say(" It has no limit: with one, put() would wait for whoever takes them.");
  const tasks = put?.record == null || put.record.id === 0 ? [] : [put.record.id];
  return text.finding("growing-queue", `resource ${record.id}`, {
    certain: false,
    since,
    tasks,
    resources: [record.id],
  });
}

function isQueue(kind: ResourceKind): boolean {
  return kind === "queue" || kind === "priority-queue" || kind === "lifo-queue";
}
