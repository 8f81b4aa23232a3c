import type { TaskId, TaskNode, TaskNodeFilter, TreeArguments, TreePage } from "@asyncscope/protocol";
import { isInFile } from "./file-places.js";

/** Answers a query for pages of the tree from a reply seen earlier, when the program can no longer be asked. */
export function endedPages(
  last: { readonly tasks: readonly TaskNode[]; readonly now: number },
  { order, pages, filter, deep }: TreeArguments,
): { readonly pages: TreePage[]; readonly shown: ReadonlySet<TaskId> } {
  const known = new Set(last.tasks.map(({ id }) => id));
  const matches =
    filter === undefined ? last.tasks : last.tasks.filter((task) => matchesFilter(task, filter, last.now));
  const children = new Map<TaskId, TaskId[]>();
  const add = (parent: TaskId, child: TaskId): void => {
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [child]);
    else list.push(child);
  };
  if (order === "creation")
    for (const task of matches) add(known.has(task.parent) ? task.parent : 0, task.id);
  else {
    const awaited = new Set<TaskId>();
    for (const task of matches)
      for (const child of task.waits.flatMap(({ tasks }) => tasks ?? [])) {
        if (!known.has(child)) continue;
        add(task.id, child);
        awaited.add(child);
      }
    for (const task of matches) if (!awaited.has(task.id)) add(0, task.id);
  }
  const out = pages.map(({ task, offset = 0, limit = 100 }): TreePage => {
    const all = children.get(task) ?? [];
    return { task, offset, children: all.slice(offset, offset + limit), total: all.length };
  });
  if (deep === true) {
    const reached = new Set(out.map(({ task }) => task));
    // Grows while it is walked: breadth first.
    for (const page of out)
      for (const task of page.children) {
        const below = children.get(task);
        if (below === undefined || reached.has(task)) continue;
        reached.add(task);
        out.push({ task, offset: 0, children: below, total: below.length });
      }
  }
  return { pages: out, shown: new Set(out.flatMap((page) => page.children)) };
}

/**
 * Whether a task seen earlier matches.
 * @param now the program's loop clock then
 */
export function matchesFilter(task: TaskNode, filter: TaskNodeFilter, now: number): boolean {
  const { states, olderThan, file } = filter;
  const names = [task.name, task.coroutine];
  const labels = task.waits.map(({ label }) => label);
  return (
    contain([...names, ...labels], filter.text) &&
    contain(names, filter.name) &&
    contain(labels, filter.waitsFor) &&
    (states === undefined || states.includes(task.state)) &&
    (olderThan === undefined || now - task.since >= olderThan) &&
    (file === undefined || isInFile(task, file))
  );
}

function contain(texts: readonly string[], part: string | undefined): boolean {
  return (
    part === undefined || part === "" || texts.some((text) => text.toLowerCase().includes(part.toLowerCase()))
  );
}
