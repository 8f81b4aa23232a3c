import assert from "node:assert/strict";
import {
  Barrier,
  Condition,
  createTask,
  Event,
  Lock,
  PriorityQueue,
  Queue,
  run,
  Semaphore,
  sleep,
} from "asyncscope";
import { collectGarbageUntil } from "../support/runtime-gc.js";
import { enable, inspector, onVirtualClock, resource, resources, task, watched } from "./support/watched.js";

describe("Queues, locks and the other primitives", () => {
  it("are listed with kind, name, state and numbers, oldest first", async () => {
    await watched(function* () {
      const jobs = new Queue<number>(3, { name: "jobs" });
      const lock = new Lock({ name: "db" });
      new Event({ name: "ready" }).set();
      new Semaphore(5, { name: "limit" });
      new PriorityQueue<number>(0, null, { name: "urgent" });
      yield* jobs.put(1);
      yield* lock.acquire();
      const { resources: list, total } = resources();
      assert.equal(total, 5);
      const common = { created: 0, waiters: [], waiterCount: 0 };
      const [first] = list;
      const id = (n: number) => first!.id + n;
      const numbers = { size: 1, maxsize: 3, unfinished: 1 };
      assert.deepEqual(list, [
        { id: id(0), kind: "queue", name: "jobs", state: "1/3", ...numbers, ...common },
        {
          id: id(1),
          kind: "lock",
          name: "db",
          state: "locked",
          owner: task("main").id,
          ownedSince: 0,
          ...common,
        },
        { id: id(2), kind: "event", name: "ready", state: "set", ...common },
        { id: id(3), kind: "semaphore", name: "limit", state: "5 free", value: 5, ...common },
        {
          id: id(4),
          kind: "priority-queue",
          name: "urgent",
          state: "0",
          size: 0,
          maxsize: 0,
          unfinished: 0,
          ...common,
        },
      ]);
    });
  });

  it("say who waits, as what and since when, in the order in which they are served", async () => {
    await watched(function* () {
      const jobs = new Queue<number>(1, { name: "jobs" });
      createTask(jobs.get(), { name: "getter 1" });
      createTask(async () => jobs.get(), { name: "getter 2" });
      yield* sleep(20);
      const { waiters, waiterCount } = resource("jobs");
      assert.equal(waiterCount, 2);
      const ids = ["getter 1", "getter 2"].map((name) => task(name).id);
      assert.deepEqual(waiters, [
        { task: ids[0], role: "getter", since: 0 },
        { task: ids[1], role: "getter", since: 0 },
      ]);
      const names = resources().tasks.map(({ name }) => name);
      assert.deepEqual(names, ["getter 1", "getter 2"]);
      for (let i = 0; i < 3; i++) (jobs.putNowait.call(jobs, i), yield* sleep(1));
      createTask(jobs.put(4), { name: "putter" });
      createTask(jobs.join(), { name: "joiner" });
      yield* sleep(1);
      assert.deepEqual(
        resource("jobs").waiters.map(({ role, since }) => [role, since]),
        [
          ["putter", 23],
          ["joiner", 23],
        ],
      );
    });
  });

  it("a condition says who holds its lock, which lock that is, and who waits to be notified", async () => {
    await watched(function* () {
      const stock = new Condition({ name: "stock" });
      const shared = new Condition({ lock: new Lock({ name: "db" }) });
      createTask(
        stock.withLock(() => stock.wait()),
        { name: "waiter" },
      );
      yield* sleep(10);
      yield* stock.acquire();
      const { owner, ownedSince, state, waiters, lock } = resource("stock");
      const waiting = [{ task: task("waiter").id, role: "waiter", since: 0 }];
      assert.deepEqual([state, owner, ownedSince, waiters], ["locked", task("main").id, 10, waiting]);
      assert.equal(lock, resource("stock.lock").id);
      assert.equal(resource("stock.lock").owner, owner);
      stock.notify();
      yield* sleep(1);
      assert.deepEqual(resource("stock").waiters, []);
      assert.deepEqual(
        resource("stock.lock").waiters.map((waiter) => waiter.task),
        [task("waiter").id],
      );
      stock.release();
      const other = resources().resources.find(({ lock: its }) => its === resource("db").id)!;
      assert.equal(other.kind, "condition");
      assert.equal(other.state, "unlocked");
      assert.equal(shared.locked(), false);
    });
  });

  it("a barrier says how many have arrived, and who waits", async () => {
    await watched(function* () {
      const barrier = new Barrier(3, { name: "start" });
      const tasks = ["a", "b"].map((name) => createTask(barrier.wait(), { name }));
      yield* sleep(1);
      const { kind, state, waiters } = resource("start");
      assert.deepEqual([kind, state], ["barrier", "2 of 3 arrived"]);
      assert.deepEqual(
        waiters.map((waiter) => waiter.task),
        tasks.map(({ name }) => task(name).id),
      );
      yield* barrier.wait();
      assert.equal(resource("start").state, "draining");
      yield* sleep(1);
      assert.equal(resource("start").state, "0 of 3 arrived");
      yield* barrier.abort();
      assert.equal(resource("start").state, "broken");
    });
  });

  it("list 100 of many who wait, and count them all", async () => {
    await watched(function* () {
      const ready = new Event({ name: "ready" });
      for (let i = 0; i < 300; i++) createTask(ready.wait());
      yield* sleep(0);
      assert.equal(resource("ready").waiters.length, 100);
      assert.equal(resource("ready").waiterCount, 300);
    });
  });

  it("come in pages and can be searched by name", async () => {
    await watched(function* () {
      const kept = Array.from({ length: 300 }, (_, i) => new Lock({ name: `lock ${i}` }));
      kept.push(new Lock());
      const page = resources({ offset: 290, limit: 5 });
      assert.deepEqual(
        page.resources.map(({ name }) => name),
        [290, 291, 292, 293, 294].map((i) => `lock ${i}`),
      );
      assert.equal(page.total, 301);
      assert.equal(resources().resources.length, 200);
      assert.equal(resources({ text: "LOCK 29" }).total, 11);
      assert.match(resources({ offset: 300 }).resources[0]!.name, /^Lock-\d+$/);
      yield* sleep(0);
      assert.equal(kept.length, 301);
    });
  });

  it("give the very items of a queue, page by page, and run nothing of them", async () => {
    await watched(function* () {
      let touched = 0;
      const items = Array.from({ length: 500 }, (_, i) =>
        i % 2 === 0
          ? Object.defineProperty({}, "value", { enumerable: true, get: () => touched++ })
          : new Proxy({}, { get: () => touched++, ownKeys: () => (touched++, []) }),
      );
      const queue = new Queue<object>(0, { name: "jobs" });
      for (const item of items) yield* queue.put(item);
      const { id } = resource("jobs");
      const page = inspector.items(id, 100, 50);
      assert.equal(page.length, 50);
      assert.ok(page.every((item, i) => item === items[100 + i]));
      assert.equal(inspector.items(id, 490, 50).length, 10);
      assert.equal(inspector.items(id, 0, 1_000_000).length, 500);
      assert.equal(inspector.items(id, 5000, 10).length, 0);
      assert.equal(queue.qsize(), 500);
      assert.equal(touched, 0);
      assert.equal(inspector.resourceObject(id), queue);
    });
  });

  it("give a priority queue's items in the order in which they would be got", async () => {
    await watched(function* () {
      const queue = new PriorityQueue<number>(0, null, { name: "urgent" });
      for (const priority of [5, 1, 4, 2, 3]) yield* queue.put(priority);
      const { id } = resource("urgent");
      assert.deepEqual(inspector.items(id, 0, 3), [1, 2, 3]);
      assert.deepEqual(inspector.items(id, 3, 3), [4, 5]);
    });
  });

  it("have no items when they are no queue or not there", async () => {
    await watched(function* () {
      new Lock({ name: "db" });
      assert.deepEqual(inspector.items(resource("db").id, 0, 10), []);
      assert.deepEqual(inspector.items(4711, 0, 10), []);
      assert.equal(inspector.resourceObject(4711), undefined);
      yield* sleep(0);
    });
  });

  it("leave the list when the program lets go of them: watching keeps nothing alive", async () => {
    inspector.disable();
    enable();
    await run(async () => {
      const make = (): void => {
        for (let i = 0; i < 100; i++) void new Queue(0, { name: `short-lived ${i}` }).put({ big: "item" });
      };
      make();
      const kept = new Queue(0, { name: "kept" });
      assert.equal(resources().total, 101);
      await collectGarbageUntil(() => resources().total === 1, "only the queue that is in use is listed");
      assert.equal(kept.qsize(), 0);
      assert.equal(resources().resources[0]!.name, "kept");
    });
    inspector.disable();
  });

  it("made before anybody watched are listed once somebody waits for them", async () => {
    inspector.disable();
    await onVirtualClock(function* () {
      const jobs = new Queue<number>(0, { name: "jobs" });
      const idle = new Lock({ name: "idle" });
      createTask(jobs.get(), { name: "getter" });
      yield* sleep(0);
      assert.deepEqual(
        resources().resources.map(({ name }) => name),
        ["jobs"],
      );
      createTask(
        function* () {
          yield* idle.acquire();
          yield* idle.acquire();
        },
        { name: "stuck" },
      );
      yield* sleep(0);
      assert.equal(task("stuck").waits[0]!.label, "Lock idle held by stuck");
      assert.equal(resources().total, 2);
      inspector.disable();
    });
  });
});
