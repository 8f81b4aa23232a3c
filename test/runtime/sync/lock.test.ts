import assert from "node:assert/strict";
import { CancelledError, createTask, gather, Lock, run, RuntimeError, sleep } from "asyncscope";
import type { CoroutineGenerator } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { turns } from "../../support/turns.js";

describe("Lock", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    /** Takes the lock, says so, frees it; says when it was cancelled instead. */
    function* passes(lock: Lock, trace: Trace, name: string): CoroutineGenerator<void> {
      try {
        yield* wait(lock.acquire());
      } catch (error) {
        trace.mark(`cancelled ${name}`);
        throw error;
      }
      trace.mark(`got ${name}`);
      lock.release();
    }

    it("LK-01 serves waiters in the order in which they came, one for each release", () =>
      program(function* () {
        const trace = new Trace(form);
        const lock = new Lock();
        function* worker(name: string): CoroutineGenerator<void> {
          yield* wait(lock.acquire());
          trace.mark(`got ${name}`);
          yield* wait(sleep(0));
          trace.mark(`release ${name}`);
          lock.release();
        }
        assert.equal(yield* wait(lock.acquire()), true);
        const tasks = ["a", "b", "c"].map((name) => start(() => worker(name)));
        yield* wait(turns(3));
        trace.mark("release main");
        lock.release();
        yield* wait(gather(...tasks));
        trace.stop([
          "3:release main",
          "4:got a",
          "5:release a",
          "6:got b",
          "7:release b",
          "8:got c",
          "9:release c",
        ]);
      }));

    it("LK-02 gives a released lock to the queued waiter, also when the one who released it asks again", () =>
      program(function* () {
        const trace = new Trace(form);
        const lock = new Lock();
        yield* wait(lock.acquire());
        const waiter = start(() => passes(lock, trace, "waiter"));
        yield* wait(turns(2));
        lock.release();
        trace.mark(`locked ${lock.locked()}`);
        yield* wait(lock.acquire());
        trace.mark("got main");
        lock.release();
        yield* wait(waiter);
        trace.stop(["2:locked false", "3:got waiter", "4:got main"]);
      }));

    it("LK-03 takes a free lock without letting an iteration pass", () =>
      program(function* () {
        const trace = new Trace(form);
        const lock = new Lock();
        for (let i = 0; i < 3; i++) {
          yield* wait(lock.acquire());
          trace.mark("got");
          lock.release();
        }
        trace.stop(["0:got", "0:got", "0:got"]);
      }));

    it("LK-04 refuses to release a lock that is not locked", () =>
      program(function* () {
        const lock = new Lock({ name: "db" });
        assert.throws(() => lock.release(), { name: "RuntimeError", message: /lock "db" is not acquired/ });
        yield* wait(lock.acquire());
        lock.release();
        assert.throws(() => lock.release(), RuntimeError);
      }));

    it("LK-05 forgets a waiter that is cancelled", () =>
      program(function* () {
        const lock = new Lock();
        yield* wait(lock.acquire());
        const waiter = start(function* () {
          yield* wait(lock.acquire());
        });
        yield* wait(turns(2));
        assert.equal(lock.statistics().waiters, 1);
        waiter.cancel("enough");
        assert.equal(lock.statistics().waiters, 0);
        yield* wait(gather([waiter], { returnExceptions: true }));
        assert.ok(waiter.cancelled());
        assert.equal(lock.locked(), true);
        lock.release();
        assert.equal(lock.locked(), false);
        // Nothing is left that a newcomer would have to stand behind.
        const trace = new Trace(form);
        yield* wait(lock.acquire());
        trace.mark("got");
        trace.stop(["0:got"]);
      }));

    it("LK-06 gives the lock to the next when the head waiter is cancelled just before the release", () =>
      program(function* () {
        const trace = new Trace(form);
        const lock = new Lock();
        yield* wait(lock.acquire());
        const a = start(() => passes(lock, trace, "a"));
        const b = start(() => passes(lock, trace, "b"));
        yield* wait(turns(2));
        a.cancel();
        lock.release();
        trace.mark("released");
        yield* wait(gather([a, b], { returnExceptions: true }));
        assert.ok(a.cancelled());
        trace.stop(["2:released", "3:cancelled a", "4:got b"]);
      }));

    it("LK-06 gives the lock to the next when the head waiter is cancelled just after it was woken", () =>
      program(function* () {
        const trace = new Trace(form);
        const lock = new Lock();
        yield* wait(lock.acquire());
        const a = start(() => passes(lock, trace, "a"));
        const b = start(() => passes(lock, trace, "b"));
        yield* wait(turns(2));
        lock.release();
        a.cancel();
        trace.mark("released");
        yield* wait(gather([a, b], { returnExceptions: true }));
        assert.ok(a.cancelled());
        trace.stop(["2:released", "3:cancelled a", "4:got b"]);
      }));

    it("LK-07 never grants the lock twice in the race between cancel and release", () =>
      program(function* () {
        const lock = new Lock();
        let inside = 0;
        function* exclusive(): CoroutineGenerator<void> {
          yield* wait(lock.acquire());
          assert.equal(++inside, 1);
          yield* wait(turns(2));
          inside--;
          lock.release();
        }
        yield* wait(lock.acquire());
        const tasks = Array.from({ length: 6 }, () => start(exclusive));
        yield* wait(turns(2));
        lock.release();
        tasks[0]!.cancel();
        tasks[1]!.cancel();
        // A newcomer in the middle of the race.
        const late = start(exclusive);
        const outcomes = yield* wait(gather([...tasks, late], { returnExceptions: true }));
        assert.deepEqual(
          outcomes.map((outcome) => outcome instanceof CancelledError),
          [true, true, false, false, false, false, false],
        );
        assert.equal(lock.locked(), false);
      }));

    it("releases at the end of withLock, whatever happens in it", () =>
      program(function* () {
        const lock = new Lock();
        const result = yield* wait(
          lock.withLock(
            form.body(function* (given: Lock) {
              assert.equal(given, lock);
              assert.equal(lock.locked(), true);
              yield* wait(sleep(5));
              return "result";
            }),
          ),
        );
        assert.equal(result, "result");
        assert.equal(lock.locked(), false);
        yield* rejects(
          lock.withLock(
            form.body(function* () {
              throw new RangeError("inside");
            }),
          ),
          /inside/,
        );
        assert.equal(lock.locked(), false);
        const stuck = start(function* () {
          yield* wait(
            lock.withLock(
              form.body(function* () {
                yield* wait(sleep(1000));
              }),
            ),
          );
        });
        yield* wait(turns(3));
        assert.equal(lock.locked(), true);
        stuck.cancel();
        yield* wait(gather([stuck], { returnExceptions: true }));
        assert.equal(lock.locked(), false);
      }));

    function* rejects(awaitable: Parameters<typeof wait>[0], message: RegExp): CoroutineGenerator<void> {
      try {
        yield* wait(awaitable);
      } catch (error) {
        assert.match((error as Error).message, message);
        return;
      }
      assert.fail("it did not throw");
    }

    it("says who holds it, since when, and who waits", () =>
      program(function* () {
        const lock = new Lock({ name: "db" });
        const holder = start(
          function* () {
            yield* wait(sleep(20));
            yield* wait(lock.acquire());
            yield* wait(sleep(20));
            lock.release();
          },
          { name: "holder" },
        );
        const waiter = start(function* () {
          yield* wait(sleep(30));
          yield* wait(lock.acquire());
        });
        yield* wait(sleep(35));
        assert.deepEqual(lock.statistics(), { locked: true, owner: holder, waiters: 1 });
        assert.deepEqual(lock._inspect(), { state: "locked", owner: holder, ownedSince: 20 });
        const [waiting] = [...lock._waiters()];
        assert.equal(waiting!.role, "waiter");
        assert.equal(waiting!.since, 30);
        assert.deepEqual({ ...waiting!.future._origin }, { kind: "lock", resource: lock });
        yield* wait(waiter);
        assert.equal(lock.statistics().owner, waiter);
        lock.release();
        assert.deepEqual(lock._inspect(), { state: "unlocked", owner: null });
      }));

    it("LK-08 belongs to the loop in which somebody first waited for it", async () => {
      const lock = new Lock();
      await program(function* () {
        yield* wait(lock.acquire());
        const other = start(function* () {
          yield* wait(lock.acquire());
        });
        yield* wait(turns(2));
        lock.release();
        yield* wait(other);
      });
      // Still locked: another loop would have to wait.
      await program(function* () {
        yield* rejects(lock.acquire(), /is bound to a different event loop/);
      });
    });
  });

  it("hold() keeps it until the end of the block, in an async function", async () => {
    const lock = new Lock();
    await run(async () => {
      {
        await using _ = await lock.hold();
        assert.equal(lock.locked(), true);
      }
      assert.equal(lock.locked(), false);
      const guard = await lock.hold();
      guard[Symbol.dispose]();
      guard[Symbol.dispose]();
      assert.equal(lock.locked(), false);
    });
  });

  it("hold() keeps it until the end of the block, in a coroutine", async () => {
    const lock = new Lock();
    await run(function* () {
      const inside = createTask(function* () {
        using _ = yield* lock.hold();
        yield* sleep(1);
        throw new RangeError("inside");
      });
      yield* turns(1);
      assert.equal(lock.locked(), true);
      const [outcome] = yield* gather([inside], { returnExceptions: true });
      assert.ok(outcome instanceof RangeError);
      assert.equal(lock.locked(), false);
    });
  });
});
