import type { ChainBody } from "@asyncscope/protocol";
import type { ChainNode, TaskTreeNode } from "./task-nodes.js";

/** The rows under "await chain". @param ended the program has, and cannot be asked any more */
export function chainRows(chain: ChainNode, body: ChainBody | undefined, ended: boolean): TaskTreeNode[] {
  const { path, task } = chain;
  const note = (text: string): TaskTreeNode[] => [
    { kind: "note", path: `${path}/note`, parent: chain, text },
  ];
  if (!body) return note(ended ? "The program has ended" : "The await chain is not known");
  if (!body.found || body.frames.length === 0) return note("The task has gone on: it waits for nothing now");
  const rows: TaskTreeNode[] = body.frames.map((frame, index) => ({
    kind: "frame",
    path: `${path}/${index}`,
    parent: chain,
    frame,
  }));
  if (body.hidden > 0)
    rows.push({ kind: "more", path: `${path}/more`, parent: chain, task, hidden: body.hidden });
  return rows;
}
