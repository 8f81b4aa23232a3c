import assert from "node:assert/strict";
import { CancelledError, coro, EventLoop, Future, gather, newEventLoop, sleep, ValueError } from "asyncscope";
import type { Coroutine, CoroutineGenerator, ExceptionContext, Task } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { cancellationOf, thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("gather", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    function after<T>(ms: number, result: T): Task<T> {
      return start(function* () {
        yield* wait(sleep(ms));
        return result;
      });
    }

    function failing(ms: number, message: string): Task<never> {
      return start(function* () {
        yield* wait(sleep(ms));
        throw new RangeError(message);
      });
    }

    it("GA-01 gives the results in the order of the arguments", () =>
      program(function* () {
        const results = yield* wait(gather(after(30, "a"), after(10, 2), after(20, true)));
        assert.deepEqual(results, ["a", 2, true]);
        const [text, number] = yield* wait(gather(after(1, "b"), after(1, 3)));
        assert.equal(text.length + number.toFixed().length, 2);
      }));

    it("GA-01 takes coroutines, functions, futures and promises, and any iterable of them", () =>
      program(function* () {
        const one = coro(function* () {
          yield* sleep(1);
          return 1;
        });
        const results = yield* wait(
          gather([one(), async () => Promise.resolve(2), Promise.resolve(3), after(5, 4), one]),
        );
        assert.deepEqual(results, [1, 2, 3, 4, 1]);
        const tasks = new Map([["a", after(1, "A")]]);
        assert.deepEqual(yield* wait(gather(tasks.values())), ["A"]);
        assert.deepEqual(yield* wait(gather(new Set([after(1, "B")]))), ["B"]);
      }));

    it("GA-02 throws the first error at once; a later one of the others is consumed silently", () =>
      program(function* () {
        const trace = new Trace(form);
        const a = start(function* () {
          yield* wait(turns(3));
          trace.mark("a fails too");
          throw new RangeError("late");
        });
        const b = start(function* () {
          yield* wait(turns(1));
          trace.mark("b fails");
          throw new TypeError("first");
        });
        const error = yield* thrownBy(form, gather(a, b));
        trace.mark((error as Error).message);
        yield* wait(turns(3));
        assert.ok(a.done());
        trace.stop(["2:b fails", "4:a fails too", "4:first"]);
      }));

    it("GA-03 lets the siblings of a failed one go on", () =>
      program(function* () {
        const slow = after(50, "kept");
        yield* thrownBy(form, gather(slow, failing(10, "no")));
        assert.equal(slow.done(), false);
        assert.equal(slow.cancelling(), 0);
        assert.equal(yield* wait(slow), "kept");
      }));

    it("GA-04 with returnExceptions puts errors among the results and waits for all", () =>
      program(function* () {
        const results = yield* wait(
          gather([after(50, "a"), failing(10, "b"), after(20, "c")], { returnExceptions: true }),
        );
        assert.equal(results[0], "a");
        assert.ok(results[1] instanceof RangeError);
        assert.equal(results[2], "c");
      }));

    it("GA-05 a cancelled child is an error of the gather, which itself is not cancelled", () =>
      program(function* () {
        const child = after(50, 1);
        const all = gather(child, after(60, 2));
        yield* wait(sleep(10));
        child.cancel("child");
        const error = yield* thrownBy(form, all);
        assert.ok(error instanceof CancelledError);
        assert.equal(error.message, "child");
        assert.equal(all.cancelled(), false);
        assert.ok(all.exception() instanceof CancelledError);
      }));

    it("GA-06 with returnExceptions a cancelled child is a CancelledError among the results", () =>
      program(function* () {
        const child = after(50, 1);
        const all = gather([child, after(60, 2)], { returnExceptions: true });
        yield* wait(sleep(10));
        child.cancel("child");
        const [first, second] = yield* wait(all);
        assert.ok(first instanceof CancelledError);
        assert.equal(first.message, "child");
        assert.equal(second, 2);
      }));

    it("GA-07 cancelling the gather cancels every child that is not done", () =>
      program(function* () {
        const children = [after(5, 0), after(50, 1), after(60, 2)];
        const all = gather(children);
        yield* wait(sleep(10));
        assert.equal(all.cancel("stop"), true);
        assert.equal(all.done(), false);
        const error = yield* thrownBy(form, all);
        assert.ok(error instanceof CancelledError);
        assert.deepEqual(
          children.map((child) => child.cancelled()),
          [false, true, true],
        );
        assert.equal(cancellationOf(children[1]!).message, "stop");
      }));

    it("GA-08 cancelling the task that waits for it throws CancelledError there, also with returnExceptions", () =>
      program(function* () {
        const trace = new Trace(form);
        const child = (name: string): Task<void> =>
          start(function* () {
            try {
              yield* wait(sleep(100));
            } catch (error) {
              trace.mark(`cancelled ${name}`);
              throw error;
            }
          });
        const waiting = start(function* () {
          try {
            // Its children start an iteration later than tasks made before.
            yield* wait(gather([child("a"), child("b")], { returnExceptions: true }));
          } catch (error) {
            trace.mark(`gather throws ${(error as Error).message}`);
            throw error;
          }
        });
        yield* wait(turns(3));
        waiting.cancel("why");
        trace.mark("cancel");
        const error = yield* thrownBy(form, waiting);
        trace.mark(`main sees ${(error as Error).message}`);
        assert.ok(waiting.cancelled());
        trace.stop(["3:cancel", "4:cancelled a", "4:cancelled b", "6:gather throws why", "7:main sees why"]);
      }));

    it("GA-08 the cancel counts although the children swallowed it", () =>
      program(function* () {
        const stubborn = start(function* () {
          try {
            yield* wait(sleep(100));
          } catch {
            return "stayed";
          }
          return "slept";
        });
        const waiting = start(function* () {
          yield* wait(gather([stubborn], { returnExceptions: true }));
        });
        yield* wait(sleep(10));
        waiting.cancel("why");
        const error = yield* thrownBy(form, waiting);
        assert.equal((error as Error).message, "why");
        assert.equal(stubborn.result(), "stayed");
      }));

    it("GA-09 refuses to be cancelled when its children are all done", () =>
      program(function* () {
        const child = new Future<number>();
        const all = gather(child);
        child.setResult(1);
        // The gather hears of it in an iteration to come.
        assert.equal(all.done(), false);
        assert.equal(all.cancel(), false);
        assert.deepEqual(yield* wait(all), [1]);
        assert.equal(all.cancel(), false);
      }));

    it("GA-10 runs a coroutine that is given several times once, and repeats its result", () =>
      program(function* () {
        let runs = 0;
        const counted = coro(function* () {
          runs++;
          yield* sleep(1);
          return "x";
        });
        const twice = counted();
        assert.deepEqual(yield* wait(gather(twice, after(1, "y"), twice)), ["x", "y", "x"]);
        assert.equal(runs, 1);
      }));

    it("GA-11 without arguments is done, with an empty list", () =>
      program(function* () {
        const nothing = gather();
        assert.ok(nothing.done());
        assert.deepEqual(yield* wait(nothing), []);
        assert.deepEqual(yield* wait(gather([])), []);
      }));

    it("GA-12 is done on return when all its children are", () =>
      program(function* () {
        const done = new Future<number>();
        done.setResult(1);
        const failed = new Future<number>();
        failed.setException(new RangeError("x"));
        const fine = gather(done, done);
        assert.ok(fine.done());
        assert.deepEqual(fine.result(), [1, 1]);
        const bad = gather(done, failed);
        assert.ok(bad.done());
        assert.ok(bad.exception() instanceof RangeError);
        yield* wait(turns(1));
      }));

    it("GA-13 refuses futures of different loops", () =>
      program(function* () {
        const other: EventLoop = newEventLoop();
        const here = new Future<number>();
        assert.throws(() => gather(here, other.createFuture<number>()), ValueError);
        other.close();
        yield* wait(turns(1));
      }));

    it("GA-14 a bad argument throws TypeError and leaves the children before it as they are", () =>
      program(function* () {
        const first: Coroutine<number> = coro(function* (): CoroutineGenerator<number> {
          yield* sleep(1);
          return 1;
        })();
        const second = after(5, 2);
        assert.throws(() => gather(first, second, 3 as never), TypeError);
        assert.equal(yield* wait(second), 2);
      }));

    it("an error that came after everybody left is not reported a second time", async () => {
      const reports: ExceptionContext[] = [];
      await program(
        function* () {
          const all = gather(failing(5, "first"), failing(10, "second"));
          yield* thrownBy(form, all);
          yield* wait(sleep(20));
        },
        { reports },
      );
      assert.deepEqual(reports, []);
    });
  });
});
