import type { TaskId, TreeArguments, TreePage, TreeReply } from "@asyncscope/protocol";

/** Answers a query for pages of the tree from a reply seen earlier, when the program can no longer be asked. */
export function endedPages(
  last: TreeReply,
  { order, pages, filter, deep }: TreeArguments,
): { readonly pages: TreePage[]; readonly shown: ReadonlySet<TaskId> } {
  const known = new Set(last.tasks.map(({ id }) => id));
  const text = filter?.text?.toLowerCase() ?? "";
  const matches = last.tasks.filter(
    ({ name, coroutine, state, waits }) =>
      [name, coroutine, ...waits.map(({ label }) => label)].some((part) =>
        part.toLowerCase().includes(text),
      ) &&
      (filter?.states === undefined || filter.states.includes(state)),
  );
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
