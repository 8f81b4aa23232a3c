import assert from "node:assert/strict";
import { createTask, currentTask, Queue, run, sleep, type Task } from "asyncscope";
import { collectGarbageUntil } from "../support/runtime-gc.js";
import { fixtureSays } from "./support/program.js";
import {
  enable,
  inspector,
  onVirtualClock,
  outline,
  resources,
  task,
  tree,
  watched,
} from "./support/watched.js";

describe("What the inspector keeps", () => {
  it("is the last 200 finished tasks", async () => {
    await watched(function* () {
      for (let i = 0; i < 1000; i++) createTask(sleep(0), { name: `t${i}` });
      yield* sleep(1);
      const { counts, tasks } = tree({ deep: true, limit: 20_000 });
      assert.equal(counts.done, 200);
      assert.deepEqual(
        tasks.filter(({ state }) => state === "done").map(({ name }) => name),
        Array.from({ length: 200 }, (_, i) => `t${800 + i}`),
      );
    });
  });

  it("is of each finished task its own story, not that of one that is shown no more", async () => {
    await watched(function* () {
      const victim = createTask(sleep(1000), { name: "victim" });
      const failing = createTask(
        function* () {
          createTask(sleep(1000), { name: "orphan" });
          yield* sleep(0);
          throw new Error("its own");
        },
        { name: "failing" },
      );
      yield* sleep(0);
      victim.cancel("its own");
      yield* sleep(1);
      assert.equal(task("failing").error, "Error: its own");
      assert.equal(task("failing").childCount, 1);
      assert.equal(task("victim").cancelledBy?.message, "its own");
      failing.exception();
      // Each of these ends after another has gone.
      for (let round = 0; round < 3; round++)
        for (let i = 0; i < 250; i++) {
          createTask(sleep(0), { name: `t${i}` });
          yield* sleep(0);
        }
      yield* sleep(1);
      const { tasks, counts } = tree({ deep: true, limit: 20_000 });
      assert.deepEqual([counts.cancelled, counts.failed], [0, 1], "the one with a task of its own stays");
      const ended = tasks.filter(({ state }) => state === "done");
      assert.equal(ended.length, 200);
      for (const info of ended) {
        assert.deepEqual([info.error, info.cancelledBy, info.unretrieved], [undefined, undefined, undefined]);
        assert.equal(info.childCount, 0);
        assert.match(info.name, /^t\d+$/);
      }
    });
  });

  it("is bounded also when each task starts the next one and ends", async () => {
    await watched(function* () {
      let left = 5000;
      let last: Task<void> | null = null;
      const next = (): void => {
        last = createTask(
          function* () {
            if (left-- > 0) next();
            yield* sleep(0);
          },
          { name: `t${left}` },
        );
      };
      next();
      while (left > 0) yield* sleep(0);
      const { counts, tasks } = tree({ deep: true, limit: 20_000 });
      assert.ok(counts.done <= 1200, `${counts.done} finished tasks are kept`);
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      assert.equal(tasks.length, total, "all that are counted are in the tree");
      // Those that lost their parent hang on the main task, not nowhere.
      const ids = new Set(tasks.map(({ id }) => id));
      for (const { parent, name } of tasks)
        assert.ok(parent === 0 || ids.has(parent), `the parent of ${name}`);
      assert.notEqual(last, null);
    });
  });

  it("does not contain results of finished tasks", async () => {
    inspector.disable();
    enable();
    await run(async () => {
      const results: WeakRef<object>[] = [];
      const tasks: WeakRef<Task<unknown>>[] = [];
      const start = (): void => {
        for (let i = 0; i < 20; i++)
          tasks.push(
            new WeakRef(
              createTask(async () => {
                const result = { big: new Array(1000).fill(i) };
                results.push(new WeakRef(result));
                await sleep(1);
                if (i % 2 === 0) return result;
                throw Object.assign(new Error("failed"), { result });
              }),
            ),
          );
      };
      start();
      const unfinished = ({ created, scheduled, suspended } = tree().counts): number =>
        created + scheduled + suspended;
      while (unfinished() > 0) await sleep(5);
      currentTask()!
        .getLoop()
        .setExceptionHandler(() => undefined);
      assert.equal(tree().counts.done, 10);
      await collectGarbageUntil(
        () =>
          results.every((ref) => ref.deref() === undefined) &&
          tasks.every((ref) => ref.deref() === undefined),
        "results, errors and tasks are gone",
      );
      assert.equal(tree().counts.done, 10);
      assert.equal(tree({ deep: true }).tasks.filter(({ error }) => error === "Error: failed").length, 10);
    });
    inspector.disable();
  });

  it("gives a failed task and its error while the program has them", async () => {
    await watched(function* () {
      const error = new Error("kept");
      const failed = createTask(
        function* () {
          throw error;
        },
        { name: "failed" },
      );
      const running = createTask(sleep(10), { name: "running" });
      yield* sleep(1);
      assert.equal(inspector.error(task("failed").id), error);
      assert.equal(inspector.taskObject(task("failed").id), failed);
      assert.equal(inspector.taskObject(task("running").id), running);
      assert.equal(inspector.error(task("running").id), undefined);
      assert.equal(failed.exception(), error);
    });
  });
});

describe("Watching a program that runs already", () => {
  it("takes in the tasks that are there, in the order of their creation", async () => {
    inspector.disable();
    await onVirtualClock(function* () {
      for (const name of ["a", "b"]) createTask(sleep(100), { name });
      yield* sleep(10);
      const hello = enable();
      assert.equal(hello.enabled, true);
      createTask(sleep(100), { name: "c" });
      // Who created those from before is not known.
      assert.deepEqual(outline("creation"), ["main", "  c", "a", "b"]);
      assert.equal(task("a").createdAt, 10);
      assert.equal(task("a").waits[0]!.due, 100);
      yield* sleep(200);
      assert.equal(task("a").state, "done");
      assert.equal(tree().counts.running, 1);
      inspector.disable();
    });
  });

  it("starts by itself when it is asked something", async () => {
    inspector.disable();
    await onVirtualClock(function* () {
      assert.equal((JSON.parse(inspector.hello()) as { enabled: boolean }).enabled, false);
      assert.equal(tree().tasks[0]!.name, "main");
      assert.equal((JSON.parse(inspector.hello()) as { enabled: boolean }).enabled, true);
      yield* sleep(0);
      inspector.disable();
    });
  });

  it("is not led astray by a question in the middle of its start", async () => {
    assert.deepEqual(await fixtureSays<string[][]>("asked-while-starting.mjs"), [
      ["Task-1", "before"],
      ["Task-1", "before", "after"],
    ]);
  });

  it("ends without a trace, and can start anew", async () => {
    inspector.disable();
    await onVirtualClock(function* () {
      enable();
      const jobs = new Queue<number>(0, { name: "jobs" });
      const child = createTask(jobs.get(), { name: "child" });
      const ended = createTask(sleep(0), { name: "ended" });
      yield* sleep(1);
      const version = tree().version;
      inspector.disable();
      assert.equal(child._record, null);
      assert.equal(currentTask()!._record, null);
      createTask(sleep(1000), { name: "unseen" });
      yield* sleep(1);
      assert.deepEqual(inspector.items(1, 0, 10), []);
      assert.equal(inspector.taskObject(1), undefined);
      enable();
      const reply = tree();
      assert.deepEqual(
        reply.tasks.map(({ name, state }) => `${name} ${state}`),
        ["main running", "child suspended", "unseen suspended"],
      );
      assert.ok(reply.version <= version, "it is a new registry");
      // What had ended before is not mistaken for one of the new list.
      assert.equal(ended.done(), true);
      assert.equal(resources().tasks.length, 1);
      inspector.disable();
    });
  });

  it("keeps nothing of the old list alive when it ends", async () => {
    inspector.disable();
    enable();
    let held: Task<void> | null = null;
    await run(async () => {
      held = createTask(sleep(1), { name: "held by the program" });
      const other = new WeakRef(createTask(sleep(2), { name: "other" }));
      await sleep(10);
      const records = new WeakRef(held._record!);
      inspector.disable();
      await collectGarbageUntil(() => other.deref() === undefined, "the other task is gone");
      // The record itself may stay with its task, but nothing hangs on it.
      const record = records.deref() as { parent: unknown; after: unknown } | undefined;
      if (record !== undefined) assert.deepEqual([record.parent, record.after], [null, null]);
    });
    assert.notEqual(held, null);
  });
});
