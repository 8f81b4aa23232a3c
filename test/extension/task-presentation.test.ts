import assert from "node:assert/strict";
import type { TaskNode, TaskState } from "@asyncscope/protocol";
import {
  chainText,
  countsText,
  frameText,
  stateIcon,
  stateText,
  taskAccessibleLabel,
  taskContextValue,
  taskDescription,
  taskLabel,
} from "../../extension/src/tasks/task-presentation.js";
import { taskTooltip } from "../../extension/src/tasks/task-tooltip.js";
import { viewMessage } from "../../extension/src/views/view-message.js";
import { task } from "./fake-program.js";

const location = { path: "/app/worker.ts", line: 12, column: 3, functionName: "worker" };
const created = { path: "/app/main.ts", line: 4, column: 1 };
const waiting = task(1, "worker-1", {
  waits: [{ kind: "queue-get", label: "Queue jobs 3/10", since: 1000 }],
  location,
  createdAtLocation: created,
});

/** Entities back to characters: what the reader of the Markdown sees. */
function read(markdown: string): string {
  return markdown.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

describe("A task's row", () => {
  it("says what it waits for, since when, and where", () => {
    assert.equal(taskDescription(waiting, 2200), "waiting: Queue jobs 3/10 · 1.2 s · worker.ts:12");
  });

  it("says for a timer how long is left", () => {
    const sleeping = task(1, "t", { waits: [{ kind: "sleep", label: "timer", since: 0, due: 5000 }] });
    assert.equal(taskDescription(sleeping, 1200), "waiting: timer · 1.2 s, 3.8 s left");
    assert.equal(taskDescription(sleeping, 6000), "waiting: timer · 6.0 s");
  });

  it("says that there is more than one wait", () => {
    const two = task(1, "t", {
      waits: [
        { kind: "lock", label: "Lock db", since: 0 },
        { kind: "sleep", label: "timer", since: 0 },
      ],
    });
    assert.equal(stateText(two), "waiting: Lock db (+1 more)");
  });

  it("tells every state from every other in words and by icon", () => {
    const states: TaskState[] = [
      "created",
      "scheduled",
      "running",
      "suspended",
      "done",
      "failed",
      "cancelled",
    ];
    const words = states.map((state) => stateText(task(1, "t", { state })));
    assert.equal(new Set(words).size, states.length);
    const icons = states.map((state) => stateIcon(state).icon);
    assert.equal(new Set(icons).size, states.length);
  });

  it("shows the error of a failed task, and that nobody has looked at it", () => {
    const failed = task(1, "t", {
      state: "failed",
      error: "TypeError: x\nis not",
      since: 0,
      unretrieved: true,
    });
    assert.equal(taskDescription(failed, 3000), "failed: TypeError: x is not · 3.0 s · never retrieved");
  });

  it("shows where an unstarted task was created, and nothing wrong for one that waits nowhere known", () => {
    const fresh = task(1, "t", { state: "created", createdAtLocation: created });
    assert.equal(taskDescription(fresh, 50), "created · 50 ms · main.ts:4");
    assert.equal(taskDescription(task(1, "t", { createdAtLocation: created }), 50), "suspended · 50 ms");
  });

  it("shows a requested cancel and a pin", () => {
    assert.equal(
      taskDescription({ ...waiting, cancelling: 1, threadId: 7 }, 1000),
      "waiting: Queue jobs 3/10 · 0 ms · cancel requested · pinned · worker.ts:12",
    );
  });

  it("is never without a name", () => {
    assert.equal(taskLabel(task(7, "\u202e\u0000")), "Task-7");
    assert.equal(taskLabel(task(7, "a\u001b[31mb")), "ab");
  });

  it("reads as one sentence for a screen reader", () => {
    assert.equal(
      taskAccessibleLabel(waiting, 2200),
      "Task worker-1, waiting: Queue jobs 3/10, 1.2 s, worker.ts:12",
    );
  });

  it("offers in menus only what can be done with it", () => {
    assert.equal(taskContextValue(waiting), "task alive unpinned located created");
    assert.equal(taskContextValue(task(1, "t", { state: "done", threadId: 3 })), "task finished pinned");
  });
});

describe("A task's hover", () => {
  const names = (id: number) => (id === 9 ? "par*ent" : undefined);

  it("holds coroutine, waits, creation, parent, cancel requests and error", () => {
    const text = read(
      taskTooltip(
        {
          ...waiting,
          state: "suspended",
          parent: 9,
          cancelling: 2,
          cancelledBy: { task: 0, site: 0, message: "too slow" },
          waits: [{ kind: "task", label: "task", since: 1000, tasks: [9, 10], taskCount: 30 }],
          createdIsInferred: true,
          childCount: 1234,
        },
        2200,
        names,
      ),
    );
    for (const part of [
      "worker-1",
      "Coroutine: work, generator coroutine",
      "Waits for: task, for 1.2 s, par*ent (task 9), task 10 and 28 more",
      "Stands at: worker.ts:12 in worker",
      "Created: at main.ts:4 (inferred from its siblings), 2.2 s ago, by par*ent (task 9)",
      "Children: 1,234",
      "Cancel requests: 2",
      "Cancelled by: code outside any task: too slow",
    ])
      assert.ok(text.includes(part), `${part}\nin\n${text}`);
  });

  it("says that nobody awaits its promise, and where it was called", () => {
    const hover = (more: Partial<TaskNode>): string =>
      read(taskTooltip({ ...waiting, floating: true, ...more }, 2200, names));
    assert.match(hover({}), /^Floating: called at main\.ts:4.*, where nobody awaits its promise *$/m);
    const { createdAtLocation: _, ...unknown } = { ...waiting, floating: true };
    assert.match(read(taskTooltip(unknown, 2200, names)), /^Floating: nobody awaits its promise *$/m);
    assert.doesNotMatch(hover({ floating: false }), /Floating/);
    assert.doesNotMatch(hover({ state: "done" }), /Floating/);
  });

  it("leaves no markup of the program's alive", () => {
    const evil = "[x](command:a) **b** <img src=x> `c` http://e.example $(zap)";
    const text = taskTooltip(
      task(1, evil, {
        state: "failed",
        coroutine: evil,
        error: evil,
        location: { path: `/${evil}`, line: 1, column: 1, functionName: evil },
        cancelledBy: { task: 9, site: 0, message: evil },
        waits: [{ kind: "other", label: evil, since: 0 }],
        unretrieved: true,
      }),
      0,
      () => evil,
    );
    const own = text.replace(/&#\d+;/g, "").replace(/\*\*/g, "");
    assert.doesNotMatch(own, /[[\]<>`$]|https?:|command:/);
  });
});

describe("Counts, frames and chains", () => {
  it("the title counts the suspended ones first and leaves out what is zero", () => {
    assert.equal(
      countsText({ running: 1, suspended: 1200, done: 0, failed: 2 }),
      "1,200 suspended · 1 running · 2 failed",
    );
    assert.equal(countsText({}), "");
  });

  it("a frame has a name and a place, or says that it has none", () => {
    assert.deepEqual(frameText({ functionName: "worker", kind: "generator", location }), {
      label: "worker",
      description: "worker.ts:12",
    });
    assert.deepEqual(frameText({ functionName: "", kind: "native" }), {
      label: "(anonymous)",
      description: "native code",
    });
  });

  it("a copied chain reads like a stack trace, and says what was left out", () => {
    assert.equal(
      chainText(waiting, 61_000, [{ functionName: "worker", location }, { functionName: "" }], 1),
      "worker-1 (waiting: Queue jobs 3/10, since 1 min)\n" +
        "    at worker (/app/worker.ts:12:3)\n" +
        "    at (anonymous)\n" +
        "    … 1 frame more\n",
    );
  });
});

describe("The line above the rows", () => {
  const base = { status: "live", message: undefined, hasAnswer: true, empty: false, what: "tasks" } as const;

  it("is absent when all is well", () => assert.equal(viewMessage(base), ""));

  it("says that the program has ended, and whether this is what was seen last", () => {
    assert.match(viewMessage({ ...base, status: "ended" }), /has ended: this is the last state/);
    assert.match(viewMessage({ ...base, status: "ended", empty: true }), /has ended: no tasks were seen/);
  });

  it("says that the program has not loaded the runtime, unless the adapter knows better", () => {
    assert.match(
      viewMessage({ ...base, status: "none", empty: true }),
      /not loaded the asyncscope runtime yet/,
    );
    assert.equal(
      viewMessage({ ...base, status: "none", message: "Node 18 is too old" }),
      "Node 18 is too old",
    );
    assert.match(
      viewMessage({ ...base, status: "none", hasAnswer: false, empty: true }),
      /Waiting for the program/,
    );
  });

  it("says that the loop is blocked", () => {
    assert.match(viewMessage({ ...base, status: "blocked" }), /event loop is blocked/);
  });

  it("shows the filter, that nothing matches, and what a limit hides", () => {
    assert.equal(viewMessage({ ...base, filter: "worker" }), "Filter: worker");
    assert.equal(viewMessage({ ...base, empty: true, filter: "worker" }), "Filter: worker (nothing matches)");
    assert.match(viewMessage({ ...base, filter: "w", hidden: 5000 }), /5,000 tasks beyond the limit/);
  });
});
