import assert from "node:assert/strict";
import { createTask, coro, currentTask, Future, sleep, unregisterTask, type Task } from "asyncscope";
import type { TreeReply } from "@asyncscope/protocol";
import { enable, inspector, outline, task, tree, watched } from "./support/watched.js";

/** More than are taken in one by one, and more than finished tasks are kept. */
const MANY = 300;

const forever = coro(function* forever() {
  yield* new Future<void>();
});

function start(count: number, prefix: string): Task<void>[] {
  return Array.from({ length: count }, (_, i) => createTask(forever(), { name: `${prefix}${i}` }));
}

const names = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i}`);

describe("Tasks that nobody has asked for yet", () => {
  it("are shown in the order of their creation, those that have ended meanwhile first", async () => {
    await watched(function* () {
      start(100, "a");
      for (let i = 0; i < MANY; i++) createTask(sleep(0), { name: `short${i}` });
      start(100, "b");
      yield* sleep(1);
      const shown = outline("creation").map((line) => line.trim());
      assert.deepEqual(shown, [
        "main",
        ...names("short", 100, MANY),
        ...names("a", 0, 100),
        ...names("b", 0, 100),
      ]);
      const { counts, tasks } = tree({ deep: true, limit: 20_000 });
      assert.deepEqual([counts.done, counts.suspended], [200, 200]);
      const main = task("main").id;
      for (const { name, parent, createdAt } of tasks)
        if (name !== "main") assert.deepEqual([parent, createdAt], [main, 0]);
      const short = task("short299");
      assert.deepEqual([short.state, short.coroutine, short.childCount], ["done", "sleep", 0]);
    });
  });

  it("keep their parent when it ends before them", async () => {
    await watched(function* () {
      start(MANY, "before");
      createTask(
        function* () {
          start(MANY, "child");
          yield* sleep(0);
        },
        { name: "parent" },
      );
      yield* sleep(1);
      for (let i = 0; i < 2 * MANY; i++) createTask(sleep(0));
      yield* sleep(1);
      assert.deepEqual([task("parent").state, task("parent").childCount], ["done", MANY]);
      assert.equal(task("child299").parent, task("parent").id);
    });
  });

  it("let their parent go when they have ended too", async () => {
    await watched(function* () {
      start(MANY, "before");
      createTask(
        function* () {
          for (let i = 0; i < 100; i++) createTask(sleep(1), { name: `child${i}` });
        },
        { name: "parent" },
      );
      yield* sleep(2);
      for (let i = 0; i < 2 * MANY; i++) createTask(sleep(0), { name: `short${i}` });
      yield* sleep(1);
      assert.deepEqual(
        outline("creation").map((line) => line.trim()),
        ["main", ...names("before", 0, MANY), ...names("short", 400, 600)],
      );
    });
  });

  it("move up when too many finished tasks stand above others", async () => {
    await watched(function* () {
      start(MANY, "before");
      const step = coro(function* step(left: number): Generator<never, void, unknown> {
        createTask(forever(), { name: `left${left}` });
        if (left > 0) createTask(step(left - 1), { name: `step${left - 1}` });
      });
      createTask(step(1500), { name: "first" });
      yield* sleep(1);
      const { counts } = tree();
      assert.equal(counts.suspended, MANY + 1501);
      assert.ok(counts.done <= 1200, `${counts.done} finished tasks are kept`);
      const main = task("main").id;
      assert.equal(task("left1500").parent, main, "its creator has gone");
      assert.equal(task("left0").parent, task("step0").id);
    });
  });

  it("know who cancelled them, when many are cancelled alike", async () => {
    await watched(function* () {
      const tasks = start(MANY, "t");
      const deaf = createTask(
        function* () {
          for (;;)
            try {
              yield* forever();
            } catch {
              // It goes on.
            }
        },
        { name: "deaf" },
      );
      yield* sleep(5);
      for (const each of tasks) each.cancel("enough");
      deaf.cancel("enough");
      yield* sleep(5);
      deaf.cancel("once more");
      yield* sleep(0);
      const main = task("main").id;
      assert.deepEqual(task("t299").cancelledBy, { task: main, site: 0, message: "enough" });
      assert.deepEqual([task("t299").state, task("deaf").state], ["cancelled", "suspended"]);
      assert.deepEqual(task("deaf").cancelledBy, { task: main, site: 0, message: "once more" });
      assert.equal(tree().counts.cancelled, 200);
    });
  });

  it("are told apart where only some were cancelled", async () => {
    await watched(function* () {
      const tasks = start(MANY, "t");
      yield* sleep(0);
      for (let i = 0; i < MANY; i += 3) tasks[i]!.cancel(`number ${i}`);
      assert.equal(task("t3").cancelledBy!.message, "number 3");
      assert.equal(task("t4").cancelledBy, undefined);
      assert.equal(task("t299").cancelledBy, undefined);
    });
  });

  it("show the error of one that fails among them", async () => {
    await watched(function* () {
      start(MANY, "t");
      const failing = createTask(
        function* () {
          yield* sleep(0);
          throw new Error("its own");
        },
        { name: "failing" },
      );
      yield* sleep(1);
      assert.deepEqual([task("failing").state, task("failing").error], ["failed", "Error: its own"]);
      failing.exception();
    });
  });

  it("are found also when the program has taken them out of the list of its loop", async () => {
    await watched(function* () {
      const tasks = start(MANY, "t");
      unregisterTask(tasks[7]!);
      yield* sleep(0);
      assert.equal(task("t7").state, "suspended");
      assert.equal(tree().counts.suspended, MANY);
    });
  });

  it("are those of whoever watches next, when nobody asked the first one", async () => {
    await watched(function* () {
      start(MANY, "t");
      yield* sleep(0);
      inspector.disable();
      enable();
      start(MANY, "u");
      yield* sleep(0);
      assert.equal(tree().counts.suspended, 2 * MANY);
      assert.equal(task("u299").parent, task("main").id);
      assert.equal(currentTask()!.name, "main");
    });
  });

  it("are counted in a page of the tree that needs only the oldest of very many", async () => {
    await watched(function* () {
      const total = 250_000;
      start(total, "t");
      yield* sleep(0);
      const first = tree();
      assert.deepEqual([first.counts.suspended, first.counts.created + first.counts.scheduled], [total, 0]);
      const names = (reply: TreeReply) =>
        reply.pages[0]!.children.map((id) => reply.tasks.find((info) => info.id === id)!.name);
      const page = { task: task("main").id, offset: 5, limit: 2 };
      const oldest = tree({ pages: [page] });
      assert.deepEqual([names(oldest), oldest.pages[0]!.total], [["t5", "t6"], total]);
      const newest = tree({ pages: [{ ...page, offset: total - 2, limit: 10 }] });
      assert.deepEqual([names(newest), newest.pages[0]!.total], [[`t${total - 2}`, `t${total - 1}`], total]);
      start(total, "u");
      const { tasks } = tree({ deep: true, filter: { text: `u${total - 1}` } });
      assert.deepEqual(
        tasks.map(({ name }) => name),
        ["main", `u${total - 1}`],
      );
    });
  });
});
