import assert from "node:assert/strict";
import {
  CancelledError,
  coro,
  EventLoop,
  gather,
  getRunningLoop,
  run,
  RuntimeError,
  sleep,
  ValueError,
  WorkerPool,
} from "asyncscope";
import type { ExceptionContext } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { Gate, holdAtGate, threadModule, threadProgram } from "../../support/threads.js";

const threadOf = { module: threadModule("work.mjs"), export: "whereAmI" };

describe("executors", function () {
  this.timeout(15_000);
  inBothForms((form) => {
    it("EX-01 runInExecutor gives a future at once, and the loop goes on while the thread works", () =>
      threadProgram(form, function* () {
        const gate = new Gate();
        const future = getRunningLoop().runInExecutor(null, holdAtGate<string>, gate.cells, "done");
        assert.equal(future.done(), false);
        yield* gate.untilArrived(form);
        assert.equal(future.done(), false);
        gate.open();
        assert.equal(yield* form.wait(future), "done");
      }));

    it("EX-02 a cancel gives the wait up, the work goes on and its result is dropped", () =>
      threadProgram(form, function* () {
        const gate = new Gate();
        const loop = getRunningLoop();
        const future = loop.runInExecutor(null, holdAtGate<number>, gate.cells, 1);
        yield* gate.untilArrived(form);
        assert.equal(future.cancel("enough"), true);
        const error = yield* thrownBy(form, future);
        assert.ok(error instanceof CancelledError);
        gate.open();
        while (gate.passed === 0) yield* form.wait(sleep(1));
        assert.ok(future.cancelled());
        yield* form.wait(loop.shutdownDefaultExecutor());
      }));

    it("EX-02 what comes after the loop was closed is dropped", async () => {
      const gate = new Gate();
      const loop = new EventLoop();
      const pool = new WorkerPool({ size: 1 });
      loop.setDefaultExecutor(pool);
      const future = loop.runInExecutor(null, holdAtGate<number>, gate.cells, 1);
      const main = loop.createTask(form.body(() => gate.untilArrived(form)));
      await loop.runUntilComplete(main);
      loop.close();
      gate.open();
      // Ended: whatever the thread had to say has been said.
      await pool[Symbol.asyncDispose]();
      assert.equal(gate.passed, 1);
      assert.equal(future.done(), false);
    });

    it("a job that is cancelled in the queue never runs", () =>
      threadProgram(form, function* () {
        const gate = new Gate();
        const loop = getRunningLoop();
        const pool = new WorkerPool({ size: 1 });
        const first = loop.runInExecutor(pool, holdAtGate<string>, gate.cells, "first");
        const second = loop.runInExecutor(pool, holdAtGate<string>, gate.cells, "second");
        const third = loop.runInExecutor(pool, holdAtGate<string>, gate.cells, "third");
        assert.deepEqual(pool.statistics(), { size: 1, workers: 1, busy: 1, queued: 2 });
        second.cancel();
        assert.equal(pool.statistics().queued, 1);
        gate.open();
        assert.deepEqual(yield* form.wait(gather(first, third)), ["first", "third"]);
        assert.equal(gate.arrived, 2);
        assert.equal(yield* form.wait(pool.shutdown()), true);
      }));

    it("EX-04 shutdownDefaultExecutor with a timeout warns, ends the threads and continues", () =>
      threadProgram(form, function* () {
        const gate = new Gate();
        const loop = getRunningLoop();
        const warnings: Error[] = [];
        const listen = (warning: Error): void => void warnings.push(warning);
        process.on("warning", listen);
        try {
          const stuck = loop.runInExecutor(null, holdAtGate<number>, gate.cells, 1);
          yield* gate.untilArrived(form);
          yield* form.wait(loop.shutdownDefaultExecutor({ timeout: 10 }));
          const error = (yield* thrownBy(form, stuck)) as Error;
          assert.equal(error.name, "BrokenWorkerError");
          assert.match(error.message, /worker 1 ended while it ran holdAtGate: the pool was shut down/);
          while (warnings.length === 0) yield* form.wait(sleep(1));
        } finally {
          process.off("warning", listen);
        }
        assert.deepEqual(
          warnings.map(({ name }) => name),
          ["RuntimeWarning"],
        );
        assert.match(warnings[0]!.message, /within 10 ms/);
      }));

    it("shutdownDefaultExecutor waits for all jobs, then the loop's executor takes no more", () =>
      threadProgram(form, function* () {
        const loop = getRunningLoop();
        const jobs = Array.from({ length: 20 }, (_, i) => loop.runInExecutor(null, (n: number) => n * n, i));
        yield* form.wait(loop.shutdownDefaultExecutor());
        assert.ok(jobs.every((job) => job.done()));
        assert.throws(() => loop.runInExecutor(null, () => 1), {
          name: "RuntimeError",
          message: /default executor of this loop was shut down/,
        });
        yield* form.wait(loop.shutdownDefaultExecutor());
      }));

    it("shutdown waits for what was given, refuses more, and can cancel what has not begun", () =>
      threadProgram(form, function* () {
        const gate = new Gate();
        const loop = getRunningLoop();
        const pool = new WorkerPool({ size: 1, name: "hashing" });
        const first = loop.runInExecutor(pool, holdAtGate<number>, gate.cells, 1);
        const second = loop.runInExecutor(pool, holdAtGate<number>, gate.cells, 2);
        const end = pool.shutdown({ cancelQueued: true });
        assert.throws(() => loop.runInExecutor(pool, () => 1), {
          name: "RuntimeError",
          message: /worker pool "hashing" was shut down/,
        });
        assert.ok(second.cancelled());
        gate.open();
        assert.equal(yield* form.wait(end), true);
        assert.equal(first.result(), 1);
        assert.equal(pool.statistics().workers, 0);
      }));

    it("threads are started when they are needed, up to the size, and used again", () =>
      threadProgram(form, function* () {
        const loop = getRunningLoop();
        const pool = new WorkerPool({ size: 2 });
        assert.equal(pool.statistics().workers, 0);
        const one = yield* form.wait(loop.runInExecutor(pool, threadOf));
        const two = yield* form.wait(loop.runInExecutor(pool, threadOf));
        assert.equal(one, two);
        assert.equal(pool.statistics().workers, 1);
        const gate = new Gate();
        const held = [1, 2, 3].map((n) => loop.runInExecutor(pool, holdAtGate<number>, gate.cells, n));
        yield* gate.untilArrived(form, 2);
        assert.deepEqual(pool.statistics(), { size: 2, workers: 2, busy: 2, queued: 1 });
        gate.open();
        assert.deepEqual(yield* form.wait(gather(held)), [1, 2, 3]);
        yield* form.wait(pool.shutdown());
      }));

    it("a loop uses the pool that it was given as its default", () =>
      threadProgram(form, function* () {
        const loop = getRunningLoop();
        const pool = new WorkerPool({ size: 1 });
        loop.setDefaultExecutor(pool);
        yield* form.wait(loop.runInExecutor(null, threadOf));
        assert.equal(pool.statistics().workers, 1);
        assert.throws(() => loop.setDefaultExecutor({} as never), TypeError);
        yield* form.wait(loop.shutdownDefaultExecutor());
        assert.equal(pool.statistics().workers, 0);
      }));

    it("an error that nobody catches in an idle thread is reported, and the pool goes on", async () => {
      const reports: ExceptionContext[] = [];
      await threadProgram(
        form,
        function* () {
          const loop = getRunningLoop();
          const pool = new WorkerPool({ size: 1, name: "leaky" });
          const gate = new Gate();
          const leave = (cells: Int32Array): string => {
            process.once("exit", () => {
              Atomics.store(cells, 2, 1);
              Atomics.notify(cells, 2);
            });
            setImmediate(() => {
              throw new RangeError("left over");
            });
            return "left";
          };
          const left = loop.runInExecutor(pool, leave, gate.cells);
          // This thread stands still until that one has ended, which no cell can say: its result must not be overtaken.
          Atomics.wait(gate.cells, 2, 0);
          Atomics.wait(gate.cells, 1, 0, 100);
          assert.equal(yield* form.wait(left), "left");
          while (reports.length === 0) yield* form.wait(sleep(1));
          assert.equal(yield* form.wait(loop.runInExecutor(pool, () => 5)), 5);
          yield* form.wait(pool.shutdown());
        },
        reports,
      );
      assert.match(reports[0]!.message, /worker pool "leaky": worker 1 ended between two jobs/);
      assert.match(String(reports[0]!.exception), /left over/);
    });
  });

  it("LP-15 a closed loop runs nothing in threads", () => {
    const loop = new EventLoop();
    loop.close();
    assert.throws(() => loop.runInExecutor(null, () => 1), RuntimeError);
  });

  it("LP-18 coroutine functions and coroutines are refused: they run in a loop", () => {
    const loop = new EventLoop({ debug: true });
    const work = coro(function* work() {});
    const attempts: unknown[] = [work, function* () {}, work(), 5, null, "work.js"];
    for (const attempt of attempts)
      assert.throws(() => loop.runInExecutor(null, attempt as () => void), TypeError);
    loop.close();
  });

  it("a pool has a size that makes sense", () => {
    for (const size of [0, -1, 1.5, NaN, 5000]) assert.throws(() => new WorkerPool({ size }), ValueError);
  });

  it("await using ends the threads when their work is done, without a loop", async () => {
    const loop = new EventLoop();
    const gate = new Gate();
    let pool: WorkerPool;
    {
      await using own = new WorkerPool({ size: 1 });
      pool = own;
      loop.runInExecutor(own, holdAtGate<number>, gate.cells, 1);
      gate.open();
    }
    assert.equal(gate.passed, 1);
    assert.equal(pool.statistics().workers, 0);
    assert.throws(() => pool.shutdown(), RuntimeError);
    loop.close();
  });

  it("run() ends when the threads of its executor have ended, on a virtual clock too", async () => {
    for (const clock of [undefined, new VirtualClock()]) {
      const gate = new Gate();
      const result = await run(
        async () => {
          const abandoned = getRunningLoop().runInExecutor(null, holdAtGate<number>, gate.cells, 1);
          while (gate.arrived === 0) await sleep(1);
          abandoned.cancel();
          gate.open();
          return "ended";
        },
        { loopFactory: () => new EventLoop(clock && { clock }) },
      );
      assert.equal(result, "ended");
      assert.equal(gate.passed, 1);
    }
  });
});
