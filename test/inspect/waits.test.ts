import assert from "node:assert/strict";
import {
  Barrier,
  Condition,
  coro,
  createTask,
  Event,
  Future,
  gather,
  Lock,
  Queue,
  Semaphore,
  shield,
  sleep,
  taskGroup,
  timeout,
  until,
  wait,
  type Startable,
} from "asyncscope";
import { resource, task, waits, watched } from "./support/watched.js";

const forever = coro(function* forever() {
  yield* new Future<void>();
});

/** Starts a task called `waiter`, lets it come to its wait, and gives what is shown of that. */
const shown = coro(function* shown(what: Startable<unknown>) {
  const waiter = createTask(what, { name: "waiter" });
  yield* sleep(1);
  const { waits: found } = task("waiter");
  assert.equal(found.length, 1);
  assert.equal(found[0]!.since, task("waiter").since);
  waiter.name = "earlier waiter";
  return found[0]!;
});

describe("What a task waits for", () => {
  it("a timer, with the time at which it is due", async () => {
    await watched(function* () {
      yield* sleep(10);
      const found = yield* shown(sleep(500));
      assert.deepEqual(found, { kind: "sleep", label: "timer", since: 10, due: 510 });
    });
  });

  it("a timer that is never due", async () => {
    await watched(function* () {
      const found = yield* shown(sleep(Infinity));
      assert.deepEqual(found, { kind: "sleep", label: "timer", since: 0 });
    });
  });

  it("a future", async () => {
    await watched(function* () {
      const found = yield* shown(forever());
      assert.deepEqual(found, { kind: "future", label: "future", since: 0 });
    });
  });

  it("another task, by its name", async () => {
    await watched(function* () {
      const other = createTask(forever(), { name: "db query" });
      const found = yield* shown(function* () {
        yield* other;
      });
      const tasks = [task("db query").id];
      assert.deepEqual(found, { kind: "task", label: "task db query", since: 0, tasks, taskCount: 1 });
    });
  });

  it("what a gather still misses", async () => {
    await watched(function* () {
      const names = ["a", "b", "c"];
      const tasks = names.map((name) => createTask(name === "b" ? sleep(0) : forever(), { name }));
      const found = yield* shown(function* () {
        yield* gather(...tasks);
      });
      assert.equal(found.label, "gather: 2 of 3 pending");
      assert.deepEqual(found.tasks, [task("a").id, task("c").id]);
      assert.equal(found.taskCount, 2);
    });
  });

  it("futures in a gather are counted too, but are no tasks", async () => {
    await watched(function* () {
      const found = yield* shown(function* () {
        yield* gather(new Future<void>(), new Future<void>());
      });
      assert.deepEqual(found, { kind: "gather", label: "gather: 2 of 2 pending", since: 0 });
    });
  });

  it("only 20 of the tasks behind a gather are listed, and all are counted", async () => {
    await watched(function* () {
      const tasks = Array.from({ length: 50 }, () => createTask(forever()));
      const found = yield* shown(function* () {
        yield* gather(...tasks);
      });
      assert.equal(found.tasks!.length, 20);
      assert.equal(found.taskCount, 50);
    });
  });

  it("a wait() for the first of several", async () => {
    await watched(function* () {
      const tasks = [createTask(forever(), { name: "a" }), createTask(forever(), { name: "b" })];
      const found = yield* shown(wait(tasks, { returnWhen: "FIRST_COMPLETED" }));
      assert.equal(found.kind, "wait");
      assert.equal(found.label, "wait: 2 of 2 pending");
      assert.equal(found.taskCount, 2);
    });
  });

  it("a shield and the task behind it", async () => {
    await watched(function* () {
      const inner = createTask(forever(), { name: "payment" });
      const found = yield* shown(function* () {
        yield* shield(inner);
      });
      assert.equal(found.kind, "shield");
      assert.equal(found.label, "shield of task payment");
      assert.deepEqual(found.tasks, [task("payment").id]);
    });
  });

  it("the children of a task group", async () => {
    await watched(function* () {
      const found = yield* shown(
        taskGroup(function* (group) {
          group.createTask(forever(), { name: "one" });
          group.createTask(forever(), { name: "two" });
        }),
      );
      assert.equal(found.kind, "task-group");
      assert.equal(found.label, "task group: 2 tasks left");
      assert.deepEqual(found.tasks, [task("one").id, task("two").id]);
    });
  });

  it("what stands inside a timeout", async () => {
    await watched(function* () {
      const found = yield* shown(
        timeout(1000, function* () {
          yield* sleep(5000);
        }),
      );
      assert.equal(found.label, "timer");
      assert.equal(found.due, 5000);
    });
  });

  it("a promise that is not of the runtime", async () => {
    await watched(function* () {
      const found = yield* shown(function* () {
        yield* until(new Promise(() => undefined));
      });
      assert.deepEqual(found, { kind: "promise", label: "promise", since: 0 });
    });
  });

  it("an await that the runtime cannot see", async () => {
    await watched(function* () {
      const found = yield* shown(async () => new Promise(() => undefined));
      assert.deepEqual(found, { kind: "foreign", label: "an await outside the runtime", since: 0 });
    });
  });

  it("every await of a Promise.all", async () => {
    await watched(function* () {
      const jobs = new Queue<string>(0, { name: "jobs" });
      createTask(
        async () => {
          await Promise.all([sleep(100), jobs.get(), new Future<void>()]);
        },
        { name: "waiter" },
      );
      yield* sleep(1);
      assert.deepEqual(waits("waiter"), ["sleep: timer", "queue-get: Queue jobs 0", "future: future"]);
      yield* sleep(100);
      assert.deepEqual(waits("waiter"), ["queue-get: Queue jobs 0", "future: future"]);
    });
  });

  it("20 awaits at most, with the number of all", async () => {
    await watched(function* () {
      createTask(
        async () => {
          await Promise.all(Array.from({ length: 30 }, async () => sleep(100)));
        },
        { name: "waiter" },
      );
      yield* sleep(1);
      assert.equal(task("waiter").waits.length, 20);
      assert.equal(task("waiter").waitCount, 30);
    });
  });

  it("getting from, putting into and joining a queue, with its fill", async () => {
    await watched(function* () {
      const jobs = new Queue<number>(2, { name: "jobs" });
      const get = yield* shown(jobs.get());
      assert.equal(get.kind, "queue-get");
      assert.equal(get.label, "Queue jobs 0/2");
      assert.equal(get.resource, resource("jobs").id);
      for (let i = 0; i < 3; i++) yield* jobs.put(i);
      const put = yield* shown(jobs.put(4));
      assert.equal(put.kind, "queue-put");
      assert.equal(put.label, "Queue jobs 2/2");
      const join = yield* shown(jobs.join());
      assert.equal(join.kind, "queue-join");
      assert.equal(join.label, "Queue jobs to be worked off");
    });
  });

  it("a lock, and who holds it", async () => {
    await watched(function* () {
      const lock = new Lock({ name: "db" });
      createTask(
        function* () {
          yield* lock.acquire();
          yield* sleep(1000);
        },
        { name: "worker-7" },
      );
      yield* sleep(0);
      const found = yield* shown(lock.acquire());
      assert.equal(found.kind, "lock");
      assert.equal(found.label, "Lock db held by worker-7");
      yield* sleep(2000);
      // It has ended and never released the lock.
      createTask(lock.acquire(), { name: "waiter" });
      yield* sleep(1);
      assert.deepEqual(waits("waiter"), ["lock: Lock db held by worker-7"]);
      assert.equal(resource("db").owner, task("worker-7").id);
      assert.equal(task("worker-7").state, "done");
    });
  });

  it("an event and a semaphore", async () => {
    await watched(function* () {
      const ready = new Event({ name: "ready" });
      const found = yield* shown(ready.wait());
      assert.equal(`${found.kind}: ${found.label}`, "event: Event ready not set");
      const limit = new Semaphore(0, { name: "limit" });
      const other = yield* shown(limit.acquire());
      assert.equal(`${other.kind}: ${other.label}`, "semaphore: Semaphore limit 0 free");
    });
  });

  it("a condition, and then its lock; a barrier", async () => {
    await watched(function* () {
      const stock = new Condition({ name: "stock" });
      const found = yield* shown(stock.withLock(() => stock.wait()));
      assert.equal(`${found.kind}: ${found.label}`, "condition: Condition stock to be notified");
      assert.equal(found.resource, resource("stock").id);
      yield* stock.acquire();
      stock.notify();
      yield* sleep(1);
      const { waits: again } = task("earlier waiter");
      assert.deepEqual(
        again.map(({ kind, label }) => `${kind}: ${label}`),
        ["lock: Lock stock.lock held by main"],
      );
      stock.release();
      const start = new Barrier(2, { name: "start" });
      const other = yield* shown(start.wait());
      assert.equal(`${other.kind}: ${other.label}`, "barrier: Barrier start 1 of 2 arrived");
      assert.equal(other.resource, resource("start").id);
    });
  });

  it("a primitive without a name, by its kind and number", async () => {
    await watched(function* () {
      const found = yield* shown(new Queue<void>().get());
      assert.match(found.label, /^Queue-\d+ 0$/);
    });
  });

  it("is said in 120 characters at most", async () => {
    await watched(function* () {
      const other = createTask(forever(), { name: "x".repeat(1_000_000) });
      const found = yield* shown(function* () {
        yield* other;
      });
      assert.equal(found.label, `task ${"x".repeat(114)}…`);
    });
  });

  it("is nothing for a task that is not suspended", async () => {
    await watched(function* () {
      createTask(forever(), { name: "new" });
      assert.deepEqual(task("new").waits, []);
      assert.deepEqual(task("main").waits, []);
      yield* sleep(0);
    });
  });
});
