import assert from "node:assert/strict";
import type { TreeArguments } from "@asyncscope/protocol";
import { findRow } from "../../extension/src/tasks/reveal-task.js";
import type { MoreNode, TaskTreeNode } from "../../extension/src/tasks/task-nodes.js";
import { TaskTreeModel } from "../../extension/src/tasks/task-tree-model.js";
import { FakeProgram, task } from "./fake-program.js";
import { settle } from "./fake-timers.js";

describe("The tree of tasks", () => {
  let program: FakeProgram;
  let model: TaskTreeModel;
  let changes: number;
  let clock: number;

  beforeEach(() => {
    program = new FakeProgram();
    changes = 0;
    clock = 0;
    model = new TaskTreeModel(
      program,
      () => (changes += 1),
      () => clock,
    );
  });

  /** The rows as indented text, opened as the editor would: every row that asks to be open. */
  async function text(node?: TaskTreeNode, indent = ""): Promise<string[]> {
    const lines: string[] = [];
    for (const row of await model.children(node)) {
      lines.push(indent + label(row));
      const openable = row.kind === "chain" || (row.kind === "task" && model.hasChildren(row));
      if (openable && model.isOpen(row)) lines.push(...(await text(row, indent + "  ")));
    }
    return lines;
  }

  function label(row: TaskTreeNode): string {
    if (row.kind === "task") return `${model.task(row.task)?.name}${row.cycle ? " (cycle)" : ""}`;
    if (row.kind === "frame") return `@${row.frame.functionName}`;
    if (row.kind === "more") return `more ${row.hidden}`;
    return row.kind === "note" ? row.text : row.kind;
  }

  async function rowOf(name: string, parent?: TaskTreeNode): Promise<TaskTreeNode> {
    const row = (await model.children(parent)).find((each) => label(each) === name);
    assert.ok(row, `no row ${name}`);
    return row;
  }

  it("shows roots with their children, each under its await chain", async () => {
    program.add(task(1, "main"), task(2, "a", { parent: 1 }), task(3, "b", { parent: 1, depth: 0 }));
    await model.refresh();
    assert.deepEqual(await text(), ["main", "  chain", "  a", "  b"]);
    assert.equal(model.hasChildren((await rowOf("b", await rowOf("main"))) as never), false);
  });

  it("asks once per refresh for the roots and everything that is open", async () => {
    program.add(task(1, "main"));
    for (let i = 2; i < 30; i++) program.add(task(i, `t${i}`, { parent: i < 10 ? 1 : i - 8 }));
    await model.refresh();
    const main = await rowOf("main");
    for (const row of await model.children(main)) if (row.kind === "task") await model.children(row);
    program.take("asyncscope/tree");
    program.change(5, { name: "other" });
    await model.refresh();
    const asked = program.take("asyncscope/tree") as TreeArguments[];
    assert.equal(asked.length, 1);
    assert.deepEqual(
      asked[0]!.pages.map((page) => page.task),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(program.requests.length, 0, "nothing else was asked");
  });

  it("asks in one batch for rows that are opened together", async () => {
    program.add(task(1, "a"), task(2, "b"), task(3, "a1", { parent: 1 }), task(4, "b1", { parent: 2 }));
    await model.refresh();
    program.take("asyncscope/tree");
    const roots = await model.children();
    await Promise.all(roots.map((row) => model.children(row)));
    const asked = program.take("asyncscope/tree") as TreeArguments[];
    assert.deepEqual(
      asked.map((each) => each.pages.map((page) => page.task)),
      [[1, 2]],
    );
  });

  it("does not ask for what is closed", async () => {
    program.add(task(1, "main"), task(2, "a", { parent: 1 }));
    await model.refresh();
    const main = await rowOf("main");
    await model.children(main);
    model.collapse(main);
    program.take("asyncscope/tree");
    await model.refresh();
    const [asked] = program.take("asyncscope/tree") as TreeArguments[];
    assert.deepEqual(
      asked!.pages.map((page) => page.task),
      [0],
    );
  });

  it("shows a hundred children at first and says how many are hidden", async () => {
    program.add(task(1, "main", { depth: 0 }));
    for (let i = 0; i < 1250; i++) program.add(task(10 + i, `t${i}`, { parent: 1 }));
    await model.refresh();
    const main = await rowOf("main");
    let rows = await model.children(main);
    assert.equal(rows.length, 101);
    assert.equal(label(rows.at(-1)!), "more 1150");
    for (let page = 0; page < 11; page++) {
      model.showMore(rows.at(-1) as MoreNode);
      await model.refresh();
      rows = await model.children(main);
    }
    assert.equal(label(rows.at(-1)!), "more 50");
    assert.equal(rows.length, 1201);
    const last = (program.take("asyncscope/tree") as TreeArguments[]).at(-1)!;
    assert.ok(
      last.pages.every((page) => (page.limit ?? 0) <= 1000),
      "no page asks for more than 1000",
    );
  });

  it("keeps the same row for the same task, so that the selection stays", async () => {
    program.add(task(1, "main"), task(2, "a", { parent: 1 }));
    await model.refresh();
    const before = await rowOf("a", await rowOf("main"));
    program.change(2, { name: "a", state: "running" });
    await model.refresh();
    assert.equal(await rowOf("a", await rowOf("main")), before);
  });

  it("reports a change only when something changed", async () => {
    program.add(task(1, "main"));
    await model.refresh();
    assert.equal(changes, 1);
    await model.refresh();
    assert.equal(changes, 1);
    program.change(1, { state: "running" });
    await model.refresh();
    assert.equal(changes, 2);
    program.status = "paused";
    await model.refresh();
    assert.equal(changes, 3);
  });

  it("survives tasks that go while they are open", async () => {
    program.add(task(1, "main"), task(2, "a", { parent: 1 }), task(3, "a1", { parent: 2 }));
    await model.refresh();
    const a = await rowOf("a", await rowOf("main"));
    await model.children(a);
    program.remove(3);
    program.remove(2);
    await model.refresh();
    assert.deepEqual(await text(), ["main", "  chain"]);
    assert.deepEqual(await model.children(a), []);
    program.take("asyncscope/tree");
    await model.refresh();
    const [asked] = program.take("asyncscope/tree") as TreeArguments[];
    assert.deepEqual(
      asked!.pages.map((page) => page.task),
      [0, 1],
    );
  });

  describe("ordered by await", () => {
    it("shows a task under everyone who waits for it", async () => {
      const waits = (on: number) => [{ kind: "task" as const, label: "task", since: 0, tasks: [on] }];
      program.add(
        task(1, "a", { waits: waits(3) }),
        task(2, "b", { waits: waits(3) }),
        task(3, "shared", { depth: 0 }),
      );
      model.setOrder("await");
      await model.refresh();
      assert.deepEqual(await text(), ["a", "  chain", "  shared", "b", "  chain", "  shared"]);
    });

    it("shows a cycle once round and ends there", async () => {
      const waits = (on: number) => [{ kind: "task" as const, label: "task", since: 0, tasks: [on] }];
      program.add(
        task(1, "root", { waits: waits(2), depth: 0 }),
        task(2, "a", { waits: waits(3), depth: 0 }),
        task(3, "b", { waits: waits(2), depth: 0 }),
      );
      model.setOrder("await");
      await model.refresh();
      const a = await rowOf("a", await rowOf("root"));
      const b = await rowOf("b", a);
      const again = await rowOf("a (cycle)", b);
      assert.equal(again.kind === "task" && model.hasChildren(again), false);
    });

    it("drops an answer that was asked for in the other order", async () => {
      program.add(task(1, "main"), task(2, "a", { parent: 1 }));
      let open = (): void => undefined;
      program.gate = new Promise((resolve) => (open = resolve));
      const refreshing = model.refresh();
      model.setOrder("await");
      open();
      await refreshing;
      assert.equal(model.hasAnswer, false);
      await model.refresh();
      assert.deepEqual((await model.children()).map(label), ["main", "a"]);
    });
  });

  describe("with a filter", () => {
    beforeEach(() => {
      program.add(task(1, "main"), task(2, "pool", { parent: 1 }), task(3, "worker-1", { parent: 2 }));
      program.add(task(4, "other", { parent: 1 }), ...[5, 6].map((id) => task(id, `x${id}`, { parent: 4 })));
    });

    it("opens what leads to a match and hides the rest, in one request", async () => {
      model.setFilter({ text: "worker" });
      await model.refresh();
      assert.deepEqual(await text(), ["main", "  chain", "  pool", "    chain", "    worker-1"]);
      assert.equal(program.take("asyncscope/tree").length, 1);
    });

    it("gives the whole tree back when it is cleared, and does not call the program empty meanwhile", async () => {
      model.setFilter({ text: "nobody" });
      assert.equal(model.isEmpty, false);
      await model.refresh();
      assert.equal(model.isEmpty, true);
      model.setFilter(undefined);
      assert.equal(model.isEmpty, false);
      await model.refresh();
      assert.deepEqual(await text(), ["main", "  chain", "  pool", "  other"]);
    });
  });

  describe("await chains", () => {
    beforeEach(async () => {
      program.add(task(1, "main", { depth: 2, waits: [{ kind: "sleep", label: "timer", since: 5 }] }));
      program.chains.set(1, {
        found: true,
        hidden: 3,
        frames: [
          { functionName: "inner", kind: "generator" },
          { functionName: "outer", kind: "generator" },
        ],
      });
      await model.refresh();
    });

    const chainRows = async (): Promise<string[]> =>
      (await model.children(await rowOf("chain", await rowOf("main")))).map(label);

    it("are asked for when they are opened, not before", async () => {
      await model.children(await rowOf("main"));
      assert.equal(program.take("asyncscope/chain").length, 0);
      assert.deepEqual(await chainRows(), ["@inner", "@outer", "more 3"]);
      assert.equal(program.take("asyncscope/chain").length, 1);
    });

    it("are read again only when the task has moved", async () => {
      await chainRows();
      program.take("asyncscope/chain");
      program.version += 1;
      await model.refresh();
      assert.equal(program.take("asyncscope/chain").length, 0);
      program.change(1, { since: 99 });
      program.chains.set(1, {
        found: true,
        hidden: 0,
        frames: [{ functionName: "moved", kind: "generator" }],
      });
      await model.refresh();
      assert.deepEqual(await chainRows(), ["@moved"]);
      assert.equal(program.take("asyncscope/chain").length, 1);
    });

    it("say so when the task has gone on", async () => {
      program.chains.delete(1);
      assert.deepEqual(await chainRows(), ["The task has gone on: it waits for nothing now"]);
    });

    it("are longer on demand", async () => {
      await chainRows();
      const chain = await rowOf("chain", await rowOf("main"));
      program.take("asyncscope/chain");
      model.showMore((await model.children(chain)).at(-1) as MoreNode);
      await model.refresh();
      assert.deepEqual(program.take("asyncscope/chain"), [{ task: 1, limit: 250 }]);
    });
  });

  describe("time", () => {
    beforeEach(async () => {
      program.add(task(1, "main"));
      await model.refresh();
    });

    it("goes on between answers without asking", () => {
      clock += 700;
      assert.equal(model.now(), 1700);
      assert.equal(model.ageing, true);
    });

    it("stands still from a change that is not shown yet, and goes on with the next answer", async () => {
      clock += 100;
      model.outdate();
      clock += 700;
      model.outdate();
      assert.equal(model.now(), 1100);
      program.now = 1900;
      program.version += 1;
      await model.refresh();
      clock += 50;
      assert.equal(model.now(), 1950);
    });

    it("stands still while the program is paused", async () => {
      program.status = "paused";
      await model.refresh();
      clock += 700;
      assert.equal(model.now(), 1000);
      assert.equal(model.ageing, false);
    });

    it("stands still at the end", () => {
      clock += 700;
      model.end();
      clock += 10_000;
      assert.equal(model.now(), 1700);
    });
  });

  describe("when the program goes away", () => {
    beforeEach(async () => {
      program.add(task(1, "main"), task(2, "a", { parent: 1 }));
      await model.refresh();
      await text();
    });

    it("keeps the last state", async () => {
      model.end();
      program.failure = new Error("session is gone");
      await model.refresh();
      assert.equal(model.status, "ended");
      assert.deepEqual(await text(), ["main", "  chain", "  a"]);
      assert.equal(model.message, undefined);
    });

    it("keeps it also when the adapter answers once more with nothing", async () => {
      program.status = "ended";
      program.tasks.clear();
      program.version += 1;
      await model.refresh();
      assert.deepEqual(await text(), ["main", "  chain", "  a"]);
      assert.equal(model.counts.suspended, 2);
    });

    it("keeps it also when the adapter has only a part of it", async () => {
      program.status = "ended";
      program.tasks.delete(2);
      await model.refresh();
      assert.deepEqual(await text(), ["main", "  chain", "  a"]);
      assert.equal(model.status, "ended");
    });

    it("takes a last state that the adapter has", async () => {
      program.status = "ended";
      program.change(2, { name: "last" });
      await model.refresh();
      assert.deepEqual(await text(), ["main", "  chain", "  last"]);
    });

    it("keeps the lines of tasks that have not moved, when the last state comes without", async () => {
      const location = { path: "/app/a.ts", line: 3, column: 1 };
      program.change(1, { location, createdAtLocation: location });
      program.change(2, { location });
      await model.refresh();
      program.status = "ended";
      program.add(task(1, "main"), task(2, "a", { parent: 1, since: 99 }));
      await model.refresh();
      assert.deepEqual(model.task(1)?.location, location);
      assert.deepEqual(model.task(1)?.createdAtLocation, location);
      assert.equal(model.task(2)?.location, undefined);
    });

    it("cannot be reordered or filtered into nothing any more", async () => {
      model.end();
      model.setOrder("await");
      model.setFilter({ text: "zzz" });
      assert.deepEqual(await text(), ["main", "  chain", "  a"]);
    });

    it("ignores an answer that comes too late", async () => {
      let open = (): void => undefined;
      program.gate = new Promise((resolve) => (open = resolve));
      const refreshing = model.refresh();
      model.end();
      program.failure = new Error("closed");
      open();
      await refreshing;
      assert.equal(model.status, "ended");
      assert.equal(model.message, undefined);
    });
  });

  it("keeps all rows while the event loop is blocked, whatever the adapter still has", async () => {
    program.add(task(1, "main"), task(2, "a", { parent: 1 }));
    await model.refresh();
    await text();
    const clockAtBlock = model.now();
    program.status = "blocked";
    program.message = "The program does not answer";
    program.tasks.delete(1);
    await model.refresh();
    clock += 5000;
    assert.equal(model.status, "blocked");
    assert.equal(model.message, "The program does not answer");
    assert.deepEqual(await text(), ["main", "  chain", "  a"]);
    assert.equal(model.now(), clockAtBlock);
    program.status = "live";
    program.message = undefined;
    program.add(task(1, "main"));
    await model.refresh();
    assert.equal(model.status, "live");
    assert.equal(model.message, undefined);
  });

  it("shows what is wrong when requests fail, with the last state, and recovers", async () => {
    program.add(task(1, "main"));
    await model.refresh();
    program.failure = new Error("The debug adapter has not answered");
    await model.refresh();
    assert.equal(model.status, "blocked");
    assert.match(model.message ?? "", /has not answered/);
    assert.deepEqual((await model.children()).map(label), ["main"]);
    program.failure = undefined;
    const before = changes;
    await model.refresh();
    assert.equal(model.status, "live");
    assert.equal(changes, before + 1);
  });

  describe("finding a task", () => {
    it("opens everything above it", async () => {
      program.add(task(1, "main"), task(2, "pool", { parent: 1 }), task(3, "worker", { parent: 2 }));
      await model.refresh();
      const row = await findRow(model, { id: 3, name: "worker" });
      const way: unknown[] = [];
      for (let at: TaskTreeNode | undefined = row?.parent; at; at = at.parent)
        way.push(at.kind === "task" && at.task);
      assert.deepEqual(way, [2, 1]);
    });

    it("finds it beyond the first page of its siblings", async () => {
      for (let i = 1; i <= 450; i++) program.add(task(i, `t${i}`));
      await model.refresh();
      assert.equal((await findRow(model, { id: 420, name: "t420" }))?.task, 420);
    });

    it("gives up among too many, so that a filter can show it", async () => {
      for (let i = 1; i <= 1300; i++) program.add(task(i, `t${i}`));
      await model.refresh();
      assert.equal(await findRow(model, { id: 1290, name: "t1290" }), undefined);
    });

    it("knows nothing of a task that has gone", async () => {
      program.add(task(1, "main"));
      await model.refresh();
      assert.equal(await findRow(model, { id: 5, name: "gone" }), undefined);
    });

    it("works on the last state of a program that has ended", async () => {
      program.add(task(1, "main"), task(2, "a", { parent: 1 }));
      await model.refresh();
      await text();
      model.end();
      assert.equal((await findRow(model, { id: 2, name: "a" }))?.task, 2);
    });

    it("is not held up by a cycle", async () => {
      const waits = (on: number) => [{ kind: "task" as const, label: "task", since: 0, tasks: [on] }];
      program.add(task(1, "root", { waits: waits(2) }), task(2, "a", { waits: waits(3) }));
      program.add(task(3, "a-b", { waits: waits(2) }));
      model.setOrder("await");
      await model.refresh();
      await settle();
      assert.equal((await findRow(model, { id: 3, name: "a-b" }))?.level, 2);
    });
  });
});
