import type { DumpTaskRef, ResourceInfo, TaskId, TaskInfo } from "@asyncscope/protocol";

/**
 * Circles of tasks that wait for each other: for the end of a task, or for a lock that one holds. Each is found once
 * and begins at its smallest id. A wait that a timer will end, and one that any of several things ends, closes none.
 */
export function waitCycles(
  tasks: readonly TaskInfo[],
  resources: readonly Pick<ResourceInfo, "id" | "owner">[],
): DumpTaskRef[][] {
  const owners = new Map(resources.map(({ id, owner }) => [id, owner ?? 0]));
  const known = new Map(tasks.map((task) => [task.id, task]));
  const next = (id: TaskId): TaskId[] =>
    (known.get(id)?.waits ?? [])
      .filter(({ kind, due }) => due === undefined && kind !== "wait")
      .flatMap(({ tasks: awaited = [], resource = 0 }) => [...awaited, owners.get(resource) ?? 0])
      .filter((target) => known.has(target));
  const cycles: TaskId[][] = [];
  const done = new Set<TaskId>();
  for (const { id: root } of tasks) {
    if (done.has(root)) continue;
    // A chain of waits may be deeper than the stack of JavaScript.
    const path = [{ id: root, targets: next(root) }];
    const places = new Map([[root, 0]]);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const target = step.targets.pop();
      if (target === undefined) {
        done.add(step.id);
        places.delete(step.id);
        path.pop();
        continue;
      }
      const place = places.get(target);
      if (place !== undefined) cycles.push(path.slice(place).map(({ id }) => id));
      else if (!done.has(target)) {
        places.set(target, path.length);
        path.push({ id: target, targets: next(target) });
      }
    }
  }
  return cycles
    .map((cycle) => {
      const at = cycle.indexOf(Math.min(...cycle));
      return [...cycle.slice(at), ...cycle.slice(0, at)].map((id) => ({ id, name: known.get(id)!.name }));
    })
    .sort((a, b) => a[0]!.id - b[0]!.id);
}
