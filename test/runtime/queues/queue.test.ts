import assert from "node:assert/strict";
import {
  CancelledError,
  createTask,
  gather,
  Queue,
  QueueEmpty,
  QueueFull,
  run,
  sleep,
  ValueError,
  waitFor,
} from "asyncscope";
import type { CoroutineGenerator, Task } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { turns } from "../../support/turns.js";

describe("Queue", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    /** A task that gets one item; marks what became of it. */
    function getter(queue: Queue<unknown>, trace: Trace, name: string): Task<unknown> {
      return start(function* () {
        try {
          const item = yield* wait(queue.get());
          trace.mark(`${name} got ${String(item)}`);
          return item;
        } catch (error) {
          trace.mark(`${name} ${(error as Error).name}`);
          throw error;
        }
      });
    }

    function putter(queue: Queue<unknown>, trace: Trace, item: unknown): Task<void> {
      return start(function* () {
        try {
          yield* wait(queue.put(item));
          trace.mark(`put ${String(item)}`);
        } catch (error) {
          trace.mark(`put ${String(item)} ${(error as Error).name}`);
          throw error;
        }
      });
    }

    it("QU-01 serves getters in the order in which they came", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue();
        const getters = ["a", "b", "c"].map((name) => getter(queue, trace, name));
        yield* wait(turns(2));
        for (const item of [1, 2, 3]) queue.putNowait(item);
        yield* wait(gather(getters));
        trace.stop(["3:a got 1", "3:b got 2", "3:c got 3"]);
      }));

    it("QU-01 serves putters in the order in which they came", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue(1);
        const putters = [0, 1, 2].map((item) => putter(queue, trace, item));
        yield* wait(turns(2));
        const getters = ["a", "b", "c"].map((name) => getter(queue, trace, name));
        yield* wait(gather([...putters, ...getters]));
        trace.stop(["1:put 0", "3:a got 0", "4:put 1", "5:b got 1", "6:put 2", "7:c got 2"]);
      }));

    it("QU-02 gets and puts without letting an iteration pass while there is an item or room", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>(2);
        yield* wait(queue.put(1));
        yield* wait(queue.put(2));
        trace.mark("put");
        assert.equal(yield* wait(queue.get()), 1);
        assert.equal(yield* wait(queue.get()), 2);
        trace.mark("got");
        trace.stop(["0:put", "0:got"]);
      }));

    it("QU-02 throws QueueEmpty and QueueFull where nothing may wait", () =>
      program(function* () {
        const queue = new Queue<number>(1, { name: "jobs" });
        assert.throws(() => queue.getNowait(), { name: "QueueEmpty", message: /queue "jobs" is empty/ });
        queue.putNowait(1);
        assert.throws(() => queue.putNowait(2), { name: "QueueFull", message: /queue "jobs" is full \(1\)/ });
        assert.equal(queue.getNowait(), 1);
        assert.throws(() => queue.getNowait(), QueueEmpty);
        assert.ok(new QueueFull() instanceof Error);
      }));

    it("QU-03 loses no item when the getter that was woken for it is cancelled", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>();
        const reader = getter(queue, trace, "reader");
        yield* wait(turns(2));
        queue.putNowait(1);
        queue.putNowait(2);
        reader.cancel();
        yield* wait(gather([reader], { returnExceptions: true }));
        assert.ok(reader.cancelled());
        assert.deepEqual([queue.getNowait(), queue.getNowait()], [1, 2]);
        trace.stop(["3:reader CancelledError"]);
      }));

    it("QU-03 loses no item when many getters are cancelled and one stays", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>();
        const readers = ["a", "b", "c", "d"].map((name) => getter(queue, trace, name));
        yield* wait(turns(2));
        queue.putNowait(1);
        queue.putNowait(2);
        for (const reader of readers.slice(0, 3)) reader.cancel();
        const outcomes = yield* wait(gather(readers, { returnExceptions: true }));
        assert.deepEqual(
          outcomes.map((outcome) => (outcome instanceof CancelledError ? "cancelled" : outcome)),
          ["cancelled", "cancelled", "cancelled", 1],
        );
        assert.equal(queue.getNowait(), 2);
        trace.stop(["3:a CancelledError", "3:b CancelledError", "3:c CancelledError", "4:d got 1"]);
      }));

    it("QU-03 a timeout around get() loses no item either", () =>
      program(function* () {
        const queue = new Queue<number>();
        let received = 0;
        const producer = start(function* () {
          for (let i = 0; i < 20; i++) {
            yield* wait(sleep(10));
            queue.putNowait(i);
          }
        });
        // Deadlines and items come at the same times.
        while (received < 20) {
          try {
            yield* wait(waitFor(queue.get(), 10));
            received++;
          } catch (error) {
            assert.equal((error as Error).name, "TimeoutError");
          }
        }
        yield* wait(producer);
        assert.equal(queue.size, 0);
      }));

    it("QU-04 wakes the next getter when the one that was woken is cancelled", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>();
        const a = getter(queue, trace, "a");
        const b = getter(queue, trace, "b");
        yield* wait(turns(2));
        queue.putNowait(1);
        a.cancel();
        yield* wait(gather([a, b], { returnExceptions: true }));
        trace.stop(["3:a CancelledError", "4:b got 1"]);
      }));

    it("QU-05 a cancelled putter puts nothing, and the next one takes its place", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>(1);
        queue.putNowait(0);
        const a = putter(queue, trace, 1);
        const b = putter(queue, trace, 2);
        const c = putter(queue, trace, 3);
        yield* wait(turns(2));
        // One cancelled while it waits, one after it was woken.
        a.cancel();
        assert.equal(queue.getNowait(), 0);
        b.cancel();
        yield* wait(gather([a, b, c], { returnExceptions: true }));
        assert.equal(queue.getNowait(), 3);
        assert.ok(queue.empty());
        trace.stop(["3:put 1 CancelledError", "3:put 2 CancelledError", "4:put 3"]);
      }));

    it("QU-06 keeps nothing of cancelled waiters", () =>
      program(function* () {
        const queue = new Queue<number>(1);
        const getters = Array.from({ length: 50 }, () =>
          start(function* () {
            yield* wait(queue.get());
          }),
        );
        yield* wait(turns(2));
        assert.equal(queue.statistics().getters, 50);
        for (const task of getters) task.cancel();
        yield* wait(gather(getters, { returnExceptions: true }));
        assert.equal(queue.statistics().getters, 0);
        assert.equal(queue._getters.live, 0);
        queue.putNowait(1);
        const putters = Array.from({ length: 50 }, () =>
          start(function* () {
            yield* wait(queue.put(2));
          }),
        );
        yield* wait(turns(2));
        assert.equal(queue.statistics().putters, 50);
        for (const task of putters) task.cancel();
        yield* wait(gather(putters, { returnExceptions: true }));
        assert.equal(queue.statistics().putters, 0);
        assert.equal(queue._putters.live, 0);
        assert.deepEqual([...queue._waiters()], []);
      }));

    it("QU-07 a woken getter whose item was taken by getNowait waits again", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>();
        const a = getter(queue, trace, "a");
        yield* wait(turns(2));
        queue.putNowait(1);
        trace.mark(`nowait ${queue.getNowait()}`);
        yield* wait(turns(3));
        trace.mark("put 2");
        queue.putNowait(2);
        yield* wait(a);
        trace.stop(["2:nowait 1", "5:put 2", "6:a got 2"]);
      }));

    it("QU-08 with room for one, producer and consumer wake each other", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>(1);
        const producer = start(function* () {
          for (let i = 0; i < 4; i++) {
            yield* wait(queue.put(i));
            trace.mark(`put ${i}`);
          }
        });
        const consumer = start(function* () {
          for (let i = 0; i < 4; i++) trace.mark(`got ${yield* wait(queue.get())}`);
        });
        yield* wait(gather(producer, consumer));
        assert.ok(queue.empty());
        // Async functions that do not have to wait take turns in microtasks, inside one iteration.
        if (form.name === "await") trace.stop(null);
        else
          trace.stop([
            "1:put 0",
            "1:got 0",
            "2:put 1",
            "3:got 1",
            "4:put 2",
            "5:got 2",
            "6:put 3",
            "7:got 3",
          ]);
      }));

    it("QU-09 has no bound with 0 or less, and rounds a fractional one up", () =>
      program(function* () {
        for (const maxsize of [0, -1]) {
          const queue = new Queue<number>(maxsize);
          for (let i = 0; i < 1000; i++) yield* wait(queue.put(i));
          assert.equal(queue.full(), false);
          assert.equal(queue.qsize(), 1000);
          assert.equal(queue.statistics().maxsize, 0);
        }
        const fractional = new Queue<number>(1.3);
        fractional.putNowait(1);
        assert.equal(fractional.full(), false);
        fractional.putNowait(2);
        assert.equal(fractional.full(), true);
        assert.throws(() => new Queue(Number.NaN), TypeError);
        assert.throws(() => new Queue("3" as never), TypeError);
      }));

    it("QU-11 refuses taskDone() more often than items were put", () =>
      program(function* () {
        const queue = new Queue<number>();
        assert.throws(() => queue.taskDone(), ValueError);
        yield* wait(queue.put(1));
        queue.taskDone();
        assert.throws(() => queue.taskDone(), ValueError);
      }));

    it("QU-12 join() waits for every taskDone(), and returns at once when none is missing", () =>
      program(function* () {
        const trace = new Trace(form);
        const queue = new Queue<number>();
        yield* wait(queue.join());
        trace.mark("nothing to wait for");
        queue.putNowait(1);
        queue.putNowait(2);
        const joiner = start(function* () {
          yield* wait(queue.join());
          trace.mark("joined");
        });
        yield* wait(turns(2));
        assert.equal(queue.statistics().joiners, 1);
        queue.taskDone();
        yield* wait(turns(2));
        queue.taskDone();
        trace.mark("all done");
        // What is put now is not what the joiner waited for.
        queue.putNowait(3);
        yield* wait(joiner);
        trace.stop(["0:nothing to wait for", "4:all done", "5:joined"]);
      }));

    it("QU-12 cancelling join() leaves the count alone", () =>
      program(function* () {
        const queue = new Queue<number>();
        queue.putNowait(1);
        const joiner = start(function* () {
          yield* wait(queue.join());
        });
        yield* wait(turns(2));
        joiner.cancel();
        yield* wait(gather([joiner], { returnExceptions: true }));
        assert.deepEqual(
          { joiners: queue.statistics().joiners, unfinished: queue.statistics().unfinished },
          { joiners: 0, unfinished: 1 },
        );
      }));

    it("belongs to the loop in which somebody first waited for it", async () => {
      const queue = new Queue<number>();
      await program(function* () {
        const waiting = start(function* () {
          yield* wait(queue.get());
        });
        yield* wait(turns(2));
        queue.putNowait(1);
        yield* wait(waiting);
      });
      await program(function* () {
        yield* wait(queue.put(1));
        assert.equal(yield* wait(queue.get()), 1);
        try {
          yield* wait(queue.get());
          assert.fail("it waited");
        } catch (error) {
          assert.match((error as Error).message, /is bound to a different event loop/);
        }
      });
    });

    it("shows its items in pages, who waits and since when", () =>
      program(function* () {
        const queue = new Queue<unknown>(4, { name: "jobs" });
        for (let i = 0; i < 4; i++) queue.putNowait(i);
        assert.deepEqual(queue._items(1, 2), [1, 2]);
        assert.deepEqual(queue._items(3, 10), [3]);
        assert.deepEqual(queue._items(9, 10), []);
        assert.deepEqual(queue._inspect(), { state: "4/4", size: 4, maxsize: 4, unfinished: 4 });
        const tasks: Task<unknown>[] = [];
        for (const what of [() => queue.put(4), () => queue.join()]) {
          tasks.push(
            start(function* () {
              yield* wait(what());
            }),
          );
          yield* wait(sleep(10));
        }
        assert.deepEqual(
          [...queue._waiters()].map(({ role, since, future }) => ({
            role,
            since,
            kind: future._origin?.kind,
          })),
          [
            { role: "putter", since: 0, kind: "queue-put" },
            { role: "joiner", since: 10, kind: "queue-join" },
          ],
        );
        for (const task of tasks) task.cancel();
      }));
  });

  it("iterates until it is shut down, in an async function", async () => {
    const queue = new Queue<number>();
    const seen: number[] = [];
    await run(async () => {
      const consumer = createTask(async () => {
        for await (const item of queue) {
          seen.push(item);
          queue.taskDone();
        }
        return "ended";
      });
      for (const item of [1, 2, 3]) {
        await queue.put(item);
        await sleep(0);
      }
      await queue.join();
      queue.putNowait(4);
      queue.shutdown();
      assert.equal(await consumer, "ended");
    });
    assert.deepEqual(seen, [1, 2, 3, 4]);
  });

  it("leaves the rest in the queue when an iteration is left", async () => {
    await run(async () => {
      const queue = new Queue<number>();
      for (const item of [1, 2, 3]) queue.putNowait(item);
      for await (const item of queue) if (item === 2) break;
      assert.equal(queue.getNowait(), 3);
    });
  });

  it("JS-19 hands on a promise or task as an item: by yield* and by iteration as it is", async () => {
    await run(async () => {
      const queue = new Queue<Task<number>>();
      const item = createTask(function* () {
        return 5;
      });
      queue.putNowait(item);
      for await (const got of queue) {
        assert.equal(got, item);
        break;
      }
      queue.putNowait(item);
      const taken = createTask(function* () {
        const got = yield* queue.get();
        return got === item;
      });
      assert.equal(await taken, true);
    });
  });

  it("a cancel of the task that iterates reaches it", async () => {
    await run(async () => {
      const queue = new Queue<number>();
      const consumer = createTask(async () => {
        for await (const item of queue) assert.fail(`got ${item}`);
      });
      await sleep(0);
      await sleep(0);
      consumer.cancel();
      await assert.rejects(async () => await consumer, CancelledError);
      assert.equal(queue.statistics().getters, 0);
    });
  });

  it("stays fast with 200,000 items waiting", () => {
    const queue = new Queue<number>();
    for (let i = 0; i < 200_000; i++) queue.putNowait(i);
    for (let i = 0; i < 200_000; i++) {
      assert.equal(queue.getNowait(), i);
      if (i % 2 === 0) queue.putNowait(i);
    }
    assert.equal(queue.size, 100_000);
  });

  it("types its items through yield* and await", () => {
    const queue = new Queue<string>();
    function* inCoroutine(): CoroutineGenerator<number> {
      return (yield* queue.get()).length;
    }
    async function inAsync(): Promise<number> {
      return (await queue.get()).length;
    }
    assert.equal(typeof inCoroutine, typeof inAsync);
  });
});
