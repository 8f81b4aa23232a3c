import assert from "node:assert/strict";
import { EventFlag } from "@asyncscope/protocol";
import { coro, createTask, Event, gather, Lock, Queue, sleep, wait } from "asyncscope";
import { chunk, eventsOf, linesOf, record, start, stop } from "./support/recorded.js";
import { inspector, listen, tree, watched } from "./support/watched.js";

describe("A recording for a timeline", () => {
  it("says who runs, what each waits for and who woke it", async () => {
    const lines = await record(
      coro(function* program() {
        const jobs = new Queue<number>(1, { name: "jobs" });
        const db = new Lock({ name: "db" });
        const read = coro(function* reads() {
          yield* jobs.get();
          yield* db.withLock(() => sleep(5));
        });
        const hold = coro(function* holds() {
          yield* db.withLock(() => sleep(20));
        });
        const reader = createTask(read(), { name: "reader" });
        const holder = createTask(hold(), { name: "holder" });
        yield* sleep(10);
        yield* jobs.put(1);
        yield* sleep(0);
        yield* gather(reader, holder);
      })(),
    );
    assert.deepEqual(lines, [
      "0 main created by the loop",
      "0 main entered",
      "0 main left foreign",
      "0 program created by main in program",
      "0 main left task program",
      "0 program entered",
      "0 reader created by program in reads",
      "0 holder created by program in holds",
      "0 program left sleep 10 ms in program",
      "0 reader entered",
      "0 reader left queue-get Queue jobs in reads",
      "0 holder entered",
      "0 holder left sleep 20 ms in holds",
      "10 program scheduled by the loop",
      "10 program entered",
      "10 reader scheduled by program",
      "10 program left ready in program",
      "10 reader entered",
      "10 reader left lock Lock db held by holder in reads",
      "10 program entered",
      "10 program left gather reader in program",
      "20 holder scheduled by the loop",
      "20 holder entered",
      "20 reader scheduled by holder",
      "20 holder done well",
      "20 reader entered",
      "20 reader left sleep 5 ms in reads",
      "25 reader scheduled by the loop",
      "25 reader entered",
      "25 reader done well",
      "25 program scheduled by the loop",
      "25 program entered",
      "25 main scheduled by program",
      "25 program done well",
      "25 main left foreign",
      "25 main named",
    ]);
  });

  it("says it of async functions, with the lines of their awaits", async () => {
    await watched(
      async () => {
        const gate = new Event({ name: "gate" });
        start();
        const waiter = createTask(
          async function waits() {
            await gate.wait();
          },
          { name: "waiter" },
        );
        await sleep(3);
        gate.set();
        await waiter;
        stop();
        const reply = chunk();
        assert.ok(linesOf(reply).includes("0 waiter left event Event gate in waits"));
        assert.ok(linesOf(reply).includes("3 waiter scheduled by main"));
        const { site, task } = eventsOf(reply).find(({ a, type }) => type === "left" && a !== 0 && a < 2)!;
        assert.match(reply.sites.find(({ id }) => id === site)!.url, /recording\.test/);
        const created = eventsOf(reply).find((event) => event.type === "created" && event.task === task)!;
        assert.equal(created.flags, EventFlag.async);
        assert.notEqual(created.site, 0);
      },
      { captureSites: true },
    );
  });

  it("says how tasks end, and who asked for a cancel", async () => {
    const lines = await record(function* () {
      const failing = createTask(
        function* () {
          yield* sleep(1);
          throw new Error("no");
        },
        { name: "failing" },
      );
      const cancelled = createTask(sleep(100), { name: "cancelled" });
      yield* sleep(2);
      cancelled.cancel();
      yield* wait([failing, cancelled]);
    });
    const ends = lines.filter((line) => / (done|cancelled by) /.test(line));
    assert.deepEqual(ends, [
      "1 failing done failed",
      "2 cancelled cancelled by program",
      "2 cancelled done cancelled",
      "2 program done well",
    ]);
  });

  it("begins with the tasks that are there, and ends with the names that they have by then", async () => {
    await watched(function* () {
      const idle = createTask(sleep(50));
      createTask(sleep(50)).setName("known");
      yield* sleep(1);
      start();
      idle.setName("renamed");
      createTask(sleep(1)).setName("short");
      yield* sleep(5);
      const state = stop();
      assert.equal(state.recording, false);
      assert.equal(state.start, 1);
      const events = eventsOf(chunk());
      const existed = events.filter(({ type, flags }) => type === "created" && flags & EventFlag.existed);
      assert.deepEqual(
        existed.map(({ label, b }) => label ?? (b > 0 ? "Task-N" : "")),
        ["main", "Task-N", "known"],
      );
      const lines = linesOf(chunk({ from: 0 }));
      assert.ok(lines.includes("1 renamed left sleep 49 ms"));
      assert.ok(lines.includes("2 short done well"));
    });
  });

  it("is read piece by piece while it goes on; what was overwritten is counted", async () => {
    await watched(function* () {
      start({ capacity: 1024 });
      yield* sleep(1);
      const first = chunk({ from: 0, limit: 2 });
      assert.deepEqual([first.from, first.to, first.recording], [0, 2, true]);
      const second = chunk();
      assert.deepEqual([second.from, second.to], [2, second.next]);
      for (let i = 0; i < 1000; i++) yield* sleep(0);
      const late = chunk({ from: second.to });
      assert.equal(late.from, late.next - 1024);
      assert.equal(eventsOf(late).length, 1024);
      assert.equal(late.events.length, 2, "the ring began anew in between");
      const numbers = eventsOf(late).map(({ number }) => number);
      assert.deepEqual([numbers[0], numbers.at(-1)], [late.from, late.to - 1]);
      const names = chunk({ from: late.to, knownFunctions: late.functions.length });
      assert.deepEqual([names.functions, names.events], [[], []]);
    });
  });

  it("listens beside the views, and neither takes the other's place", async () => {
    await watched(function* () {
      start();
      const { events, stop: deaf } = listen();
      tree();
      yield* sleep(1);
      assert.equal(events.length, 1);
      tree();
      yield* sleep(1);
      assert.equal(events.length, 2);
      deaf();
      const seen = stop().next;
      tree();
      yield* sleep(1);
      assert.equal(chunk().next, seen, "nothing is recorded any more");
    });
  });

  it("gives its memory back, and asking without one gives nothing", async () => {
    await watched(function* () {
      start();
      yield* sleep(1);
      inspector.dropRecording();
      assert.deepEqual([chunk().next, chunk().capacity, stop().recording], [0, 0, false]);
      inspector.dropRecording();
      start();
      inspector.disable();
      assert.equal(chunk().recording, false);
      yield* sleep(1);
      assert.equal(chunk().next, 0);
    });
  });

  it("of many tasks that are there takes in as many as fit, and says how many it hides", async () => {
    await watched(function* () {
      for (let i = 0; i < 300; i++) createTask(sleep(50));
      yield* sleep(1);
      const { hiddenTasks, next } = start({ capacity: 1024 });
      assert.equal(hiddenTasks, 301 - 256);
      assert.equal(next, 2 * 256);
    });
  });
});
