import assert from "node:assert/strict";
import type { TaskNode, WaitInfo } from "@asyncscope/protocol";
import { pendingText } from "../../debug-adapter/src/text/pending-text.js";
import { task } from "../extension/fake-program.js";

const NONE = { created: 0, scheduled: 0, running: 0, suspended: 0, done: 0, failed: 0, cancelled: 0 };
const wait = (label: string, rest: Partial<WaitInfo> = {}): WaitInfo => ({
  kind: "queue-get",
  label,
  since: 800,
  ...rest,
});
const suspended = (id: number, name: string, waits: WaitInfo[]): TaskNode =>
  task(id, name, { waits, since: 800, location: { path: "/w/jobs.ts", line: id, column: 1 } });

describe("What is said of a program that ends with pending tasks", () => {
  it("is nothing when none is pending but the one that ended it", () => {
    const running = task(1, "main", { state: "running" });
    assert.equal(
      pendingText({ tasks: [running], counts: { ...NONE, running: 1, done: 3 }, now: 0 }, []),
      undefined,
    );
  });

  it("names the first few, those first that wait for no other task, and what could not wake", () => {
    const tasks = [
      suspended(1, "Task-1", [wait("task worker-2", { kind: "task", tasks: [2] })]),
      ...[2, 3, 4, 5, 6, 7].map((id) => suspended(id, `worker-${id}`, [wait("Queue jobs 0")])),
    ];
    const text = pendingText({ tasks, counts: { ...NONE, suspended: 7 }, now: 2000 }, [
      { kind: "leaked-lock", text: "Task import failed and never released Lock vault." },
      { kind: "unretrieved-error", text: "not this one" },
    ]);
    assert.deepEqual(text?.split("\n"), [
      "7 tasks were still pending when the program ended:",
      "  Task worker-2: waiting: Queue jobs 0, 1.2 s, at jobs.ts:2",
      "  Task worker-3: waiting: Queue jobs 0, 1.2 s, at jobs.ts:3",
      "  Task worker-4: waiting: Queue jobs 0, 1.2 s, at jobs.ts:4",
      "  Task worker-5: waiting: Queue jobs 0, 1.2 s, at jobs.ts:5",
      "  Task worker-6: waiting: Queue jobs 0, 1.2 s, at jobs.ts:6",
      "  and 2 more.",
      "Task import failed and never released Lock vault.",
      "",
    ]);
  });

  it("tells of calls whose promise nobody keeps, also when nothing else was pending or is told", () => {
    const cut = { kind: "floating-promise", text: "Task save was cut off." } as const;
    const stuck = { kind: "wait-cycle", text: "Deadlock: …" } as const;
    const one = {
      tasks: [suspended(1, "save", [wait("timer")])],
      counts: { ...NONE, suspended: 1 },
      now: 900,
    };
    assert.equal(pendingText({ tasks: [], counts: NONE, now: 0 }, [cut]), "Task save was cut off.\n");
    assert.equal(pendingText(one, [cut, stuck], false), "Task save was cut off.\n");
    assert.match(pendingText(one, [cut, stuck])!, /^1 task was still .*\n.*\nTask save .*\nDeadlock: …\n$/);
    const chain = [
      { functionName: "rest", location: { path: "/w/jobs.ts", line: 4, column: 1, functionName: "rest" } },
      { functionName: "save" },
    ];
    assert.equal(
      pendingText(one, [{ ...cut, tasks: [1] }], false, () => chain),
      "Task save was cut off.\n      at rest  jobs.ts:4\n      at save\n",
    );
  });
});
