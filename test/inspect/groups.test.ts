import assert from "node:assert/strict";
import type { GroupQuery, GroupReply } from "@asyncscope/protocol";
import { coro, createTask, Lock, Queue, sleep } from "asyncscope";
import { inspector, resource, task, watched } from "./support/watched.js";

function groups(query: GroupQuery = {}): GroupReply {
  return JSON.parse(inspector.groups(query)) as GroupReply;
}

function outline(reply: GroupReply): string[] {
  return reply.groups.map(
    ({ count, functions, label }) => `${count} × ${[...functions].reverse().join(" › ")}: ${label}`,
  );
}

// Functions have other names than the constants that hold them: the bundler would number them.
describe("Tasks grouped by where they stand", () => {
  it("counts those of the same functions that wait for the same thing, the most first", async () => {
    await watched(function* () {
      const frontier = new Queue<number>(10, { name: "frontier" });
      const newFetchPage = coro(function* fetchPage() {
        yield* frontier.get();
      });
      const newWorker = coro(function* worker() {
        yield* newFetchPage();
      });
      const newPause = coro(function* pause() {
        yield* sleep(1000);
      });
      for (let i = 0; i < 3; i++) createTask(newWorker(), { name: `w${i}` });
      createTask(newPause());
      createTask(newFetchPage());
      createTask(newPause());
      yield* sleep(5);
      const reply = groups();
      assert.deepEqual(outline(reply), [
        "3 × worker › fetchPage: Queue frontier 0/10",
        "2 × pause: timer",
        "1 × fetchPage: Queue frontier 0/10",
      ]);
      assert.equal(reply.suspended, 6);
      assert.equal(reply.hiddenTasks, 0);
      assert.equal(reply.groups[0]!.resource, resource("frontier").id);
      assert.equal(reply.groups[0]!.oldest, task("w0").id);
      assert.equal(reply.now - reply.groups[0]!.since, 5);
    });
  });

  it("tells async functions apart by their lines", async () => {
    await watched(
      async () => {
        const lock = new Lock();
        await lock.acquire();
        const visit = async (twice: boolean): Promise<void> => {
          if (twice) await lock.acquire();
          else await lock.acquire();
        };
        for (const twice of [true, false, true]) createTask(() => visit(twice));
        await sleep(1);
        const reply = groups();
        const lines = reply.groups.map(({ count, site }) => [
          count,
          reply.sites.find(({ id }) => id === site)?.line,
        ]);
        assert.deepEqual(
          lines.map(([count]) => count),
          [2, 1],
        );
        assert.equal(lines[1]![1]! - lines[0]![1]!, 1);
      },
      { captureSites: true },
    );
  });

  it("groups all before the cap, and says what the cap hid; samples are spread over the group", async () => {
    await watched(function* () {
      const newIdle = coro(function* idle(ms: number) {
        yield* sleep(ms);
      });
      const newOther = coro(function* other() {
        yield* sleep(1000);
      });
      for (let i = 0; i < 1000; i++) createTask(newIdle(1000), { name: `t${i}` });
      createTask(newOther());
      yield* sleep(1);
      const reply = groups({ limit: 1, samples: 4 });
      assert.deepEqual(outline(reply), ["1000 × idle: timer"]);
      assert.equal(reply.total, 2);
      assert.equal(reply.hiddenTasks, 1);
      const first = task("t0").id;
      const quarters = reply.groups[0]!.samples.map((id) => Math.floor((id - first) / 250));
      assert.deepEqual(quarters, [0, 1, 2, 3]);
    });
  });

  it("are the present ones after a task has moved, and are kept while none does", async () => {
    await watched(function* () {
      const jobs = new Queue<number>(10, { name: "jobs" });
      const newWorker = coro(function* worker() {
        yield* jobs.get();
        yield* sleep(1000);
      });
      createTask(newWorker());
      yield* sleep(1);
      assert.deepEqual(outline(groups()), ["1 × worker: Queue jobs 0/10"]);
      assert.equal(groups().version, groups().version);
      jobs.putNowait(1);
      yield* sleep(1);
      assert.deepEqual(outline(groups()), ["1 × worker: timer"]);
    });
  });
});
