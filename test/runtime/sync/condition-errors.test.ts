import assert from "node:assert/strict";
import { Condition, coro, createTask, run, sleep, Task } from "asyncscope";
import type { CancelledError } from "asyncscope";
import { collectReports, virtualLoop } from "../../support/runtime-loop.js";

/** A task of a program that wants another error where it is cancelled. */
class Impatient<T> extends Task<T> {
  protected override makeCancelledError(): CancelledError {
    super.makeCancelledError();
    return new RangeError("impatient") as unknown as CancelledError;
  }
}

describe("A condition whose wait is ended by an error that is no CancelledError", () => {
  it("CO-03 throws it when it has the lock again, and not before", async () => {
    const loop = virtualLoop();
    const reports = collectReports(loop);
    const log: string[] = [];
    const main = coro(function* () {
      const condition = new Condition();
      const task = new Impatient(
        coro(function* () {
          yield* condition.acquire();
          try {
            yield* condition.wait();
          } catch (error) {
            log.push(`${String(error)}, locked: ${condition.locked()}`);
          } finally {
            condition.release();
          }
        })(),
      );
      yield* sleep(1);
      yield* condition.acquire();
      condition.notify();
      // In the same iteration as the notification: the cancel wins (rule CA-15), as the error of that class.
      task.cancel();
      yield* sleep(1);
      assert.equal(condition.statistics().acquiring, 1);
      log.push("released");
      condition.release();
      yield* task;
      assert.equal(condition.locked(), false);
    });
    await run(main(), { loopFactory: () => loop });
    assert.deepEqual(log, ["released", "RangeError: impatient, locked: true"]);
    assert.deepEqual(reports, []);
  });

  it("CO-05 and wakes the next one, as it may have been notified", () =>
    run(
      coro(function* () {
        const condition = new Condition();
        let woken = false;
        yield* condition.acquire();
        const waiting = condition.wait();
        waiting._start();
        const byHand = waiting._iterator;
        byHand.next();
        assert.equal(condition.locked(), false);
        const next = createTask(
          condition.withLock(function* () {
            woken = yield* condition.wait();
          }),
        );
        yield* sleep(1);
        const error = new RangeError("by hand");
        assert.throws(
          () => byHand.throw!(error),
          (thrown) => thrown === error,
        );
        assert.equal(condition.locked(), true);
        condition.release();
        yield* next;
        assert.equal(woken, true);
      })(),
      { loopFactory: virtualLoop },
    ));
});
