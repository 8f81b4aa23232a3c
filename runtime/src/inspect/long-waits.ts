import type { LongWaitQuery, LongWaitReply, TaskId } from "@asyncscope/protocol";
import { TaskMatcher } from "./filter.js";
import { atMost, count } from "./numbers.js";
import type { Registry } from "./registry.js";
import { isTask } from "./shapes.js";
import { SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { sinceWhen, stateOf } from "./task-state.js";
import { plainText } from "./text.js";
import { taskInfos } from "./tree.js";
import { eachWait } from "./waits.js";

interface Found {
  readonly id: TaskId;
  readonly since: number;
  readonly isBehind: boolean;
}

function isBefore(a: Found, b: Found): boolean {
  return a.isBehind === b.isBehind ? a.since < b.since : b.isBehind;
}

/** Whether it waits for the end of other tasks: then those are to blame. */
function waitsForTasks(record: TaskRecord): boolean {
  let others = false;
  eachWait(record, (future) => {
    const kind = future._origin === null ? "" : future._origin.kind;
    others ||=
      isTask(future) || kind === "gather" || kind === "task-group" || kind === "wait" || kind === "shield";
  });
  return others;
}

/** Answers a {@link LongWaitQuery}: one pass over the tasks, nothing is kept for the next one. */
export function longWaits(registry: Registry, query: LongWaitQuery, now: number): LongWaitReply {
  const limit = atMost(query.limit, 20, 100);
  const matcher = new TaskMatcher(registry, { text: plainText(query.text ?? "") }, now);
  const latest = now - query.longerThan;
  const earliest = query.asked === undefined ? -Infinity : query.asked - query.longerThan;
  /** Those that do not wait for other tasks first, and of these the longest. */
  const found: Found[] = [];
  let total = 0;
  registry.tasks.forEach((record: TaskRecord) => {
    if (record.task === null || stateOf(registry, record) !== SUSPENDED) return;
    const since = sinceWhen(record, SUSPENDED);
    if (since > latest || since <= earliest || !matcher.matches(record)) return;
    total++;
    const next: Found = { id: record.id, since, isBehind: waitsForTasks(record) };
    if (found.length === limit && !isBefore(next, found[limit - 1]!)) return;
    let at = found.length < limit ? found.length : limit - 1;
    for (; at > 0 && isBefore(next, found[at - 1]!); at--) found[at] = found[at - 1]!;
    found[at] = next;
  });
  const ids: TaskId[] = [];
  for (let i = 0; i < found.length; i++) ids[i] = found[i]!.id;
  return {
    now,
    tasks: taskInfos(registry, ids),
    total,
    sites: registry.sites.since(count(query.knownSites, 0)),
  };
}
