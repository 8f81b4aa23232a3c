import type { GroupId, TaskId, TaskNode, TreeBody } from "@asyncscope/protocol";
import type { GroupTreeModel } from "./group-tree-model.js";
import type { GroupRowNode, MoreNode, TaskRowNode, TaskTreeNode } from "./task-nodes.js";
import type { TaskTreeModel } from "./task-tree-model.js";

/** Pages loaded under one parent before a filter is used to find the task instead. */
const PAGES = 10;

/**
 * Opens everything above a task and returns its row. Finds the way with one request that is filtered in the program,
 * so that it works among any number of tasks. Undefined when the task has gone or stands beyond the first pages of
 * its siblings: then a filter by its name shows it.
 */
export async function findRow(
  model: TaskTreeModel,
  task: Pick<TaskNode, "id" | "name">,
): Promise<TaskRowNode | undefined> {
  const way = await wayTo(model, task);
  let parent: TaskRowNode | undefined;
  for (const id of way ?? []) {
    const row = await findChild(model, parent, id);
    if (!row) return undefined;
    parent = row;
  }
  return parent;
}

/** The same where tasks are grouped: opens the group of the task. */
export async function findMember(
  model: GroupTreeModel,
  task: Pick<TaskNode, "id" | "name">,
): Promise<TaskRowNode | undefined> {
  if (model.status !== "ended") await model.refresh();
  const group = await groupOf(model, task);
  const rows = await model.children();
  const row = rows.find((node): node is GroupRowNode => node.kind === "group" && node.group === group);
  return row && findChild(model, row, task.id);
}

async function groupOf(
  model: GroupTreeModel,
  task: Pick<TaskNode, "id" | "name">,
): Promise<GroupId | undefined> {
  if (model.status === "ended") return undefined;
  const filter = { ...model.filter, name: task.name };
  const { groups } = await model.session.request("asyncscope/groups", { all: true, filter });
  const pages = groups.map(({ id }) => ({ group: id, limit: 1000 }));
  const body = await model.session.request("asyncscope/groups", { all: true, filter, pages, limit: 0 });
  return body.pages.find((page) => page.tasks.includes(task.id))?.group;
}

async function wayTo(
  model: TaskTreeModel,
  task: Pick<TaskNode, "id" | "name">,
): Promise<TaskId[] | undefined> {
  if (model.status === "ended") return wayIn(model.pages, task.id);
  const body = await model.session.request("asyncscope/tree", {
    order: model.order,
    pages: [{ task: 0, limit: 1000 }],
    deep: true,
    limit: 20_000,
    filter: { ...model.filter, text: task.name },
    locations: false,
  });
  return wayIn(body.pages, task.id);
}

/** Breadth first, so that a cycle ends and the shortest way is found. */
function wayIn(pages: TreeBody["pages"], target: TaskId): TaskId[] | undefined {
  const children = new Map<TaskId, TaskId[]>();
  for (const page of pages) children.set(page.task, [...(children.get(page.task) ?? []), ...page.children]);
  const seen = new Set<TaskId>([0]);
  const queue: TaskId[][] = [[]];
  for (let way = queue.shift(); way; way = queue.shift())
    for (const child of children.get(way.at(-1) ?? 0) ?? []) {
      if (child === target) return [...way, child];
      if (!seen.has(child)) {
        seen.add(child);
        queue.push([...way, child]);
      }
    }
  return undefined;
}

async function findChild(
  model: TaskTreeModel | GroupTreeModel,
  parent: TaskTreeNode | undefined,
  task: TaskId,
): Promise<TaskRowNode | undefined> {
  for (let page = 0; page < PAGES; page++) {
    const rows = await model.children(parent);
    const row = rows.find((node): node is TaskRowNode => node.kind === "task" && node.task === task);
    const more = rows.find((node): node is MoreNode => node.kind === "more");
    if (row || !more) return row;
    model.showMore(more);
    await model.refresh();
  }
  return undefined;
}
