import assert from "node:assert/strict";
import {
  ALL_COMPLETED,
  coro,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  Future,
  sleep,
  ValueError,
  wait as waitFutures,
} from "asyncscope";
import type { Task } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("wait", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    function after(ms: number): Task<number> {
      return start(function* () {
        yield* wait(sleep(ms));
        return ms;
      });
    }

    function failing(ms: number): Task<never> {
      return start(function* () {
        yield* wait(sleep(ms));
        throw new RangeError(`after ${ms}`);
      });
    }

    it("WA-01 gives what is done and what is pending after the timeout, and neither throws nor cancels", () =>
      program(function* () {
        const [a, b] = [after(10), after(100)];
        const { done, pending } = yield* wait(waitFutures([a, b], { timeout: 50 }));
        assert.deepEqual([[...done], [...pending]], [[a], [b]]);
        assert.equal(b.cancelling(), 0);
        assert.equal(yield* wait(b), 100);
        const all = yield* wait(waitFutures([a, b], { timeout: 1000 }));
        assert.equal(all.done.size, 2);
      }));

    it("WA-02 refuses an empty set, a single future or coroutine, coroutines, and an unknown returnWhen", () =>
      program(function* () {
        const task = after(1);
        const single = coro(function* () {
          yield* sleep(1);
        });
        assert.throws(() => waitFutures([]), ValueError);
        assert.throws(() => waitFutures(task as never), TypeError);
        const lazy = single();
        assert.throws(() => waitFutures(lazy as never), TypeError);
        assert.throws(() => waitFutures([lazy] as never), /createTask/);
        lazy.close();
        assert.throws(() => waitFutures([task], { returnWhen: "SOON" as never }), ValueError);
        yield* wait(task);
      }));

    it("WA-03 counts a future that is given several times once", () =>
      program(function* () {
        const task = after(10);
        const { done, pending } = yield* wait(waitFutures([task, task]));
        assert.deepEqual([done.size, pending.size], [1, 0]);
      }));

    it("WA-04 FIRST_COMPLETED gives everything that is done when the caller resumes", () =>
      program(function* () {
        const trace = new Trace(form);
        const forTurns = (count: number): Task<void> =>
          start(function* () {
            yield* wait(turns(count));
          });
        const tasks = [forTurns(1), forTurns(2), forTurns(5)];
        const { done, pending } = yield* wait(waitFutures(tasks, { returnWhen: FIRST_COMPLETED }));
        trace.mark(`${done.size} ${pending.size}`);
        assert.deepEqual([...done], tasks.slice(0, 2));
        yield* wait(tasks[2]!);
        trace.stop(["4:2 1"]);
      }));

    it("WA-04 futures that are done before count in an iteration to come, as in asyncio", () =>
      program(function* () {
        const trace = new Trace(form);
        const done = new Future<number>();
        done.setResult(1);
        yield* wait(waitFutures([done]));
        trace.mark("all");
        const result = yield* wait(waitFutures([done, new Future()], { returnWhen: FIRST_COMPLETED }));
        trace.mark(`first ${result.done.size} ${result.pending.size}`);
        trace.stop(["2:all", "4:first 1 1"]);
      }));

    it("WA-05 FIRST_EXCEPTION ends with the first error", () =>
      program(function* () {
        const [a, b, c] = [after(5), failing(10), after(100)];
        const { done, pending } = yield* wait(waitFutures([a, b, c], { returnWhen: FIRST_EXCEPTION }));
        assert.deepEqual([[...done], [...pending]], [[a, b], [c]]);
        assert.ok(b.exception() instanceof RangeError);
        // One that was there before.
        const again = yield* wait(waitFutures([b, c], { returnWhen: FIRST_EXCEPTION }));
        assert.deepEqual([...again.pending], [c]);
        yield* wait(c);
      }));

    it("WA-05 FIRST_EXCEPTION waits for all when none fails; a cancelled one is no error", () =>
      program(function* () {
        const [a, b] = [after(5), after(20)];
        a.cancel();
        const { done, pending } = yield* wait(waitFutures([a, b], { returnWhen: FIRST_EXCEPTION }));
        assert.deepEqual([done.size, pending.size], [2, 0]);
        assert.ok(a.cancelled());
      }));

    it("WA-06 ALL_COMPLETED gives the failed ones among the done, without throwing", () =>
      program(function* () {
        const [a, b] = [failing(5), after(10)];
        const { done } = yield* wait(waitFutures([a, b], { returnWhen: ALL_COMPLETED }));
        assert.deepEqual([...done], [a, b]);
        assert.ok(a.exception() instanceof RangeError);
      }));

    it("WA-07 cancelling the task that waits leaves the others running", () =>
      program(function* () {
        const task = after(50);
        const waiting = start(function* () {
          yield* wait(waitFutures([task]));
        });
        yield* wait(sleep(10));
        waiting.cancel();
        yield* thrownBy(form, waiting);
        assert.ok(waiting.cancelled());
        assert.equal(task.cancelling(), 0);
        assert.equal(task._listeners().length, 0);
        assert.equal(yield* wait(task), 50);
      }));

    it("WA-08 takes a generator of tasks", () =>
      program(function* () {
        function* tasks(): Generator<Task<number>> {
          yield after(1);
          yield after(2);
        }
        const { done } = yield* wait(waitFutures(tasks()));
        assert.deepEqual(
          [...done].map((task) => task.result()),
          [1, 2],
        );
      }));
  });
});
