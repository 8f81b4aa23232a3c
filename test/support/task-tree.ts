import assert from "node:assert/strict";
import type { TaskNode, TreeBody } from "@asyncscope/protocol";
import type { Session } from "./dap-session.js";

/** All tasks, by creation. */
export const treeOf = (session: Session): Promise<TreeBody> =>
  session.request("asyncscope/tree", { order: "creation", pages: [{ task: 0 }], deep: true });

/** The task of that name; fails with the names that there are. */
export function named(body: TreeBody, name: string): TaskNode {
  const found = body.tasks.find((task) => task.name === name);
  assert.ok(found, `no task ${name} among ${body.tasks.map((task) => task.name).join(", ")}`);
  return found;
}
