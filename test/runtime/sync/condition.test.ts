import assert from "node:assert/strict";
import { CancelledError, Condition, gather, Lock, run, RuntimeError, sleep, timeout } from "asyncscope";
import type { Task } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { cancellationOf, thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("Condition", () => {
  inBothForms((form) => {
    const { wait, start, program, body } = form;

    /** Waits for one notification; says so, and whether it holds the lock then. */
    function waits(condition: Condition, log: (text: string) => void, name: string): Task<void> {
      return start(function* () {
        yield* wait(condition.acquire());
        try {
          assert.equal(yield* wait(condition.wait()), true);
          log(`woken ${name}`);
          assert.equal(condition.locked(), true);
        } catch (error) {
          assert.equal(condition.locked(), true, "thrown without the lock");
          log(`${(error as Error).name} ${name}`);
          throw error;
        } finally {
          condition.release();
        }
      });
    }

    it("CO-01 refuses wait, notify and notifyAll while nobody holds the lock", () =>
      program(function* () {
        const condition = new Condition({ name: "stock" });
        const message = /condition "stock" whose lock is not acquired: use withLock\(\)/;
        const error = yield* thrownBy(form, condition.wait());
        assert.ok(error instanceof RuntimeError);
        assert.match(error.message, message);
        assert.throws(() => condition.notify(), { name: "RuntimeError", message });
        assert.throws(() => condition.notifyAll(), { name: "RuntimeError", message });
        assert.deepEqual(condition.statistics(), { locked: false, owner: null, waiters: 0, acquiring: 0 });
      }));

    it("CO-02 notify(n) wakes the n that wait longest; each goes on when it has the lock", () =>
      program(function* () {
        const condition = new Condition();
        const log: string[] = [];
        const tasks = ["a", "b", "c", "d", "e"].map((name) =>
          waits(condition, (text) => log.push(text), name),
        );
        yield* wait(turns(8));
        assert.equal(condition.statistics().waiters, 5);
        assert.equal(condition.locked(), false, "who waits has given the lock up");
        yield* wait(condition.acquire());
        condition.notify(0);
        condition.notify();
        condition.notify(2);
        assert.equal(condition.statistics().waiters, 2);
        yield* wait(turns(5));
        assert.deepEqual(log, [], "nobody goes on without the lock");
        assert.equal(condition.statistics().acquiring, 3);
        condition.release();
        yield* wait(turns(8));
        assert.deepEqual(log, ["woken a", "woken b", "woken c"]);
        yield* wait(condition.acquire());
        condition.notifyAll();
        condition.notifyAll();
        condition.release();
        yield* wait(gather(...tasks));
        assert.deepEqual(log.slice(3), ["woken d", "woken e"]);
        assert.deepEqual(condition.statistics(), { locked: false, owner: null, waiters: 0, acquiring: 0 });
      }));

    it("CO-02 in the iterations in which asyncio does", () =>
      program(function* () {
        const trace = new Trace(form);
        const condition = new Condition();
        const tasks = ["a", "b", "c"].map((name) => waits(condition, (text) => trace.mark(text), name));
        yield* wait(turns(2));
        yield* wait(condition.acquire());
        condition.notify(2);
        trace.mark("notified");
        condition.release();
        yield* wait(turns(6));
        yield* wait(condition.acquire());
        condition.notifyAll();
        condition.release();
        yield* wait(gather(...tasks));
        // An async function goes on, and releases the lock, only after the next one has found it taken.
        trace.stop(form.name === "await" ? null : ["2:notified", "3:woken a", "3:woken b", "9:woken c"]);
      }));

    it("CO-02 a notification that nobody waits for is not kept", () =>
      program(function* () {
        const condition = new Condition();
        yield* wait(condition.acquire());
        condition.notify(3);
        condition.release();
        const log: string[] = [];
        const task = waits(condition, (text) => log.push(text), "late");
        yield* wait(turns(4));
        assert.deepEqual(log, []);
        task.cancel();
        yield* wait(gather([task], { returnExceptions: true }));
      }));

    it("CO-03 a cancelled wait throws when it has the lock again", () =>
      program(function* () {
        const condition = new Condition();
        const log: string[] = [];
        const task = waits(condition, (text) => log.push(text), "a");
        yield* wait(turns(2));
        yield* wait(condition.acquire());
        task.cancel("contested");
        yield* wait(turns(5));
        assert.equal(task.done(), false, "somebody else holds the lock");
        assert.deepEqual(condition.statistics().acquiring, 1);
        condition.release();
        yield* wait(gather([task], { returnExceptions: true }));
        assert.deepEqual(log, ["CancelledError a"]);
        assert.equal(cancellationOf(task).message, "contested");
        assert.equal(condition.locked(), false);
      }));

    for (const when of ["before the notify", "after the notify"])
      it(`CO-03 a wait cancelled ${when} holds the lock when it throws`, () =>
        program(function* () {
          const condition = new Condition();
          const log: string[] = [];
          const task = waits(condition, (text) => log.push(text), "a");
          yield* wait(turns(2));
          yield* wait(condition.acquire());
          if (when === "before the notify") task.cancel();
          condition.notify();
          if (when === "after the notify") task.cancel();
          condition.release();
          yield* wait(gather([task], { returnExceptions: true }));
          assert.deepEqual(log, ["CancelledError a"]);
          assert.equal(condition.locked(), false);
        }));

    for (const phase of ["notification", "lock"])
      it(`CO-04 throws the very error with which the wait for the ${phase} was cancelled`, () =>
        program(function* () {
          const condition = new Condition();
          let raised: unknown;
          const task = start(function* () {
            yield* wait(condition.acquire());
            try {
              yield* wait(condition.wait());
            } catch (error) {
              raised = error;
              throw error;
            } finally {
              condition.release();
            }
          });
          yield* wait(turns(2));
          yield* wait(condition.acquire());
          if (phase === "lock") {
            condition.notify();
            yield* wait(turns(2));
            assert.equal(condition.statistics().acquiring, 1);
          }
          task.cancel("foo");
          condition.release();
          const [outcome] = yield* wait(gather([task], { returnExceptions: true }));
          assert.ok(raised instanceof CancelledError);
          assert.equal(raised.message, "foo");
          assert.equal(outcome, raised);
        }));

    it("CO-04 of several cancels while it waits for the lock, the last is thrown, once", () =>
      program(function* () {
        const condition = new Condition();
        const log: string[] = [];
        const task = waits(condition, (text) => log.push(text), "a");
        yield* wait(turns(2));
        yield* wait(condition.acquire());
        for (const message of ["first", "second", "third"]) {
          task.cancel(message);
          yield* wait(turns(3));
        }
        assert.equal(task.done(), false);
        condition.release();
        yield* wait(gather([task], { returnExceptions: true }));
        assert.equal(cancellationOf(task).message, "third");
        assert.deepEqual(log, ["CancelledError a"]);
        assert.equal(condition.locked(), false);
      }));

    for (const [phase, iterations] of [
      ["before it went on", 0],
      ["while it waits for the lock", 3],
    ] as const)
      it(`CO-05 a waiter that is cancelled after it was notified, ${phase}, passes the notification on`, () =>
        program(function* () {
          const condition = new Condition();
          const log: string[] = [];
          const tasks = ["a", "b", "c"].map((name) => waits(condition, (text) => log.push(text), name));
          yield* wait(turns(2));
          yield* wait(condition.acquire());
          condition.notify();
          yield* wait(turns(iterations));
          tasks[0]!.cancel();
          condition.release();
          yield* wait(turns(8));
          assert.deepEqual(log, ["CancelledError a", "woken b"]);
          assert.equal(condition.statistics().waiters, 1, "one notification wakes one");
          tasks[2]!.cancel();
          yield* wait(gather(tasks, { returnExceptions: true }));
        }));

    it("CO-05 a waiter that is cancelled takes no notification, and wakes one more without reason, as in asyncio", () =>
      program(function* () {
        const condition = new Condition();
        const log: string[] = [];
        const tasks = ["a", "b", "c"].map((name) => waits(condition, (text) => log.push(text), name));
        yield* wait(turns(2));
        yield* wait(condition.acquire());
        tasks[0]!.cancel();
        condition.notify();
        condition.release();
        yield* wait(turns(8));
        assert.deepEqual(log.sort(), ["CancelledError a", "woken b", "woken c"]);
        yield* wait(gather(tasks, { returnExceptions: true }));
      }));

    it("CO-06 waitFor asks again after each wake-up, and gives the predicate's value", () =>
      program(function* () {
        const condition = new Condition();
        let value = 0;
        let asked = 0;
        const task = start(function* () {
          yield* wait(condition.acquire());
          const result = yield* wait(
            condition.waitFor(() => {
              asked++;
              assert.equal(condition.locked(), true);
              return value === 2 && "two";
            }),
          );
          condition.release();
          return result;
        });
        for (let n = 0; n < 3; n++) {
          yield* wait(turns(3));
          assert.equal(asked, n + 1);
          assert.equal(task.done(), false);
          if (n === 2) break;
          yield* wait(condition.acquire());
          value++;
          condition.notify();
          if (n === 1) value = 1; // Not what it was notified of, when it looks.
          condition.release();
        }
        yield* wait(condition.acquire());
        value = 2;
        condition.notifyAll();
        condition.release();
        assert.equal(yield* wait(task), "two");
        assert.equal(asked, 4);
      }));

    it("CO-06 waitFor needs no lock when the predicate is true at once, and throws when it is not", () =>
      program(function* () {
        const condition = new Condition();
        assert.equal(yield* wait(condition.waitFor(() => 42)), 42);
        assert.equal(condition.locked(), false);
        assert.ok(
          (yield* thrownBy(
            form,
            condition.waitFor(() => 0),
          )) instanceof RuntimeError,
        );
      }));

    it("CO-06 waitFor passes on what the predicate throws, and refuses an async one", () =>
      program(function* () {
        const condition = new Condition();
        const failing = condition.waitFor(() => {
          throw new RangeError("predicate");
        });
        assert.equal(((yield* thrownBy(form, failing)) as Error).message, "predicate");
        const error = yield* thrownBy(
          form,
          condition.waitFor(async () => false),
        );
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /not a promise of it/);
      }));

    it("CO-07 a timeout around wait() leaves the lock with the caller", () =>
      program(function* () {
        const condition = new Condition();
        yield* wait(condition.acquire());
        const error = yield* thrownBy(
          form,
          timeout(
            10,
            body(function* () {
              yield* wait(condition.wait());
            }),
          ),
        );
        assert.equal((error as Error).name, "TimeoutError");
        assert.equal(condition.locked(), true);
        condition.release();
        assert.deepEqual(condition.statistics(), { locked: false, owner: null, waiters: 0, acquiring: 0 });
      }));

    it("CO-08 uses the lock it is given, which several may share", () =>
      program(function* () {
        const lock = new Lock();
        const [full, empty] = [new Condition({ lock }), new Condition({ lock })];
        yield* wait(lock.acquire());
        assert.ok(full.locked() && empty.locked());
        full.release();
        assert.equal(lock.locked(), false);
        const log: string[] = [];
        const tasks = [full, empty].map((condition, n) =>
          waits(condition, (text) => log.push(text), n === 0 ? "full" : "empty"),
        );
        yield* wait(turns(2));
        yield* wait(
          lock.withLock(
            body(function* () {
              empty.notifyAll();
            }),
          ),
        );
        yield* wait(turns(3));
        assert.deepEqual(log, ["woken empty"]);
        tasks[0]!.cancel();
        yield* wait(gather(tasks, { returnExceptions: true }));
        assert.throws(() => new Condition({ lock: full as never }), TypeError);
      }));

    it("LK-08 belongs to the loop in which somebody first waited, and keeps its lock when used in another", async () => {
      const condition = new Condition({ name: "stock" });
      await program(function* () {
        const task = waits(condition, () => undefined, "a");
        yield* wait(turns(2));
        task.cancel();
        yield* wait(gather([task], { returnExceptions: true }));
      });
      await program(function* () {
        yield* wait(condition.acquire());
        const error = yield* thrownBy(form, condition.wait());
        assert.match((error as Error).message, /condition "stock" is bound to a different event loop/);
        assert.equal(condition.locked(), true);
        condition.release();
      });
    });

    it("withLock gives the body the condition, and releases the lock whatever happens in it", () =>
      program(function* () {
        const condition = new Condition();
        const result = yield* wait(
          condition.withLock(
            body(function* (given: Condition) {
              assert.equal(given, condition);
              assert.equal(condition.locked(), true);
              yield* wait(sleep(1));
              return "result";
            }),
          ),
        );
        assert.equal(result, "result");
        const error = yield* thrownBy(
          form,
          condition.withLock(
            body(function* () {
              throw new RangeError("inside");
            }),
          ),
        );
        assert.ok(error instanceof RangeError);
        assert.equal(condition.locked(), false);
      }));
  });

  it("hold() keeps the lock until the end of the block", async () => {
    const condition = new Condition();
    await run(async () => {
      {
        await using _ = await condition.hold();
        assert.equal(condition.locked(), true);
      }
      assert.equal(condition.locked(), false);
    });
    await run(function* () {
      {
        using _ = yield* condition.hold();
        assert.equal(condition.locked(), true);
      }
      assert.equal(condition.locked(), false);
    });
  });
});
