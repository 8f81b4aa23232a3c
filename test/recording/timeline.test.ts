import assert from "node:assert/strict";
import { createTask, Lock, Queue, sleep } from "asyncscope";
import { fileOf, read, stretches } from "./support/made.js";

describe("A timeline", () => {
  it("shows of each task when it ran, was ready and waited, for what, and who woke it", async () => {
    const made = read(
      await fileOf(
        (clock) =>
          function* () {
            const jobs = new Queue<number>(1, { name: "jobs" });
            const db = new Lock({ name: "db" });
            createTask(
              db.withLock(() => sleep(20)),
              { name: "holder" },
            );
            const reader = createTask(
              function* reads() {
                yield* jobs.get();
                yield* db.withLock(() => sleep(5));
              },
              { name: "reader" },
            );
            yield* sleep(10);
            yield* jobs.put(1);
            clock.advance(2);
            yield* reader;
          },
      ),
    );
    assert.deepEqual(made.problems, []);
    assert.deepEqual(stretches(made, "program"), [
      "0-10 waits for timer 10 ms",
      "10-12 runs",
      "12-25 waits for task reader",
      "25-25 ready to run, woken by reader",
    ]);
    assert.deepEqual(stretches(made, "reader"), [
      "0-10 waits for Queue jobs",
      "10-12 ready to run, woken by program",
      "12-20 waits for Lock db held by holder",
      "20-20 ready to run, woken by holder",
      "20-25 waits for timer 5 ms",
    ]);
  });

  it("tells when an async function ran, also between two awaits and beside others", async () => {
    const made = read(
      await fileOf((clock) => async () => {
        const spend = (milliseconds: number): void => clock.advance(milliseconds);
        const work = (name: string): unknown =>
          createTask(
            async () => {
              spend(1);
              await sleep(10);
              spend(2);
              await sleep(0);
              spend(3);
              await sleep(1);
            },
            { name },
          );
        await Promise.all([work("a"), work("b")]);
      }),
    );
    const busy = (name: string): string[] => stretches(made, name).filter((line) => / runs$/.test(line));
    const length = (lines: string[]): number =>
      lines.reduce((sum, line) => sum + (Number(/-(\S+)/.exec(line)![1]) - Number.parseFloat(line)), 0);
    assert.equal(length(busy("a")), 6);
    assert.equal(length(busy("b")), 6);
    assert.equal(busy("a").length, 3);
  });

  it("puts each task below the one that created it", async () => {
    const { timeline, lanes } = read(
      await fileOf(
        () =>
          function* () {
            const inner = createTask(
              function* () {
                yield* createTask(sleep(1), { name: "innermost" });
              },
              { name: "inner" },
            );
            createTask(sleep(1), { name: "second" });
            yield* inner;
          },
      ),
    );
    assert.deepEqual(
      lanes.order.map((task) => `${"  ".repeat(lanes.depth[task]!)}${timeline.tasks[task]!.name}`),
      ["main", "  program", "    inner", "      innermost", "    second"],
    );
    for (const [lane, task] of lanes.order.entries()) assert.equal(lanes.lane[task], lane);
  });

  it("sums up any piece of a lane, however many stretches it has", async () => {
    const { timeline, lanes } = read(
      await fileOf(
        (clock) =>
          function* () {
            const busy = createTask(
              function* () {
                for (let i = 0; i < 1000; i++) {
                  clock.advance(1);
                  yield* sleep(3);
                }
              },
              { name: "busy" },
            );
            yield* busy;
          },
      ),
    );
    const task = timeline.tasks.findIndex(({ name }) => name === "busy");
    const { running, waiting } = lanes.totals(task);
    assert.equal(running.total, 1000 * 10_000);
    assert.equal(waiting.total, 3000 * 10_000);
    assert.equal(running.buckets[10], 1000, "1 ms is up to 2^10 µs");
    assert.equal(lanes.totals().running.total, 1000 * 10_000);
    const ran = new Float32Array(7);
    const ready = new Float32Array(7);
    lanes.bins(task, 0, timeline.lastTime, ran, ready);
    for (const part of ran) assert.ok(Math.abs(part - 0.25) < 0.001, `${part}`);
    let seen = 0;
    assert.equal(
      lanes.between(task, 0, timeline.lastTime, 100, () => seen++),
      false,
    );
    assert.equal(seen, 0);
    assert.equal(
      lanes.between(task, 0, 80_000, 100, () => seen++),
      true,
    );
    assert.equal(seen, 5);
    assert.equal(lanes.at(task, 15_000)!.start, 10_000);
    assert.equal(lanes.at(task, -1), undefined);
    assert.equal(lanes.at(task, timeline.lastTime + 1), undefined);
  });

  it("finds whom a task woke in a piece of time", async () => {
    const { timeline, lanes } = read(
      await fileOf(
        (clock) =>
          function* () {
            const jobs = new Queue<number>(1);
            const reader = createTask(
              function* () {
                for (let i = 0; i < 3; i++) yield* jobs.get();
              },
              { name: "reader" },
            );
            for (let i = 0; i < 3; i++) {
              yield* sleep(5);
              jobs.putNowait(i);
              clock.advance(1);
            }
            yield* reader;
          },
      ),
    );
    const place = (wanted: string): number => timeline.tasks.findIndex(({ name }) => name === wanted);
    const woken: number[] = [];
    lanes.wokenBy(place("program"), 60_000, 175_000, 10, ({ task, start }) => {
      assert.equal(task, place("reader"));
      woken.push(start / 10_000);
    });
    assert.deepEqual(woken, [11, 17]);
  });
});
