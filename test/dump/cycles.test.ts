import assert from "node:assert/strict";
import type { TaskInfo, WaitInfo } from "@asyncscope/protocol";
import { waitCycles } from "../../debug-adapter/src/dump/cycles.js";

const task = (id: number, ...waits: Partial<WaitInfo>[]): TaskInfo => ({
  id,
  name: `t${id}`,
  state: "suspended",
  coroutine: "",
  form: "generator",
  parent: 0,
  created: 0,
  createdAt: 0,
  since: 0,
  waits: waits.map((wait) => ({ kind: "task", label: "", since: 0, ...wait })),
  depth: 1,
  cancelling: 0,
  childCount: 0,
});
const ids = (tasks: TaskInfo[], owners: Readonly<Record<number, number>> = {}): number[][] =>
  waitCycles(
    tasks,
    Object.entries(owners).map(([id, owner]) => ({ id: Number(id), owner })),
  ).map((cycle) => cycle.map(({ id }) => id));

describe("tasks that wait for each other", () => {
  it("are found through tasks and through locks, once, from the oldest on", () => {
    const tasks = [
      task(3, { tasks: [1] }),
      task(1, { kind: "lock", resource: 7 }),
      task(2, { kind: "lock", resource: 8 }),
      task(4, { tasks: [1] }),
    ];
    assert.deepEqual(ids(tasks, { 7: 2, 8: 3 }), [[1, 2, 3]]);
  });

  it("are none where a lock is free, a timer ends the wait, or any of several is enough", () => {
    assert.deepEqual(ids([task(1, { resource: 7 })], { 7: 0 }), []);
    assert.deepEqual(ids([task(1, { tasks: [2] }), task(2, { tasks: [1], due: 5 })]), []);
    assert.deepEqual(ids([task(1, { tasks: [2] }), task(2, { tasks: [1], kind: "wait" })]), []);
  });

  it("may be one alone, and stand beside others; chains of any length are looked through", () => {
    const long = Array.from({ length: 50_000 }, (_, i) => task(i + 10, { tasks: [i + 11] }));
    const tasks = [task(1, { tasks: [1] }), task(2, { tasks: [3] }), task(3, { tasks: [2] }), ...long];
    assert.deepEqual(ids(tasks), [[1], [2, 3]]);
  });
});
