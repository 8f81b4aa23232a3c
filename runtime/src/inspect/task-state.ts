import type { Task } from "../core/task.js";
import { newWalk } from "./marks.js";
import type { Registry } from "./registry.js";
import { isStrand, isTask } from "./shapes.js";
import { CREATED, RUNNING, SCHEDULED, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";

/**
 * In what state a task is. Read off the task when somebody asks, instead of noted whenever it changes: there are a
 * million switches between two questions.
 */
export function stateOf(registry: Registry, { task, rare }: TaskRecord): number {
  if (task === null) return rare === null ? CREATED : rare.state;
  let runs = false;
  registry.eachRunning((running) => {
    runs ||= running === task;
  });
  return runs ? RUNNING : standing(task);
}

/** The same of one that does not run: it waits, or it is in the ready queue (also after a bare yield). */
export function standing(task: Task<unknown>): number {
  if (task._waiter !== null) return task._readyStrands === 0 ? SUSPENDED : SCHEDULED;
  return task._cancelArrives === null ? CREATED : SCHEDULED;
}

/** Loop time at which it came into that state. */
export function sinceWhen(record: TaskRecord, state: number): number {
  const { task, rare } = record;
  if (task === null) return rare === null ? record.createdAt : rare.endedAt;
  if (state === CREATED) return record.createdAt;
  // One that runs or is ready does so since this iteration or the one before.
  return state === SUSPENDED ? (task._since ?? record.createdAt) : task._loop._iterationTime;
}

/** Number of tasks in each state, in the order of STATES; finished ones count as long as they are kept. */
export function countStates(registry: Registry): number[] {
  const counts = [0, 0, 0, 0, registry.ended[0]!, registry.ended[1]!, registry.ended[2]!];
  const walk = newWalk();
  let active = 0;
  const see = (task: Task<unknown> | null, runs: boolean): void => {
    if (task === null) return;
    const record = registry.recordOf(task);
    if (record === undefined ? !registry.isUnrecorded(task) : record.finished || record.met === walk) return;
    if (record !== undefined) record.met = walk;
    active++;
    counts[runs ? RUNNING : standing(task)]!++;
  };
  registry.eachRunning((task) => see(task, true));
  registry.loops.eachLive((loop) => {
    loop._eachReady((runnable) =>
      see(isTask(runnable) ? runnable : isStrand(runnable) ? runnable.task : null, false),
    );
  });
  counts[SUSPENDED]! += registry.live - active;
  return counts;
}
