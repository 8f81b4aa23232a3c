import type { FutureId, FutureInfo, FutureQuery, FutureReply, TaskId, WaitKind } from "@asyncscope/protocol";
import type { Future } from "../core/future.js";
import { atMost, count } from "./numbers.js";
import { contains, lowerCase, mapForEach, mapGet, mapSet, weakMapGet, weakMapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import { taskInfos } from "./tree.js";
import { eachFutureBehind, eachWait, kindOf, labelOf } from "./waits.js";

const MOST_FUTURES = 2000;
const MOST_AWAITERS = 20;

/** Kinds that the program can have in its hands; the others are parts of timers, queues, locks and streams. */
const KINDS: readonly WaitKind[] = [
  "future",
  "promise",
  "gather",
  "wait",
  "shield",
  "thread",
  "process",
  "other",
];

/** What is known of a future that is met among the waits. */
interface Met {
  since: number;
  awaiters: TaskId[];
  awaiterCount: number;
}

const ids = new WeakMap<object, FutureId>();
let lastId = 0;

/** Answers a {@link FutureQuery}: found by walking the waits of all tasks, filtered before they are capped. */
export function queryFutures(registry: Registry, query: FutureQuery, now: number): FutureReply {
  const text = lowerCase(query.text ?? "");
  const offset = count(query.offset, 0);
  const limit = atMost(query.limit, 200, MOST_FUTURES);
  const { met, otherWaits } = awaited(registry);
  const futures: FutureInfo[] = [];
  const named: TaskId[] = [];
  let total = 0;
  mapForEach(met, ({ since, awaiters, awaiterCount }, future) => {
    if (text === "" && (total < offset || futures.length === limit)) {
      total++;
      return;
    }
    const label = labelOf(registry, future);
    if (text !== "" && !contains(lowerCase(label), text)) return;
    if (total++ < offset || futures.length === limit) return;
    const creation = registry.futureCreation(future);
    const creator = creation === undefined ? 0 : creation.task;
    futures[futures.length] = {
      id: idOf(future),
      kind: kindOf(future),
      label,
      creator,
      created: creation === undefined ? 0 : creation.site,
      since,
      awaiters,
      awaiterCount,
    };
    if (creator !== 0) named[named.length] = creator;
    for (let i = 0; i < awaiters.length; i++) named[named.length] = awaiters[i]!;
  });
  return {
    now,
    version: registry.version,
    futures,
    total,
    otherWaits,
    tasks: taskInfos(registry, named),
    sites: registry.sites.since(count(query.knownSites, 0)),
  };
}

function awaited(registry: Registry): {
  readonly met: Map<Future<unknown>, Met>;
  readonly otherWaits: number;
} {
  const met = new Map<Future<unknown>, Met>();
  let otherWaits = 0;
  registry.tasks.forEach(({ task, id }) => {
    if (task === null) return;
    eachWait({ task }, (wait, since) => {
      if (!isListed(kindOf(wait))) otherWaits++;
      eachFutureBehind(wait, (future) => {
        if (!isListed(kindOf(future))) return;
        const known = mapGet(met, future);
        if (known === undefined) {
          mapSet(met, future, { since, awaiters: [id], awaiterCount: 1 });
          return;
        }
        known.since = known.since < since ? known.since : since;
        const { awaiters } = known;
        // A task that waits for it in two ways is one awaiter; its waits follow each other.
        if (awaiters[awaiters.length - 1] === id) return;
        known.awaiterCount++;
        if (awaiters.length < MOST_AWAITERS) awaiters[awaiters.length] = id;
      });
    });
  });
  return { met, otherWaits };
}

function isListed(kind: WaitKind): boolean {
  for (let i = 0; i < KINDS.length; i++) if (KINDS[i] === kind) return true;
  return false;
}

function idOf(future: object): FutureId {
  const known = weakMapGet(ids, future);
  if (known !== undefined) return known;
  weakMapSet(ids, future, ++lastId);
  return lastId;
}
