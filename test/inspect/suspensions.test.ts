import assert from "node:assert/strict";
import type { SuspensionQuery, SuspensionReply } from "@asyncscope/protocol";
import { coro, createTask, Queue, sleep } from "asyncscope";
import { inspector, task, watched } from "./support/watched.js";

function suspensions(query: SuspensionQuery = {}): SuspensionReply {
  return JSON.parse(inspector.suspensions(query)) as SuspensionReply;
}

function outline(reply: SuspensionReply): string[] {
  return reply.points.map(({ functionName, count }) => `${count} × ${functionName}`);
}

// Functions have other names than the constants that hold them: the bundler would number them.
describe("Tasks counted where they are suspended", () => {
  it("counts by the innermost function, whoever called it and whatever it waits for, the most first", async () => {
    await watched(function* () {
      const jobs = new Queue<number>(10);
      const newFetch = coro(function* fetchPage(slow: boolean) {
        if (slow) yield* sleep(1000);
        yield* jobs.get();
      });
      const newWorker = coro(function* worker(slow: boolean) {
        yield* newFetch(slow);
      });
      const newPause = coro(function* pause() {
        yield* sleep(1000);
      });
      createTask(newWorker(true), { name: "first" });
      yield* sleep(5);
      for (const slow of [true, false]) createTask(newFetch(slow));
      createTask(newPause());
      yield* sleep(5);
      const reply = suspensions();
      assert.deepEqual(outline(reply), ["3 × fetchPage", "1 × pause"]);
      assert.equal(reply.suspended, 4);
      assert.equal(reply.hiddenTasks, 0);
      assert.equal(reply.points[0]!.site, 0);
      // The one that has waited longest comes first.
      assert.deepEqual(reply.points[0]!.samples[0], { task: task("first").id, since: 0 });
      assert.deepEqual(
        reply.points[0]!.samples.map(({ since }) => reply.now - since),
        [10, 5, 5],
      );
      assert.equal(reply.now - reply.points[0]!.since, 10);
    });
  });

  it("tells the lines of async functions apart, and counts a task at each line that it waits at", async () => {
    await watched(
      async () => {
        const one = async (): Promise<void> => sleep(1000);
        const two = async (): Promise<void> => sleep(1000);
        createTask(async function both() {
          await Promise.all([one(), two(), two()]);
        });
        createTask(two);
        await sleep(1);
        const reply = suspensions();
        const lines = reply.points.map(({ count, site }) => [
          count,
          reply.sites.find(({ id }) => id === site)!.line,
        ]);
        assert.deepEqual(
          lines.map(([count]) => count),
          [2, 1],
        );
        assert.equal(lines[0]![1]! - lines[1]![1]!, 1);
        assert.equal(reply.suspended, 2);
      },
      { captureSites: true },
    );
  });

  it("says how many tasks the cap hid, and gives the rows of tasks asked for", async () => {
    await watched(function* () {
      const newIdle = coro(function* idle() {
        yield* sleep(1000);
      });
      const newOther = coro(function* other() {
        yield* sleep(1000);
      });
      for (let i = 0; i < 10; i++) createTask(newIdle(), { name: `t${i}` });
      createTask(newOther());
      yield* sleep(1);
      const first = task("t0").id;
      const reply = suspensions({ limit: 1, tasks: [first, 10 ** 9] });
      assert.deepEqual(outline(reply), ["10 × idle"]);
      assert.equal(reply.points[0]!.samples.length, 10);
      assert.equal(reply.hiddenTasks, 1);
      assert.deepEqual(
        reply.tasks.map(({ name }) => name),
        ["t0"],
      );
    });
  });

  it("takes samples that no regular pattern of tasks escapes, the same ones while they stay", async () => {
    await watched(function* () {
      const newIdle = coro(function* idle(ms: number) {
        yield* sleep(ms);
      });
      for (let i = 0; i < 4096; i++) createTask(newIdle(1000), { name: `t${i}` });
      yield* sleep(1);
      const first = task("t0").id;
      const ids = (): number[] => suspensions({ samples: 50 }).points[0]!.samples.map(({ task: id }) => id);
      const samples = ids();
      assert.equal(samples.length, 50);
      for (const stride of [2, 3, 4, 5, 8])
        for (let rest = 0; rest < stride; rest++)
          assert.ok(
            samples.some((id) => (id - first) % stride === rest),
            `none of the ${rest + 1}. of each ${stride}`,
          );
      for (const quarter of [0, 1, 2, 3])
        assert.ok(samples.some((id) => Math.floor((id - first) / 1024) === quarter));
      for (let i = 0; i < 1000; i++) createTask(newIdle(1000));
      yield* sleep(1);
      const kept = ids().filter((id) => samples.includes(id)).length;
      assert.ok(kept > 25, `${kept} of 50 stayed`);
    });
  });

  it("does not tell the functions of one name apart when there are very many", async () => {
    await watched(function* () {
      for (let i = 0; i < 50; i++)
        createTask(
          coro(function* anew() {
            yield* sleep(1000);
          })(),
        );
      yield* sleep(1);
      const { points } = suspensions();
      assert.deepEqual(
        points.map(({ count }) => count),
        [42, 1, 1, 1, 1, 1, 1, 1, 1],
      );
    });
  });

  it("are the present ones after a task has moved", async () => {
    await watched(function* () {
      const jobs = new Queue<number>();
      createTask(function* () {
        yield* jobs.get();
      });
      yield* sleep(1);
      assert.equal(suspensions().suspended, 1);
      assert.equal(suspensions().version, suspensions().version);
      jobs.putNowait(1);
      yield* sleep(1);
      assert.equal(suspensions().suspended, 0);
    });
  });
});
