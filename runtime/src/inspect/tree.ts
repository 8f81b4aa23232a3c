import type { TaskId, TaskInfo, TaskState, TreeQuery, TreeReply } from "@asyncscope/protocol";
import { AwaitShape } from "./await-shape.js";
import { CreationShape } from "./creation-shape.js";
import { markMatching } from "./filter.js";
import { INCLUDED, Marks } from "./marks.js";
import { count } from "./numbers.js";
import type { Registry } from "./registry.js";
import type { Shape } from "./shape.js";
import { taskInfo } from "./task-info.js";
import { STATES } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { countStates } from "./task-state.js";
import { TreeWalk } from "./tree-walk.js";

/** Answers a {@link TreeQuery}: filters and pages first, caps after, and counts what the caps hid. */
export function queryTree(registry: Registry, query: TreeQuery, now: number): TreeReply {
  const marks = new Marks();
  const shape = query.order === "await" ? new AwaitShape(registry, marks) : new CreationShape(registry.root);
  if (query.filter !== undefined) markMatching(registry, shape, query.filter, now, marks);
  const { pages, included, hidden } = new TreeWalk(registry, shape, marks, query);
  return {
    now,
    version: registry.version,
    pages,
    tasks: rows(registry, shape, marks, included),
    sites: registry.sites.since(count(query.knownSites, 0)),
    counts: counts(registry),
    hidden,
  };
}

/** Tasks as rows, for lists that name them. */
export function taskInfos(registry: Registry, ids: readonly TaskId[]): TaskInfo[] {
  const marks = new Marks();
  const records: TaskRecord[] = [];
  for (let i = 0; i < ids.length; i++) {
    const record = registry.get(ids[i]!);
    if (record !== undefined && marks.add(record, INCLUDED)) records[records.length] = record;
  }
  return rows(registry, new CreationShape(registry.root), marks, records);
}

/** The rows of `shown`, and those of the tasks that they wait for, so that these can be named. */
function rows(registry: Registry, shape: Shape, marks: Marks, shown: readonly TaskRecord[]): TaskInfo[] {
  const infos: TaskInfo[] = [];
  const named: TaskRecord[] = [];
  for (let i = 0; i < shown.length; i++) {
    const info = (infos[i] = taskInfo(registry, shape, shown[i]!));
    for (let j = 0; j < info.waits.length; j++) {
      const tasks = info.waits[j]!.tasks ?? [];
      for (let k = 0; k < tasks.length; k++) {
        const record = registry.get(tasks[k]!);
        if (record !== undefined && marks.add(record, INCLUDED)) named[named.length] = record;
      }
    }
  }
  for (let i = 0; i < named.length; i++) infos[infos.length] = taskInfo(registry, shape, named[i]!);
  return infos;
}

/** Tasks by state, over the whole program. */
export function counts(registry: Registry): TreeReply["counts"] {
  const result = {} as Record<TaskState, number>;
  const counted = countStates(registry);
  for (let i = 0; i < STATES.length; i++) result[STATES[i]!] = counted[i]!;
  return result;
}
