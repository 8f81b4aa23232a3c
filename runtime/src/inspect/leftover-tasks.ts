import type { Finding, TaskId } from "@asyncscope/protocol";
import type { FailedGather } from "../core/instrument.js";
import { FindingText, called } from "./finding-text.js";
import { mapForEach, mapGet, mapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { TaskRecord } from "./task-record.js";
import { describeError } from "./text.js";

/** What tasks may take to end after the gather that failed. Milliseconds. */
const PATIENCE = 100;
const LISTED = 20;
const TOLD = 3;

/** Tasks that go on after the gather that was to wait for them has failed, and for which nobody else waits. */
export function leftoverTasks(registry: Registry, now: number, limit: number): Finding[] {
  const left = new Map<FailedGather, TaskRecord[]>();
  registry.tasks.forEach((record) => {
    const gather = failedGather(record);
    if (gather === undefined || now - gather._failedAt! < PATIENCE) return;
    const others = mapGet(left, gather);
    if (others === undefined) mapSet(left, gather, [record]);
    else others[others.length] = record;
  });
  const findings: Finding[] = [];
  mapForEach(left, (tasks, gather) => {
    if (findings.length < limit) findings[findings.length] = tell(registry, gather, tasks);
  });
  return findings;
}

/** Set when a gather that has failed is all that listens to a task. */
function failedGather({ task }: TaskRecord): FailedGather | undefined {
  if (task === null) return undefined;
  const listeners = task._listeners();
  if (listeners.length !== 1) return undefined;
  const gather = (listeners[0] as { readonly _gather?: FailedGather })._gather;
  return gather === undefined || gather._failedAt === null ? undefined : gather;
}

function tell(registry: Registry, gather: FailedGather, tasks: readonly TaskRecord[]): Finding {
  const text = new FindingText(registry);
  const [first] = tasks as [TaskRecord];
  const inAll = gather._children.length;
  const number = tasks.length === 1 ? "1" : String(tasks.length);
  text.say(
    `A gather of ${inAll} failed with ${describeError(gather._peekError())}, and ${number} of its tasks ${tasks.length === 1 ? "goes" : "go"} on although nobody waits for ${tasks.length === 1 ? "it" : "them"}: `,
  );
  for (let i = 0; i < tasks.length && i < TOLD; i++) {
    const record = tasks[i]!;
    text.say(`${i === 0 ? "" : ", "}${called(record)}`);
    if (record.created !== 0) text.say(", created").at(record.id, Math.abs(record.created));
  }
  if (tasks.length > TOLD) text.say(` and ${tasks.length - TOLD} more`);
  text.say(". A task group would cancel them.");
  const ids: TaskId[] = [];
  for (let i = 0; i < tasks.length && i < LISTED; i++) ids[i] = tasks[i]!.id;
  return text.finding("leftover-tasks", first.id, {
    certain: false,
    since: gather._failedAt!,
    tasks: ids,
    taskCount: tasks.length,
  });
}
