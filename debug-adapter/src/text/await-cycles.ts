import type { TaskId, TreeBody } from "@asyncscope/protocol";

/** Circles of tasks that wait for each other in a tree by await; each once, from one of its tasks on. */
export function awaitCycles(body: TreeBody): TaskId[][] {
  const children = new Map(body.pages.map((page) => [page.task, page.children]));
  const cycles: TaskId[][] = [];
  const done = new Set<TaskId>();
  for (const root of children.keys()) {
    if (root === 0 || done.has(root)) continue;
    const path: { readonly task: TaskId; at: number }[] = [{ task: root, at: 0 }];
    const places = new Map([[root, 0]]);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const next = children.get(step.task)?.[step.at++];
      if (next === undefined) {
        done.add(step.task);
        places.delete(step.task);
        path.pop();
        continue;
      }
      const place = places.get(next);
      if (place !== undefined) cycles.push(path.slice(place).map(({ task }) => task));
      else if (!done.has(next)) {
        places.set(next, path.length);
        path.push({ task: next, at: 0 });
      }
    }
  }
  return cycles;
}
