import type { TaskId, TaskInfo, TreeQuery } from "@asyncscope/protocol";
import type { TaskBackend } from "./backend.js";

/**
 * The task as the program has it now, or undefined.
 * @param known what was seen of it earlier: its siblings are then enough to find it again.
 */
export async function findTask(
  backend: TaskBackend,
  id: TaskId,
  known?: TaskInfo,
): Promise<TaskInfo | undefined> {
  const among = async (query: Omit<TreeQuery, "order">): Promise<TaskInfo | undefined> =>
    (await backend.tree({ order: "creation", ...query })).tasks.find((task) => task.id === id);
  if (known !== undefined) {
    const sibling = await among({ pages: [{ task: known.parent, limit: 1000 }], limit: 1000 });
    if (sibling !== undefined) return sibling;
    if (!(await backend.chain(id, 1)).found) return undefined;
    const named = await among({
      pages: [{ task: 0 }],
      deep: true,
      limit: 1000,
      filter: { text: known.name },
    });
    if (named !== undefined) return named;
  }
  return among({ pages: [{ task: 0, limit: 1000 }], deep: true, limit: 20_000 });
}
