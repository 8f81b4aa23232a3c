import assert from "node:assert/strict";
import type { TaskNode, TaskState, TreeBody } from "@asyncscope/protocol";
import { renderTree } from "@asyncscope/debug-adapter/text/terminal-tree";

const COUNTS = { created: 0, scheduled: 0, running: 0, suspended: 0, done: 0, failed: 0, cancelled: 0 };
const PLAIN = { width: 100, height: 40, color: false, folder: "/work" };

function task(id: number, name: string, state: TaskState, more: Partial<TaskNode> = {}): TaskNode {
  return {
    id,
    name,
    state,
    coroutine: name,
    form: "generator",
    parent: 0,
    created: 0,
    createdAt: 0,
    since: 0,
    waits: [],
    depth: 1,
    cancelling: 0,
    childCount: 0,
    ...more,
  };
}

/** A tree from who has which children; `total` larger than the list stands for children that were not asked for. */
function tree(tasks: TaskNode[], children: Record<number, number[]>, more: Partial<TreeBody> = {}): TreeBody {
  return {
    status: "live",
    now: 1500,
    version: 1,
    pages: Object.entries(children).map(([parent, ids]) => ({
      task: Number(parent),
      offset: 0,
      children: ids,
      total: ids.length,
    })),
    tasks,
    counts: { ...COUNTS, suspended: tasks.length },
    hidden: 0,
    ...more,
  };
}

describe("the task tree in a terminal", () => {
  it("shows who created whom, what each waits for, since when and where", () => {
    const wait = { kind: "queue-get", label: "Queue jobs 0/3", since: 0 } as const;
    const location = { path: "/work/src/a.ts", line: 7, column: 1 };
    const body = tree(
      [
        task(1, "main", "suspended"),
        task(2, "reader", "suspended", { waits: [wait], location }),
        task(3, "writer", "running", { since: 1400 }),
      ],
      { 0: [1], 1: [2, 3] },
    );
    assert.deepEqual(renderTree(body, PLAIN), [
      "Tasks: 3 suspended",
      "◌ main  suspended · 1.5 s",
      "├─ ◌ reader  waiting: Queue jobs 0/3 · 1.5 s · src/a.ts:7",
      "└─ ▶ writer  running",
    ]);
  });

  it("says for a timer how long is left", () => {
    const wait = { kind: "sleep", label: "timer", since: 0, due: 5000 } as const;
    const lines = renderTree(tree([task(1, "nap", "suspended", { waits: [wait] })], { 0: [1] }), PLAIN);
    assert.equal(lines[1], "◌ nap  waiting: timer · 1.5 s, 3.5 s left");
  });

  it("shows what a task of a cycle waits for once and ends", () => {
    const body = tree([task(1, "a", "suspended"), task(2, "b", "suspended")], { 0: [1], 1: [2], 2: [1] });
    assert.deepEqual(renderTree(body, PLAIN).slice(1), [
      "◌ a  suspended · 1.5 s",
      "└─ ◌ b  suspended · 1.5 s",
      "   └─ ◌ a  (see above)",
    ]);
  });

  it("says what was left out: tasks that were not sent, and lines that do not fit", () => {
    const tasks = Array.from({ length: 30 }, (_, index) => task(index + 1, `task-${index + 1}`, "suspended"));
    const all = tasks.map(({ id }) => id);
    const body = {
      ...tree(tasks, {}),
      pages: [{ task: 0, offset: 0, children: all, total: 100 }],
      hidden: 70,
    };
    const lines = renderTree(body, { ...PLAIN, height: 10 });
    assert.equal(lines.length, 10);
    assert.match(lines[0]!, /70 not shown/);
    assert.equal(lines.at(-1), "… 23 more lines (the editor shows all)");
    assert.ok(renderTree(body, PLAIN).includes("└─ … 70 more"));
  });

  it("lets no name of the program steer the terminal", () => {
    const evil = "x\u001B[2J\u0007\u202Ey\n";
    const text = renderTree(tree([task(1, evil, "failed", { error: evil })], { 0: [1] }), PLAIN).join("|");
    assert.doesNotMatch(text, /[\u0000-\u001F\u202E]/);
    assert.match(text, /✖ x y {2}failed: x y/);
  });

  it("keeps within the width", () => {
    const body = tree([task(1, "n".repeat(300), "suspended")], { 0: [1] });
    for (const line of renderTree(body, { ...PLAIN, width: 60 })) assert.ok(line.length < 60, line);
  });
});
