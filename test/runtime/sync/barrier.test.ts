import assert from "node:assert/strict";
import { Barrier, BrokenBarrierError, gather, RuntimeError, sleep, timeout, ValueError } from "asyncscope";
import type { CoroutineGenerator, Task } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("Barrier", () => {
  it("BA-01 needs a whole number of parties, 1 or more", () => {
    for (const parties of [0, -1, 1.5, NaN, Infinity])
      assert.throws(() => new Barrier(parties), { name: "ValueError", message: /1 or more parties/ });
    assert.ok(new ValueError() instanceof RangeError);
    assert.equal(new Barrier(5).parties, 5);
  });

  inBothForms((form) => {
    const { wait, start, program, body } = form;

    /** Tasks that wait once each; their indices, or the names of their errors. */
    function arrive(barrier: Barrier, count: number): Task<number>[] {
      return Array.from({ length: count }, () =>
        start(function* () {
          return yield* wait(barrier.wait());
        }),
      );
    }

    function* outcomes(tasks: readonly Task<unknown>[]): CoroutineGenerator<unknown[]> {
      const results = yield* wait(gather(tasks, { returnExceptions: true }));
      return results.map((result) => (result instanceof Error ? result.name : result));
    }

    it("BA-02 gives each task of a round its number, in the order of arrival; the last goes on at once", () =>
      program(function* () {
        const trace = new Trace(form);
        const barrier = new Barrier(3);
        const tasks = ["a", "b", "c"].map((name, n) =>
          start(function* () {
            yield* wait(turns(n));
            trace.mark(`arrives ${name}`);
            trace.mark(`${name} is ${yield* wait(barrier.wait())}`);
          }),
        );
        yield* wait(gather(...tasks));
        trace.stop(["1:arrives a", "2:arrives b", "3:arrives c", "3:c is 2", "4:a is 0", "4:b is 1"]);
      }));

    it("BA-02 the numbers of a round differ also when somebody left before it was full", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const tasks = arrive(barrier, 2);
        yield* wait(turns(2));
        tasks[0]!.cancel();
        yield* wait(turns(2));
        tasks.push(...arrive(barrier, 2));
        assert.deepEqual(yield* outcomes(tasks), ["CancelledError", 0, 1, 2]);
      }));

    it("BA-03 a barrier of one never blocks", () =>
      program(function* () {
        const trace = new Trace(form);
        const barrier = new Barrier(1);
        for (let n = 0; n < 3; n++) trace.mark(String(yield* wait(barrier.wait())));
        trace.stop(["0:0", "0:0", "0:0"]);
        assert.equal(barrier.nWaiting, 0);
      }));

    it("BA-04 serves round after round", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const rounds: number[] = [];
        const tasks = Array.from({ length: 3 }, () =>
          start(function* () {
            for (let round = 0; round < 4; round++) {
              yield* wait(barrier.wait());
              rounds.push(round);
            }
          }),
        );
        yield* wait(gather(...tasks));
        assert.deepEqual(rounds, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
        assert.deepEqual(barrier.statistics(), { state: "filling", parties: 3, arrived: 0, waiters: 0 });
      }));

    it("BA-04 who comes while it drains waits for the next round", () =>
      program(function* () {
        const barrier = new Barrier(2);
        const first = arrive(barrier, 1);
        yield* wait(turns(2));
        assert.equal(yield* wait(barrier.wait()), 1);
        // The first one has been woken and has not gone on.
        const next = start(function* () {
          return yield* wait(barrier.wait());
        });
        const late = yield* wait(
          timeout(
            50,
            body(function* () {
              yield* wait(turns(6));
              return barrier.nWaiting;
            }),
          ),
        );
        assert.equal(late, 1);
        assert.equal(next.done(), false);
        assert.deepEqual(yield* outcomes([...first, next, ...arrive(barrier, 1)]), [0, 0, 1]);
      }));

    it("BA-05 drains until the last has gone on; nobody counts as waiting meanwhile", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const seen: unknown[] = [];
        const tasks = arrive(barrier, 2);
        const look = (): void => {
          const { state, arrived } = barrier.statistics();
          seen.push([state, arrived, barrier.nWaiting, barrier.broken]);
        };
        yield* wait(turns(2));
        look();
        const last = barrier.wait();
        yield* wait(last);
        look();
        // Blocked: it comes while the others have not gone on.
        const blocked = start(function* () {
          const index = barrier.wait();
          look();
          return yield* wait(index);
        });
        yield* outcomes(tasks);
        yield* wait(turns(2));
        look();
        assert.deepEqual(seen.slice(0, 2), [
          ["filling", 2, 2, false],
          ["draining", 0, 0, false],
        ]);
        assert.deepEqual(seen.at(-1), ["filling", 1, 1, false]);
        yield* outcomes([blocked, ...arrive(barrier, 2)]);
      }));

    it("BA-06 a cancelled waiter is not counted any more and breaks nothing", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const tasks = arrive(barrier, 2);
        yield* wait(turns(2));
        assert.equal(barrier.nWaiting, 2);
        tasks[1]!.cancel();
        yield* wait(turns(2));
        assert.equal(barrier.nWaiting, 1);
        assert.equal(barrier.broken, false);
        tasks.push(...arrive(barrier, 2));
        assert.deepEqual(yield* outcomes(tasks), [0, "CancelledError", 1, 2]);
      }));

    it("BA-06 a waiter that is cancelled as it is let go leaves the round complete", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const tasks = arrive(barrier, 2);
        yield* wait(turns(2));
        yield* wait(barrier.wait());
        tasks[0]!.cancel();
        assert.deepEqual(yield* outcomes(tasks), ["CancelledError", 1]);
        assert.deepEqual(barrier.statistics(), { state: "filling", parties: 3, arrived: 0, waiters: 0 });
        assert.deepEqual((yield* outcomes(arrive(barrier, 3))).sort(), [0, 1, 2]);
      }));

    it("BA-06 when one is cancelled the next one is woken and goes to the end of the queue, as in asyncio", () =>
      program(function* () {
        const barrier = new Barrier(4);
        const log: string[] = [];
        const arrivals = function* (...names: string[]): CoroutineGenerator<Task<unknown>[]> {
          const tasks = names.map((name) =>
            start(function* () {
              yield* wait(barrier.wait());
              log.push(name);
            }),
          );
          yield* wait(turns(2));
          return tasks;
        };
        const first = yield* arrivals("a", "b", "c");
        first[0]!.cancel();
        yield* wait(turns(2));
        assert.equal(barrier.nWaiting, 2);
        const rest = yield* arrivals("d", "e");
        yield* outcomes([...first, ...rest]);
        assert.deepEqual(log, ["e", "c", "b", "d"]);
      }));

    it("BA-06 a timeout around wait() leaves the barrier usable", () =>
      program(function* () {
        const barrier = new Barrier(2);
        const error = yield* thrownBy(
          form,
          timeout(
            5,
            body(function* () {
              yield* wait(barrier.wait());
            }),
          ),
        );
        assert.equal((error as Error).name, "TimeoutError");
        assert.deepEqual(yield* outcomes(arrive(barrier, 2)), [0, 1]);
      }));

    it("BA-07 reset() throws BrokenBarrierError in those who wait and leaves it usable", () =>
      program(function* () {
        const barrier = new Barrier(3, { name: "start" });
        const tasks = arrive(barrier, 2);
        yield* wait(turns(2));
        yield* wait(barrier.reset());
        // Comes while the two are on their way out.
        const next = arrive(barrier, 1);
        const error = yield* thrownBy(form, tasks[0]!);
        assert.ok(error instanceof BrokenBarrierError);
        assert.ok(error instanceof RuntimeError);
        assert.match(error.message, /barrier "start" was reset while this task waited/);
        assert.deepEqual(yield* outcomes(tasks), ["BrokenBarrierError", "BrokenBarrierError"]);
        assert.equal(barrier.broken, false);
        assert.deepEqual(yield* outcomes([...next, ...arrive(barrier, 2)]), [0, 1, 2]);
      }));

    it("BA-07 reset() of one at which nobody waits changes nothing", () =>
      program(function* () {
        const barrier = new Barrier(2);
        yield* wait(barrier.reset());
        assert.deepEqual(yield* outcomes(arrive(barrier, 2)), [0, 1]);
      }));

    it("BA-07 who waits again after a reset belongs to the next round", () =>
      program(function* () {
        const barrier = new Barrier(2);
        const again = start(function* () {
          try {
            yield* wait(barrier.wait());
          } catch (error) {
            assert.ok(error instanceof BrokenBarrierError);
          }
          return yield* wait(barrier.wait());
        });
        yield* wait(turns(2));
        yield* wait(barrier.reset());
        assert.deepEqual((yield* outcomes([again, ...arrive(barrier, 1)])).sort(), [0, 1]);
      }));

    it("BA-08 reset() while it drains reaches those still inside, not those who wait for the next round", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const inside = arrive(barrier, 2);
        yield* wait(turns(2));
        yield* wait(barrier.wait());
        assert.equal(barrier.statistics().state, "draining");
        const blocked = arrive(barrier, 2);
        // Reset in the iteration in which the two inside would go on, before they do.
        yield* wait(barrier.reset());
        assert.equal(barrier.statistics().state, "resetting");
        assert.deepEqual(yield* outcomes(inside), ["BrokenBarrierError", "BrokenBarrierError"]);
        yield* wait(turns(4));
        assert.deepEqual(barrier.statistics(), { state: "filling", parties: 3, arrived: 2, waiters: 2 });
        assert.deepEqual(yield* outcomes([...blocked, ...arrive(barrier, 1)]), [0, 1, 2]);
      }));

    it("BA-09 abort() throws BrokenBarrierError in those who wait and those who come, until reset()", () =>
      program(function* () {
        const barrier = new Barrier(3, { name: "start" });
        const tasks = arrive(barrier, 2);
        yield* wait(turns(2));
        yield* wait(barrier.abort());
        assert.equal(barrier.broken, true);
        assert.equal(barrier.nWaiting, 0);
        assert.deepEqual(yield* outcomes(tasks), ["BrokenBarrierError", "BrokenBarrierError"]);
        const error = yield* thrownBy(form, barrier.wait());
        assert.ok(error instanceof BrokenBarrierError);
        assert.match(error.message, /barrier "start" was aborted: reset\(\) makes it usable again/);
        yield* wait(barrier.reset());
        assert.equal(barrier.broken, false);
        assert.deepEqual(yield* outcomes(arrive(barrier, 3)), [0, 1, 2]);
      }));

    it("BA-09 abort() while it drains reaches those inside and those who wait for the next round", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const tasks = arrive(barrier, 2);
        yield* wait(turns(2));
        yield* wait(barrier.wait());
        tasks.push(...arrive(barrier, 2));
        yield* wait(barrier.abort());
        assert.deepEqual(yield* outcomes(tasks), Array(4).fill("BrokenBarrierError"));
        assert.equal(barrier.broken, true);
      }));

    it("BA-09 reset() right after abort() still breaks the waits of those who were there", () =>
      program(function* () {
        const barrier = new Barrier(3);
        const tasks = arrive(barrier, 2);
        yield* wait(turns(2));
        yield* wait(barrier.abort());
        yield* wait(barrier.reset());
        assert.deepEqual(yield* outcomes(tasks), ["BrokenBarrierError", "BrokenBarrierError"]);
        assert.deepEqual(yield* outcomes(arrive(barrier, 3)), [0, 1, 2]);
      }));

    it("an error after wait() leaves the barrier as it is", () =>
      program(function* () {
        const barrier = new Barrier(1);
        const task = start(function* () {
          yield* wait(barrier.wait());
          throw new RangeError("in the body");
        });
        assert.deepEqual(yield* outcomes([task]), ["RangeError"]);
        assert.equal(barrier.broken, false);
        yield* wait(sleep(0));
      }));

    it("LK-08 belongs to the loop in which somebody first waited at it", async () => {
      const barrier = new Barrier(2);
      await program(function* () {
        yield* outcomes(arrive(barrier, 2));
      });
      await program(function* () {
        const error = yield* thrownBy(form, barrier.wait());
        assert.match((error as Error).message, /is bound to a different event loop/);
        assert.equal(barrier.nWaiting, 0);
      });
    });
  });
});
