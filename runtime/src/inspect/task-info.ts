import type { TaskInfo } from "@asyncscope/protocol";
import { eachFrame } from "./chain.js";
import { isFloating } from "./native-task.js";
import { deref } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { Shape } from "./shape.js";
import { CREATED, STATES, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { sinceWhen, stateOf } from "./task-state.js";
import { clean } from "./text.js";
import { describeWaits, taskName } from "./waits.js";

/** Most characters of a name that are shown. */
export const NAME = 200;

/** A task as one row. */
export function taskInfo(registry: Registry, shape: Shape, record: TaskRecord): TaskInfo {
  const { task, rare } = record;
  const state = stateOf(registry, record);
  const { waits, count } = state === SUSPENDED ? describeWaits(registry, record) : { waits: [], count: 0 };
  const ended = rare?.ended == null ? undefined : deref(rare.ended);
  return {
    id: record.id,
    name: nameOf(record),
    state: STATES[state]!,
    coroutine: clean(rawCoroutineOf(record), NAME),
    form: (task === null ? rare?.isAsync : task._isAsync) === true ? "async" : "generator",
    parent: record.parent === null ? 0 : record.parent.id,
    created: record.created < 0 ? -record.created : record.created,
    ...(record.created < 0 ? { createdIsInferred: true } : {}),
    createdAt: record.createdAt,
    since: sinceWhen(record, state),
    waits,
    ...(count > waits.length ? { waitCount: count } : {}),
    depth: task === null || state === CREATED ? 0 : depthOf(registry, record),
    cancelling: task === null ? 0 : task.cancelling(),
    ...(rare?.cancelledBy == null ? {} : { cancelledBy: rare.cancelledBy }),
    ...(rare?.error == null ? {} : { error: rare.error }),
    ...(ended?._isUnretrieved() === true ? { unretrieved: true } : {}),
    ...(isFloating(task) ? { floating: true } : {}),
    childCount: shape.childCount(record),
  };
}

/** Its name as it is shown. */
export function nameOf(record: TaskRecord): string {
  const { task, rare } = record;
  if (task !== null) return clean(taskName(task), NAME);
  return rare === null ? "" : (rare.name ?? `Task-${rare.number}`);
}

/** Whether the program gave it a name. */
export function isNamed({ task, rare }: TaskRecord): boolean {
  return task === null ? rare !== null && rare.name !== null : task._givenName !== null;
}

/** The name of its function, as the program has it. */
export function rawCoroutineOf(record: TaskRecord): string {
  return record.task === null ? (record.rare?.coroutine ?? "") : record.task._coroutineName;
}

function depthOf(registry: Registry, record: TaskRecord): number {
  let depth = 0;
  eachFrame(registry, record, () => {
    depth++;
  });
  return depth;
}
