import type { SiteId } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import type { Task } from "../core/task.js";
import type { Registry } from "./registry.js";
import type { TaskRecord } from "./task-record.js";

/** A task that holds a lock, or permits of a semaphore; it may have ended. */
export interface Holder {
  /** Undefined when nothing is known of it any more. */
  readonly record: TaskRecord | undefined;
  /** Null when it has ended, unless it holds a lock. */
  readonly task: Task<unknown> | null;
  /** Where it took it, 0 when not known. */
  readonly site: SiteId;
  /** Permits. */
  readonly count: number;
}

/**
 * Who must let go of a lock or semaphore before anybody else can have it. Of a semaphore only when all its permits are
 * accounted for, and the program gives permits back in the task that took them: others are signals, which anybody may
 * give.
 */
export function holdersOf(registry: Registry, resource: object): readonly Holder[] {
  const { owner, permits, value } = (resource as Inspectable)._inspect();
  if (permits === undefined) {
    if (owner === undefined || owner === null) return [];
    const record = registry.recordOf(owner);
    return [{ record, task: owner, site: registry.acquireSite(resource), count: 1 }];
  }
  const takings = registry.takings.of(resource);
  if (value !== 0 || takings === undefined || takings.returned === 0) return [];
  const holders: Holder[] = [];
  const takers = takings.holders(permits);
  for (let i = 0; i < takers.length; i++) {
    const { record, site, count } = takers[i]!;
    holders[i] = { record: record.id === 0 ? undefined : record, task: record.task, site, count };
  }
  return holders;
}

/** Whether it may still let go. */
export function isAlive({ task }: Holder): boolean {
  return task !== null && !task.done();
}
