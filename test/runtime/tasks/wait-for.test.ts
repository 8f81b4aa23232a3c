import assert from "node:assert/strict";
import {
  allTasks,
  CancelledError,
  coro,
  currentTask,
  Future,
  getRunningLoop,
  shield,
  sleep,
  TimeoutError,
  waitFor,
} from "asyncscope";
import type { Task } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { cancellationOf, thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("waitFor", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    function after<T>(ms: number, result: T): Task<T> {
      return start(function* () {
        yield* wait(sleep(ms));
        return result;
      });
    }

    /** A task that takes `cleanup` milliseconds to end when it is cancelled. */
    function slowToEnd(cleanup: number, log: string[]): Task<void> {
      return start(function* () {
        try {
          yield* wait(sleep(1000));
        } finally {
          yield* wait(sleep(cleanup));
          log.push(`cleaned at ${getRunningLoop().time()}`);
        }
      });
    }

    it("WF-01 cancels what it waits for, and throws TimeoutError when that has really ended", () =>
      program(function* () {
        const log: string[] = [];
        const task = slowToEnd(30, log);
        const error = yield* thrownBy(form, waitFor(task, 20));
        assert.ok(error instanceof TimeoutError);
        assert.deepEqual(log, ["cleaned at 50"]);
        assert.equal(getRunningLoop().time(), 50);
        assert.ok(task.cancelled());
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("WF-02 with no time gives the result of a future that is done", () =>
      program(function* () {
        const done = new Future<number>();
        done.setResult(1);
        assert.equal(yield* wait(waitFor(done, 0)), 1);
        assert.equal(yield* wait(waitFor(done, -1)), 1);
        const failed = new Future<number>();
        failed.setException(new RangeError("x"));
        assert.ok((yield* thrownBy(form, waitFor(failed, 0))) instanceof RangeError);
      }));

    it("WF-03 with no time never starts the body of a coroutine", () =>
      program(function* () {
        for (const ms of [0, -5]) {
          let started = false;
          const body = coro(function* () {
            started = true;
            yield* sleep(1);
          });
          const error = yield* thrownBy(form, waitFor(body(), ms));
          assert.ok(error instanceof TimeoutError);
          assert.ok(error.cause instanceof CancelledError);
          assert.equal(started, false);
        }
      }));

    it("WF-04 with no time cancels a running task, waits for its cleanup, then throws", () =>
      program(function* () {
        const log: string[] = [];
        const task = slowToEnd(10, log);
        yield* wait(sleep(5));
        assert.ok((yield* thrownBy(form, waitFor(task, 0))) instanceof TimeoutError);
        assert.deepEqual(log, ["cleaned at 15"]);
        assert.ok(task.cancelled());
      }));

    it("WF-05 null means no limit", () =>
      program(function* () {
        assert.equal(yield* wait(waitFor(after(100_000, "long"), null)), "long");
      }));

    it("WF-06 gives what the inner returns when it suppresses the cancellation", () =>
      program(function* () {
        const stubborn = start(function* () {
          try {
            yield* wait(sleep(1000));
          } catch {
            return "stayed";
          }
          return "slept";
        });
        assert.equal(yield* wait(waitFor(stubborn, 10)), "stayed");
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("WF-07 throws the error that the inner throws while it is cancelled", () =>
      program(function* () {
        const failing = start(function* () {
          try {
            yield* wait(sleep(1000));
          } finally {
            throw new RangeError("in cleanup");
          }
        });
        assert.match(String(yield* thrownBy(form, waitFor(failing, 10))), /in cleanup/);
      }));

    it("WF-08 cancelling the one who waits cancels the inner and waits for it", () =>
      program(function* () {
        const log: string[] = [];
        const inner = slowToEnd(30, log);
        const outer = start(function* () {
          yield* wait(waitFor(inner, 500));
        });
        yield* wait(sleep(10));
        outer.cancel("outside");
        yield* thrownBy(form, outer);
        assert.equal(cancellationOf(outer).message, "outside");
        assert.ok(inner.cancelled());
        assert.deepEqual(log, ["cleaned at 40"]);
      }));

    it("WF-09 a cancel is not lost when the inner completed in the same iteration", () =>
      program(function* () {
        const inner = start(function* () {
          return "done";
        });
        let reachedEnd = false;
        const outer = start(function* () {
          yield* wait(waitFor(inner, 100));
          yield* wait(sleep(1));
          reachedEnd = true;
        });
        yield* wait(turns(1));
        outer.cancel();
        yield* thrownBy(form, outer);
        assert.ok(outer.cancelled());
        assert.equal(inner.result(), "done");
        assert.equal(reachedEnd, false);
      }));

    it("WF-10 gives a result that was set just before the deadline", () =>
      program(function* () {
        const future = new Future<string>();
        getRunningLoop().callLater(9, () => future.setResult("ok"));
        assert.equal(yield* wait(waitFor(future, 10)), "ok");
        yield* wait(sleep(20));
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("WF-11 runs a coroutine inside the current task", () =>
      program(function* () {
        const before = allTasks().size;
        const inside = coro(function* () {
          yield* sleep(1);
          return [currentTask(), allTasks().size] as const;
        });
        const [task, count] = yield* wait(waitFor(inside(), 100));
        assert.equal(task, currentTask());
        assert.equal(count, before);
      }));

    it("WF-12 around a shield times out without cancelling what is inside", () =>
      program(function* () {
        const inner = after(50, "kept");
        for (const ms of [10, 0])
          assert.ok((yield* thrownBy(form, waitFor(shield(inner), ms))) instanceof TimeoutError);
        assert.equal(inner.cancelling(), 0);
        assert.equal(yield* wait(inner), "kept");
      }));

    it("throws TimeoutError for a function that is started as a task, and for a promise", () =>
      program(function* () {
        const never = new Promise<void>(() => undefined);
        assert.ok((yield* thrownBy(form, waitFor(never, 10))) instanceof TimeoutError);
        let cancelled = false;
        const error = yield* thrownBy(
          form,
          waitFor(async () => {
            try {
              await sleep(100);
            } finally {
              cancelled = true;
            }
          }, 10),
        );
        assert.ok(error instanceof TimeoutError);
        assert.ok(cancelled);
      }));
  });
});
