import type { GroupNode, GroupsArguments, GroupsBody, TaskId, TaskNode } from "@asyncscope/protocol";
import { matchesFilter } from "./ended-tree.js";
import { distinct } from "./place-groups.js";

const DEFAULT_GROUPS = 200;

/** Groups the tasks of a reply seen earlier, when the program can no longer be asked. */
export function endedGroups(
  tasks: readonly TaskNode[],
  functionsOf: (task: TaskId) => readonly string[] | undefined,
  now: number,
  { all = false, filter, limit = DEFAULT_GROUPS, pages = [] }: GroupsArguments,
): Pick<GroupsBody, "groups" | "total" | "grouped" | "hiddenTasks" | "pages" | "tasks"> {
  const shown = tasks.filter(
    (task) =>
      (all || task.state === "suspended") && (filter === undefined || matchesFilter(task, filter, now)),
  );
  const byKey = new Map<string, { readonly functions: readonly string[]; readonly members: TaskNode[] }>();
  for (const task of shown) {
    const functions = functionsOf(task.id) ?? [task.coroutine];
    const { kind, resource } = task.waits[0] ?? {};
    const at = task.state === "suspended" ? task.location : undefined;
    const key = JSON.stringify([task.state, functions, kind, resource, at?.path, at?.line]);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, { functions, members: [task] });
    else known.members.push(task);
  }
  const groups = [...byKey.values()].map(({ functions, members }) => groupOf(functions, members));
  const rank = ({ state }: GroupNode): number => Number(["done", "failed", "cancelled"].includes(state));
  groups.sort((a, b) => rank(a) - rank(b) || b.count - a.count);
  const listed = groups.slice(0, limit);
  const found = pages.map(({ group, offset = 0, limit: size = 100 }) => {
    const members = [...byKey.values()].find((each) => each.members[0]!.id === group)?.members ?? [];
    const page = members.slice(offset, offset + size).map(({ id }) => id);
    return { group, offset, tasks: page, total: members.length };
  });
  const named = new Set(found.flatMap((page) => page.tasks));
  return {
    groups: listed,
    total: groups.length,
    grouped: shown.length,
    hiddenTasks: shown.length - listed.reduce((sum, { count }) => sum + count, 0),
    pages: found,
    tasks: tasks.filter(({ id }) => named.has(id)),
  };
}

/** Its id is that of its first task: the last state does not change any more. */
function groupOf(functions: readonly string[], members: readonly TaskNode[]): GroupNode {
  const first = members[0]!;
  const since = (task: TaskNode): number => task.waits[0]?.since ?? task.since;
  const oldest = members.reduce((a, b) => (since(b) < since(a) ? b : a));
  const wait = oldest.waits[0];
  return {
    id: first.id,
    functions,
    state: first.state,
    kind: wait?.kind ?? "other",
    label: wait?.label ?? "",
    ...(wait?.resource === undefined ? {} : { resource: wait.resource }),
    site: wait?.site ?? 0,
    count: members.length,
    since: since(oldest),
    oldest: oldest.id,
    samples: members.slice(0, 5).map(({ id }) => id),
    locations: distinct(members.map(({ location }) => location)),
  };
}
