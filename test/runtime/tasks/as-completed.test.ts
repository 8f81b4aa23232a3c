import assert from "node:assert/strict";
import {
  asCompleted,
  coro,
  createTask,
  Future,
  gather,
  getRunningLoop,
  run,
  sleep,
  TimeoutError,
} from "asyncscope";
import type { Task } from "asyncscope";
import { asyncForm, inBothForms, Trace } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("asCompleted", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    function after<T>(ms: number, result: T): Task<T> {
      return start(function* () {
        yield* wait(sleep(ms));
        return result;
      });
    }

    it("AC-01 gives results in the order of completion", () =>
      program(function* () {
        const trace = new Trace(form);
        const tasks = [3, 1, 1].map((count, index) =>
          start(function* () {
            yield* wait(turns(count));
            return "abc"[index];
          }),
        );
        for (const next of asCompleted(tasks)) trace.mark(`got ${yield* wait(next)}`);
        trace.stop(["4:got b", "4:got c", "6:got a"]);
      }));

    it("AC-01 throws an error where its turn is, and goes on", () =>
      program(function* () {
        const bad = start(function* () {
          yield* wait(sleep(10));
          throw new RangeError("bad");
        });
        const seen: unknown[] = [];
        for (const next of asCompleted([after(20, "slow"), bad, after(5, "fast")]))
          try {
            seen.push(yield* wait(next));
          } catch (error) {
            seen.push((error as Error).message);
          }
        assert.deepEqual(seen, ["fast", "bad", "slow"]);
      }));

    it("AC-03 throws TimeoutError from each step after the timeout, and cancels nothing", () =>
      program(function* () {
        const [a, b, c] = [after(10, "a"), after(100, "b"), after(200, "c")];
        const steps = asCompleted([a, b, c], { timeout: 50 });
        const outcomes: unknown[] = [];
        for (const next of steps)
          try {
            outcomes.push(yield* wait(next));
          } catch (error) {
            outcomes.push(error);
          }
        assert.equal(outcomes[0], "a");
        assert.ok(outcomes[1] instanceof TimeoutError);
        assert.ok(outcomes[2] instanceof TimeoutError);
        assert.equal(b.cancelling(), 0);
        assert.equal(yield* wait(c), "c");
      }));

    it("AC-04 an iteration that was left can be taken up again", () =>
      program(function* () {
        const steps = asCompleted([after(10, 1), after(20, 2), after(30, 3)]);
        const seen: number[] = [];
        for (const next of steps) {
          seen.push(yield* wait(next));
          break;
        }
        for (const next of steps) seen.push(yield* wait(next));
        assert.deepEqual(seen, [1, 2, 3]);
        assert.equal(steps.next().done, true);
      }));

    it("AC-05 the first one awaited gets the first result, whichever it is", () =>
      program(function* () {
        const [first, second] = [...asCompleted([after(20, "slow"), after(10, "fast")])];
        assert.equal(yield* wait(second!), "fast");
        assert.equal(yield* wait(first!), "slow");
      }));

    it("AC-06 counts one that is given several times once, and refuses a single awaitable", () =>
      program(function* () {
        const twice = coro(function* () {
          yield* sleep(1);
          return "x";
        })();
        const seen: string[] = [];
        for (const next of asCompleted([twice, twice])) seen.push(yield* wait(next));
        assert.deepEqual(seen, ["x"]);
        assert.throws(() => asCompleted(new Future() as never), TypeError);
        const single = coro(function* () {
          yield* sleep(1);
        })();
        assert.throws(() => asCompleted(single as never), TypeError);
        single.close();
        assert.deepEqual([...asCompleted([])], []);
      }));

    it("a cancelled step loses no result: the next one gets it", () =>
      program(function* () {
        const [first, second] = [...asCompleted([after(10, "a"), after(20, "b")])];
        const [a, b] = [first!, second!].map((next) =>
          start(function* () {
            return yield* wait(next);
          }),
        );
        yield* wait(sleep(5));
        a!.cancel();
        assert.equal(yield* wait(b!), "a");
        yield* thrownBy(form, a!);
      }));

    it("a step that is cancelled after it was woken leaves its result to the next one", () =>
      program(function* () {
        const future = new Future<string>();
        const [first, second] = [...asCompleted([future, after(1000, "late")])];
        const [a, b] = [first!, second!].map((next) =>
          start(function* () {
            return yield* wait(next);
          }),
        );
        yield* wait(turns(2));
        future.setResult("result");
        yield* wait(turns(1));
        // The step was woken in this iteration, and goes on in the next one.
        a!.cancel();
        assert.equal(yield* wait(b!), "result");
        // At once, and not only when the other future completes.
        assert.equal(getRunningLoop().time(), 0);
        yield* thrownBy(form, a!);
        assert.ok(a!.cancelled());
      }));

    it("names the tasks that a step waits for", () =>
      program(function* () {
        const tasks = [after(10, 1), after(20, 2)];
        const [step] = asCompleted(tasks);
        const waiting = start(function* () {
          yield* wait(step!);
        });
        yield* wait(sleep(5));
        const waits = [waiting._waiter, ...[...(waiting._strands ?? [])].map((strand) => strand._waiter)];
        const future = waits.find((each) => each?._origin?.kind === "wait")!;
        assert.deepEqual([...future._origin!.children!(future)], tasks);
        yield* wait(gather(waiting, ...tasks));
      }));
  });

  it("AC-02 for await gives the very tasks passed in; coroutines become tasks", () =>
    asyncForm.program(function* () {
      const main = async (): Promise<void> => {
        const [a, b] = [createTask(() => sleep(20, "a")), createTask(() => sleep(10, "b"))];
        const lazy = coro(function* () {
          yield* sleep(15);
          return "lazy";
        })();
        const seen: unknown[] = [];
        for await (const task of asCompleted([a, b, lazy])) {
          assert.ok(task.done());
          seen.push(task === a || task === b ? task : task.result());
        }
        assert.deepEqual(seen, [b, "lazy", a]);
        const left = new Set([createTask(() => sleep(1, 1))]);
        for await (const task of asCompleted([...left])) {
          left.delete(task);
          assert.equal(task.result().toFixed(), "1");
        }
        assert.equal(left.size, 0);
      };
      yield* asyncForm.wait(createTask(main));
    }));

  it("AC-03 for await throws TimeoutError at the step", () =>
    asyncForm.program(function* () {
      const main = async (): Promise<void> => {
        const slow = createTask(() => sleep(100, "slow"));
        const seen: unknown[] = [];
        await assert.rejects(async () => {
          for await (const task of asCompleted([createTask(() => sleep(10, "fast")), slow], { timeout: 50 }))
            seen.push(task.result());
        }, TimeoutError);
        assert.deepEqual(seen, ["fast"]);
        assert.equal(await slow, "slow");
      };
      yield* asyncForm.wait(createTask(main));
    }));

  it("AC-04 for await can be left and taken up again", async () => {
    await run(async () => {
      const steps = asCompleted([1, 2, 3].map((ms) => createTask(() => sleep(ms, ms))));
      const seen: number[] = [];
      for await (const task of steps) {
        seen.push(task.result());
        break;
      }
      for await (const task of steps) seen.push(task.result());
      assert.deepEqual(seen, [1, 2, 3]);
    });
  });
});
