import assert from "node:assert/strict";
import { setTimeout as nodeSleep } from "node:timers/promises";
import { createTask, currentTask, Future, run, sleep, type Task } from "asyncscope";
import type { WaitInfo, WaitKind } from "@asyncscope/protocol";
import { turns } from "../support/turns.js";
import { enable, inspector, onVirtualClock, task, tree, watched } from "./support/watched.js";

describe("The state of a task", () => {
  it("is created until its code runs, and running as seen from inside itself", async () => {
    await watched(function* () {
      let inside = "";
      const child = createTask(
        function* () {
          inside = task("child").state;
          yield* sleep(0);
        },
        { name: "child" },
      );
      assert.equal(task("child").state, "created");
      assert.equal(task("child").depth, 0);
      yield* child;
      assert.equal(inside, "running");
    });
  });

  it("is scheduled after a bare yield and after what it waited for is there", async () => {
    await watched(function* () {
      const future = new Future<void>();
      createTask(
        function* () {
          for (;;) yield* sleep(0);
        },
        { name: "yielding" },
      );
      createTask(
        function* () {
          yield* future;
        },
        { name: "woken" },
      );
      yield* sleep(0);
      assert.equal(task("yielding").state, "scheduled");
      assert.deepEqual(task("yielding").waits, []);
      assert.equal(task("woken").state, "suspended");
      future.setResult();
      assert.equal(task("woken").state, "scheduled");
      assert.deepEqual(task("woken").waits, []);
    });
  });

  it("is the same for async functions", async () => {
    await watched(function* () {
      const future = new Future<void>();
      createTask(
        async () => {
          for (;;) await sleep(0);
        },
        { name: "yielding" },
      );
      createTask(async () => future, { name: "woken" });
      yield* turns(3);
      assert.equal(task("yielding").state, "scheduled");
      assert.equal(task("woken").state, "suspended");
      assert.equal(task("woken").form, "async");
      future.setResult();
      assert.equal(task("woken").state, "scheduled");
      yield* turns(3);
      assert.equal(task("woken").state, "done");
    });
  });

  it("is scheduled while one of several awaits of an async function is ready", async () => {
    await watched(function* () {
      const [first, second] = [new Future<void>(), new Future<void>()];
      createTask(async () => Promise.all([first, second]), { name: "both" });
      yield* sleep(1);
      assert.equal(task("both").waits.length, 2);
      first.setResult();
      assert.equal(task("both").state, "scheduled");
      yield* sleep(1);
      assert.equal(task("both").state, "suspended");
      assert.equal(task("both").waits.length, 1);
    });
  });

  it("is running also when an async function goes on after an await", async () => {
    await watched(async () => {
      const child = createTask(
        async () => {
          await sleep(1);
          return [task("child").state, tree().counts.running, tree().counts.suspended];
        },
        { name: "child" },
      );
      // The main task waits.
      assert.deepEqual(await child, ["running", 1, 1]);
    });
  });

  it("is done, failed or cancelled at the end", async () => {
    await watched(function* () {
      const good = createTask(sleep(1, "fine"), { name: "good" });
      const bad = createTask(
        function* () {
          yield* sleep(1);
          throw new RangeError("too far");
        },
        { name: "bad" },
      );
      const gone = createTask(sleep(1000), { name: "gone" });
      yield* sleep(2);
      gone.cancel("no longer needed");
      yield* sleep(2);
      assert.equal(task("good").state, "done");
      assert.equal(task("gone").state, "cancelled");
      const failed = task("bad");
      assert.equal(failed.state, "failed");
      assert.equal(failed.error, "RangeError: too far");
      assert.equal(failed.unretrieved, true);
      assert.ok(bad.exception() instanceof RangeError);
      assert.equal(task("bad").unretrieved, undefined);
      assert.equal(inspector.error(failed.id), bad.exception());
      assert.equal(good.result(), "fine");
    });
  });

  it("counts every task once", async () => {
    await watched(function* () {
      for (let i = 0; i < 5; i++) createTask(sleep(1000));
      createTask(sleep(0));
      yield* sleep(10);
      createTask(sleep(5));
      assert.deepEqual(tree().counts, {
        created: 1,
        scheduled: 0,
        running: 1,
        suspended: 5,
        done: 1,
        failed: 0,
        cancelled: 0,
      });
    });
  });

  it("says since when, exactly", async () => {
    await watched(function* () {
      createTask(
        function* () {
          yield* sleep(30);
          yield* sleep(1000);
        },
        { name: "sleeper" },
      );
      yield* sleep(20);
      assert.deepEqual([task("sleeper").createdAt, task("sleeper").since], [0, 0]);
      yield* sleep(20);
      assert.deepEqual([task("sleeper").createdAt, task("sleeper").since], [0, 30]);
      assert.equal(task("sleeper").waits[0]!.since, 30);
      assert.equal(tree().now, 40);
      yield* sleep(2000);
      assert.equal(task("sleeper").since, 1030);
    });
  });

  it("counts a wait from its own beginning when Node's own callback led to it", async () => {
    inspector.disable();
    enable();
    await run(async () => {
      const child = createTask(
        async () => {
          await nodeSleep(50);
          await sleep(100);
        },
        { name: "later" },
      );
      assert.ok((await nextWait("foreign")).since - task("later").createdAt < 20);
      const { since, due } = await nextWait("sleep");
      assert.ok(since - task("later").createdAt >= 45, "the timer's wait begins with the timer");
      assert.ok(Math.abs(due! - since - 100) < 5);
      await child;
    });
    inspector.disable();

    async function nextWait(kind: WaitKind): Promise<WaitInfo> {
      for (;;) {
        const found = task("later").waits.find((wait) => wait.kind === kind);
        if (found !== undefined) return found;
        await nodeSleep(1);
      }
    }
  });

  it("names who cancelled a task and with which words", async () => {
    await watched(function* () {
      const victim = createTask(
        function* () {
          for (;;)
            try {
              yield* sleep(1000);
            } catch {
              // Stays.
            }
        },
        { name: "victim" },
      );
      createTask(
        function* () {
          yield* sleep(1);
          victim.cancel("make room");
        },
        { name: "killer" },
      );
      yield* sleep(2);
      const killer = task("killer").id;
      assert.deepEqual(task("victim").cancelledBy, { task: killer, site: 0, message: "make room" });
      assert.equal(task("victim").cancelling, 1);
      currentTask()!
        .getLoop()
        .callSoon(() => victim.cancel("from a callback"));
      yield* sleep(1);
      assert.deepEqual(task("victim").cancelledBy, { task: 0, site: 0, message: "from a callback" });
      assert.equal(task("victim").cancelling, 2);
    });
  });

  it("names nobody when the debug adapter cancelled it, whatever task runs", async () => {
    await watched(
      function* () {
        createTask(sleep(1000), { name: "victim" });
        yield* sleep(1);
        assert.equal(inspector.cancel(task("victim").id, "asked\u001b[31m"), true);
        assert.deepEqual(task("victim").cancelledBy, { task: 0, site: 0, message: "asked·[31m" });
        yield* sleep(1);
        assert.equal(task("victim").state, "cancelled");
        assert.equal(inspector.cancel(task("victim").id, "again"), false);
        assert.equal(inspector.cancel(4711, "nobody"), false);
      },
      { captureSites: true },
    );
  });

  it("survives that a task waits for itself, which the runtime refuses", async () => {
    await watched(function* () {
      const self: Task<void> = createTask(
        function* () {
          yield* self;
        },
        { name: "self" },
      );
      yield* sleep(1);
      assert.equal(task("self").state, "failed");
      assert.match(task("self").error!, /^RuntimeError: Task cannot await on itself: task "self"/);
      self.exception();
    });
  });

  it("is known for tasks that were there before anybody watched", async () => {
    inspector.disable();
    await onVirtualClock(function* () {
      const future = new Future<void>();
      createTask(sleep(100), { name: "sleeping" });
      createTask(
        async () => {
          await sleep(100);
        },
        { name: "async" },
      );
      const woken = createTask(
        function* () {
          yield* future;
        },
        { name: "woken" },
      );
      yield* sleep(1);
      future.setResult();
      createTask(sleep(1), { name: "new" });
      const names = ["main", "sleeping", "async", "woken", "new"];
      assert.deepEqual(
        tree().tasks.map(({ name }) => name),
        names,
      );
      assert.deepEqual(
        names.map((name) => task(name).state),
        ["running", "suspended", "suspended", "scheduled", "created"],
      );
      assert.equal(task("async").waits[0]!.label, "timer");
      yield* woken;
      assert.equal(task("woken").state, "done");
      inspector.disable();
    });
  });
});
