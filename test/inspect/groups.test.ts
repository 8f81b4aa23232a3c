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

  it("are filtered before they are counted and capped", async () => {
    await watched(function* () {
      const newWorker = coro(function* worker(ms: number) {
        yield* sleep(ms);
      });
      const newOther = coro(function* other() {
        yield* new Lock({ name: "db" }).acquire();
        yield* sleep(5000);
      });
      for (let i = 0; i < 5; i++) createTask(newWorker(1000), { name: `w${i}` });
      createTask(newOther());
      yield* sleep(1);
      const named = groups({ filter: { name: "w3" } });
      assert.deepEqual(outline(named), ["1 × worker: timer"]);
      assert.deepEqual([named.grouped, named.total], [1, 1]);
      const functions = groups({ filter: { text: "WORKER" } });
      assert.deepEqual(outline(functions), ["5 × worker: timer"]);
      assert.deepEqual(outline(groups({ filter: { waitsFor: "db" } })), []);
      assert.deepEqual(outline(groups({ filter: { olderThan: 2 } })), []);
      yield* sleep(1);
      assert.equal(groups({ filter: { olderThan: 2 } }).grouped, 6, "time passes without a change");
    });
  });

  it("also hold those that do not wait, when asked: by function and state, what has ended at the end", async () => {
    await watched(function* () {
      const newQuick = coro(function* quick() {});
      const newPause = coro(function* pause() {
        yield* sleep(1000);
      });
      for (let i = 0; i < 3; i++) createTask(newQuick());
      createTask(newPause());
      yield* sleep(1);
      createTask(newPause());
      const reply = groups({ all: true });
      assert.deepEqual(
        reply.groups.map(({ count, functions, state }) => `${count} × ${functions[0]}: ${state}`),
        ["1 × : running", "1 × pause: suspended", "1 × pause: created", "3 × quick: done"],
      );
      assert.deepEqual([reply.grouped, reply.suspended], [6, 1]);
    });
  });

  it("tell their tasks in pages, and keep their ids while other groups come and go", async () => {
    await watched(function* () {
      const newIdle = coro(function* idle() {
        yield* sleep(1000);
      });
      const newOther = coro(function* other() {
        yield* sleep(10);
      });
      for (let i = 0; i < 250; i++) createTask(newIdle(), { name: `t${i}` });
      for (let i = 0; i < 300; i++) createTask(newOther());
      yield* sleep(1);
      const [other, idle] = groups().groups;
      assert.equal(idle!.count, 250);
      const names = (reply: GroupReply): string[] =>
        reply.pages[0]!.tasks.map((id) => reply.tasks.find((info) => info.id === id)!.name);
      const page = groups({ pages: [{ group: idle!.id, offset: 200 }] });
      assert.equal(page.pages[0]!.total, 250);
      assert.deepEqual([names(page).length, names(page)[0], names(page).at(-1)], [50, "t200", "t249"]);
      yield* sleep(20);
      const [still] = groups().groups;
      assert.equal(still!.id, idle!.id);
      const gone = groups({ pages: [{ group: other!.id }] });
      assert.deepEqual(gone.pages, [{ group: other!.id, offset: 0, tasks: [], total: 0 }]);
    });
  });

  it("are one group where each task has a queue of its own, and one for each queue where there are few", async () => {
    await watched(function* () {
      const newReader = coro(function* reader(queue: Queue<number>) {
        yield* queue.get();
      });
      for (let i = 0; i < 4; i++) createTask(newReader(new Queue(0, { name: `q${i}` })));
      yield* sleep(1);
      assert.equal(groups().total, 4);
      for (let i = 4; i < 30; i++) createTask(newReader(new Queue(0, { name: `q${i}` })));
      yield* sleep(1);
      const [all, ...others] = groups().groups;
      assert.deepEqual(others, []);
      assert.deepEqual([all!.count, all!.manyResources, all!.resource], [30, true, undefined]);
      assert.match(all!.label, /^Queue q0/);
      const page = groups({ pages: [{ group: all!.id }] });
      assert.equal(page.tasks.length, 30);
    });
  });

  it("tell functions of the same name apart", async () => {
    await watched(function* () {
      const make = (kind: number) =>
        kind === 0
          ? coro(function* handle() {
              yield* sleep(1000);
            })
          : coro(function* handle() {
              yield* sleep(1000);
            });
      createTask(make(0)());
      createTask(make(1)());
      yield* sleep(1);
      const reply = groups();
      assert.equal(reply.total, 2);
      // The filter by place takes those that stand in the function of a sample.
      const [first] = reply.groups;
      const like = groups({ filter: { places: { sites: [], like: [first!.oldest] } } });
      assert.deepEqual(
        like.groups.map(({ oldest, count }) => [oldest, count]),
        [[first!.oldest, 1]],
      );
    });
  });
});
