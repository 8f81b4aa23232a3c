import type { ResourceKind } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import { mapGet, mapSet, weakMapGet, weakMapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { ResourceRecord } from "./resource-table.js";

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
}

/** A queue without a limit that has done nothing but grow. */
export interface GrowingQueue {
  readonly record: ResourceRecord;
  readonly primitive: Inspectable;
  /** Now, and at `since` (loop time). */
  readonly size: number;
  readonly before: number;
  readonly since: number;
}

const watched = new WeakMap<Registry, Map<number, Growth>>();

/** Looks at the queues without a limit; tells of those that only grow, which takes several looks to know. */
export function growingQueues(registry: Registry, now: number): GrowingQueue[] {
  const known = weakMapGet<Map<number, Growth>>(watched, registry);
  const found: GrowingQueue[] = [];
  const seen = new Map<number, Growth>();
  registry.resources.forEach((record, primitive) => {
    if (!isQueue(record.kind)) return;
    const { size = 0, maxsize = 0 } = primitive._inspect();
    if (maxsize > 0 || size < LONG) return;
    let growth = known === undefined ? undefined : mapGet(known, record.id);
    if (growth === undefined || size < growth.last) growth = { size, since: now, looks: 1, last: size };
    else if (size > growth.last) {
      growth.looks++;
      growth.last = size;
    }
    mapSet(seen, record.id, growth);
    if (growth.looks < LOOKS || now - growth.since < WATCHED || size < growth.size * FACTOR) return;
    found[found.length] = { record, primitive, size, before: growth.size, since: growth.since };
  });
  weakMapSet(watched, registry, seen);
  return found;
}

function isQueue(kind: ResourceKind): boolean {
  return kind === "queue" || kind === "priority-queue" || kind === "lifo-queue";
}
