import {
  CancelledError,
  coro,
  createTask,
  currentTask,
  Future,
  gather,
  getRunningLoop,
  RuntimeError,
  sleep,
  timeout,
  TimeoutError,
} from "asyncscope";
import type { Task } from "asyncscope";
import assert from "node:assert/strict";
import { both, inGenerators } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";
import { collectReports, IterationCounter } from "../../support/runtime-loop.js";

/** Lets the tasks that were just made come to their first wait. */
function* started(form: Form): Steps {
  yield* form.wait(sleep(0));
  yield* form.wait(sleep(0));
}

/** What waiting for `awaitable` throws. */
function* errorOf(form: Form, awaitable: PromiseLike<unknown>): Steps<unknown> {
  try {
    yield* form.wait(awaitable);
  } catch (error) {
    return error;
  }
  return assert.fail("it did not throw");
}

describe("Cancellation", () => {
  both("CA-01 cancel() before the first step: the body never runs", function* (form) {
    let ran = false;
    const steps = function* (): Steps {
      ran = true;
      yield* form.wait(sleep(1));
    };
    const tasks = [createTask(form.body(steps)), createTask(sleep(1)), createTask(sleep(0))];
    for (const task of tasks) assert.equal(task.cancel("too early"), true);
    for (const task of tasks) {
      const error = yield* errorOf(form, task);
      assert.ok(error instanceof CancelledError);
      assert.equal(error.message, "too early");
      assert.equal(task.cancelled(), true);
    }
    assert.equal(ran, false);
  });

  both("CA-02 cancel() throws at the suspension point, in an iteration to come", function* (form) {
    const log: string[] = [];
    const task = createTask(
      form.body(function* () {
        try {
          yield* form.wait(sleep(10));
          log.push("not reached");
        } catch (error) {
          log.push((error as Error).name);
          throw error;
        } finally {
          log.push("finally");
        }
      }),
    );
    yield* started(form);
    assert.equal(task.cancel(), true);
    assert.equal(task.cancelled(), false);
    assert.equal(task.done(), false);
    assert.equal(log.length, 0);
    yield* errorOf(form, task);
    assert.deepEqual(log, ["CancelledError", "finally"]);
    assert.equal(task.cancelled(), true);
  });

  inGenerators("CA-02 the CancelledError arrives one iteration after cancel()", function* () {
    const future = new Future<void>();
    let at = -1;
    const counter = new IterationCounter();
    const task = createTask(
      coro(function* () {
        try {
          yield* future;
        } finally {
          at = counter.count;
        }
      })(),
    );
    yield* sleep(0);
    yield* sleep(0);
    const before = counter.count;
    task.cancel();
    yield* sleep(0);
    assert.equal(at, before + 1);
    counter.stop();
  });

  both("CA-03 cancel() cancels the future that the task waits for", function* (form) {
    const future = new Future<void>();
    const task = createTask(form.body(() => form.wait(future)));
    yield* started(form);
    task.cancel("stop");
    assert.equal(future.cancelled(), true);
    assert.equal(((yield* errorOf(form, task)) as Error).message, "stop");
  });

  both("CA-04 cancel() reaches the innermost of 20,000 tasks that await each other", function* (form) {
    const future = new Future<void>();
    let task = createTask(form.body(() => form.wait(future)));
    const chain = [task];
    for (let n = 0; n < 20_000; n++) {
      const inner = task;
      chain.push((task = createTask(form.body(() => form.wait(inner)))));
    }
    yield* started(form);
    task.cancel("all");
    assert.equal(future.cancelled(), true);
    assert.equal(((yield* errorOf(form, task)) as Error).message, "all");
    assert.ok(chain.every((each) => each.cancelled() && each.cancelling() === 1));
  });

  both("CA-04 cancel() reaches the innermost of tasks that await each other", function* (form) {
    const future = new Future<void>();
    const inner = createTask(form.body(() => form.wait(future)));
    const middle = createTask(form.body(() => form.wait(inner)));
    const outer = createTask(form.body(() => form.wait(middle)));
    yield* started(form);
    outer.cancel("all");
    assert.equal(future.cancelled(), true);
    assert.equal(outer.cancelled(), false);
    const error = yield* errorOf(form, outer);
    assert.equal((error as Error).message, "all");
    for (const task of [inner, middle, outer]) assert.equal(task.cancelled(), true);
  });

  both("CA-05 cancelling the inner future cancels the task that awaits it", function* (form) {
    const future = new Future<void>();
    const task = createTask(form.body(() => form.wait(future)));
    yield* started(form);
    future.cancel();
    yield* errorOf(form, task);
    assert.equal(task.cancelled(), true);
    assert.equal(task.cancelling(), 0);
  });

  both("CA-06 both the task and its inner future may be cancelled", function* (form) {
    const future = new Future<void>();
    const task = createTask(form.body(() => form.wait(future)));
    yield* started(form);
    future.cancel("first");
    task.cancel("second");
    const error = yield* errorOf(form, task);
    assert.equal((error as Error).message, "first");
    assert.equal(task.cancelled(), true);
  });

  both("CA-07 a task may catch the error and return normally", function* (form) {
    const task = createTask(
      form.body(function* () {
        try {
          yield* form.wait(sleep(10));
        } catch {
          return 42;
        }
        return 0;
      }),
    );
    yield* started(form);
    task.cancel();
    assert.equal(yield* form.wait(task), 42);
    assert.equal(task.cancelled(), false);
    assert.equal(task.result(), 42);
  });

  both("CA-08 a task that ignores a cancel waits undisturbed for something else", function* (form) {
    const first = new Future<void>();
    const second = new Future<number>();
    const task = createTask(
      form.body(function* () {
        try {
          yield* form.wait(first);
        } catch {
          // It goes on.
        }
        yield* form.wait(sleep(1));
        return yield* form.wait(second);
      }),
    );
    yield* started(form);
    task.cancel();
    yield* form.wait(sleep(5));
    assert.equal(second.done(), false);
    assert.equal(task.done(), false);
    second.setResult(7);
    assert.equal(yield* form.wait(task), 7);
  });

  both("CA-09 a task that cancels itself gets the error at its next suspension", function* (form) {
    const log: string[] = [];
    const loop = getRunningLoop();
    const done = new Future<number>();
    done.setResult(1);
    const task = createTask(
      form.body(function* () {
        yield* form.wait(sleep(0));
        currentTask()!.cancel("self");
        log.push("goes on");
        yield* form.wait(done);
        // What does not suspend is no suspension, in a coroutine of its own neither.
        yield* form.wait(
          coro(function* () {
            yield* done;
            log.push("no suspension");
          })(),
        );
        try {
          yield* form.wait(sleep(1000));
          log.push("not reached");
        } catch (error) {
          log.push(`${(error as Error).message} at ${loop.time()}`);
          throw error;
        }
      }),
    );
    yield* errorOf(form, task);
    assert.deepEqual(log, ["goes on", "no suspension", "self at 0"]);
    assert.equal(task.cancelled(), true);
  });

  both("CA-10 a task that cancels itself and returns ends cancelled", function* (form) {
    const task = createTask(
      form.body(function* () {
        yield* form.wait(sleep(0));
        currentTask()!.cancel("at the end");
        return 12;
      }),
    );
    const error = yield* errorOf(form, task);
    assert.equal((error as Error).message, "at the end");
    assert.equal(task.cancelled(), true);
  });

  both("CA-10 a task that cancels itself and fails has failed", function* (form) {
    const task = createTask(
      form.body(function* () {
        yield* form.wait(sleep(0));
        currentTask()!.cancel();
        throw new Error("x");
      }),
    );
    assert.equal(((yield* errorOf(form, task)) as Error).message, "x");
    assert.equal(task.cancelled(), false);
  });

  both("CA-11 a pending self-cancel is forwarded to the task it blocks on next", function* (form) {
    const nested = createTask(form.body(() => form.wait(sleep(1000))));
    const task = createTask(
      form.body(function* () {
        currentTask()!.cancel("pass on");
        yield* form.wait(nested);
      }),
    );
    const error = yield* errorOf(form, task);
    assert.equal((error as Error).message, "pass on");
    assert.equal(nested.cancelled(), true);
    assert.equal(task.cancelled(), true);
  });

  both("CA-12 a cancel between bare yields is delivered at the next step", function* (form) {
    let steps = 0;
    const task = createTask(
      form.body(function* () {
        for (; steps < 1000; steps++) yield* form.wait(sleep(0));
      }),
    );
    yield* started(form);
    task.cancel();
    const at = steps;
    yield* errorOf(form, task);
    assert.equal(task.cancelled(), true);
    assert.equal(steps, at);
  });

  both("CA-12 also when the task refused an earlier cancellation", function* (form) {
    const future = new Future<void>();
    let steps = 0;
    const task = createTask(
      form.body(function* () {
        try {
          yield* form.wait(future);
        } catch {
          // It refuses.
        }
        for (; steps < 1000; steps++) yield* form.wait(sleep(0));
      }),
    );
    yield* started(form);
    future.cancel();
    yield* started(form);
    assert.ok(steps > 0);
    task.cancel("again");
    assert.equal(((yield* errorOf(form, task)) as Error).message, "again");
    assert.ok(steps < 10);
  });

  both("CA-13 cancel() is false only when the task is done", function* (form) {
    const task = createTask(form.body(() => form.wait(sleep(10))));
    assert.equal(task.cancel(), true);
    assert.equal(task.cancel(), true);
    yield* errorOf(form, task);
    assert.equal(task.cancel(), false);
    const finished = createTask(form.body(() => form.wait(sleep(0))));
    yield* form.wait(finished);
    assert.equal(finished.cancel(), false);
    assert.equal(finished.cancelled(), false);
  });

  for (const [what, wait] of [
    ["a future", () => new Future<void>()],
    ["a sleep", () => sleep(1000)],
    ["a task", () => createTask(sleep(1000))],
    ["a gather", () => gather(sleep(1000), sleep(1000))],
  ] as const)
    both(`CA-14 two cancels in ${what} cause one error, with the first message`, function* (form) {
      const errors: string[] = [];
      const task = createTask(
        form.body(function* () {
          try {
            yield* form.wait<unknown>(wait());
          } catch (error) {
            errors.push((error as Error).message);
          }
          yield* form.wait(sleep(0));
          yield* form.wait(sleep(1));
          return "went on";
        }),
      );
      yield* started(form);
      task.cancel("first");
      task.cancel("second");
      assert.equal(task.cancelling(), 2);
      assert.equal(yield* form.wait(task), "went on");
      assert.deepEqual(errors, ["first"]);
      assert.equal(task.cancelling(), 2);
    });

  both("CA-14 two cancels between bare yields cause one error, with the last message", function* (form) {
    const errors: string[] = [];
    const task = createTask(
      form.body(function* () {
        for (let n = 0; n < 5; n++)
          try {
            yield* form.wait(sleep(0));
          } catch (error) {
            errors.push((error as Error).message);
          }
      }),
    );
    yield* started(form);
    task.cancel("first");
    task.cancel("second");
    yield* form.wait(task);
    assert.deepEqual(errors, ["second"]);
  });

  for (const outcome of ["result", "error"] as const)
    both(`CA-15 a cancel wins over a ${outcome} that has not been delivered yet`, function* (form) {
      const loop = getRunningLoop();
      const reports = collectReports(loop);
      const future = new Future<string>();
      const task = createTask(form.body(() => form.wait(future)));
      yield* started(form);
      if (outcome === "result") future.setResult("lost");
      else future.setException(new Error("lost"));
      assert.equal(task.cancel("wins"), true);
      const error = yield* errorOf(form, task);
      assert.equal((error as Error).message, "wins");
      assert.equal(task.cancelled(), true);
      assert.equal(future._isUnretrieved(), false);
      assert.deepEqual(reports, []);
    });

  both("CA-15 the same for a sleep whose time is over", function* (form) {
    const loop = getRunningLoop();
    const task = createTask(form.body(() => form.wait(sleep(10))));
    yield* started(form);
    const timer = loop._timers.peek()!;
    loop.callAt(timer._when, () => task.cancel("wins"));
    assert.equal(((yield* errorOf(form, task)) as Error).message, "wins");
  });

  both("CA-16 the message arrives in result(), exception() and in those who wait", function* (form) {
    const inner = createTask(form.body(() => form.wait(sleep(10))));
    const outer = createTask(form.body(() => form.wait(form.body(() => form.wait(inner))())));
    yield* started(form);
    outer.cancel("reason");
    assert.equal(((yield* errorOf(form, outer)) as Error).message, "reason");
    for (const task of [inner, outer])
      for (let n = 0; n < 2; n++) {
        assert.throws(() => task.result(), { name: "CancelledError", message: "reason" });
        assert.throws(() => task.exception(), { name: "CancelledError", message: "reason" });
      }
  });

  both("the error names the task that asked, and prints as it would without", function* (form) {
    const waiting = createTask(form.body(() => form.wait(sleep(1000))));
    const notStarted = createTask(form.body(() => form.wait(sleep(1000))));
    const canceller = createTask(
      form.body(function* () {
        yield* form.wait(sleep(1));
        waiting.cancel("enough");
      }),
      { name: "the boss" },
    );
    notStarted.cancel();
    const me = currentTask()?.name;
    assert.equal(((yield* errorOf(form, notStarted)) as CancelledError).cancelledBy, me);
    const error = (yield* errorOf(form, waiting)) as CancelledError;
    assert.equal(error.cancelledBy, "the boss");
    assert.deepEqual(Object.keys(error), ["name"]);
    yield* form.wait(canceller);
  });

  both("tasks that wait for each other in a circle can be cancelled", function* (form) {
    const tasks: Task<unknown>[] = [];
    for (let n = 0; n < 3; n++) tasks.push(createTask(form.body(() => form.wait(tasks[(n + 1) % 3]!))));
    yield* started(form);
    assert.equal(tasks[0]!.cancel("out"), true);
    for (const task of tasks) assert.equal(((yield* errorOf(form, task)) as Error).message, "out");
    assert.deepEqual(
      tasks.map((task) => task.cancelled()),
      [true, true, true],
    );
  });

  both("tasks that gather each other in a circle can be cancelled", function* (form) {
    const tasks: Task<unknown>[] = [];
    for (let n = 0; n < 2; n++)
      tasks.push(createTask(form.body(() => form.wait(gather(tasks[1 - n]!, sleep(5))))));
    yield* started(form);
    tasks[1]!.cancel("out");
    for (const task of tasks) assert.equal(((yield* errorOf(form, task)) as Error).name, "CancelledError");
  });

  both("a revoked proxy that is thrown ends the task like any other error", function* (form) {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const task = createTask(
      form.body(function* () {
        yield* form.wait(sleep(1));
        throw proxy;
      }),
    );
    assert.ok((yield* errorOf(form, task)) === proxy);
  });

  inGenerators(
    "CA-17 of over 1000 cancellations in one iteration the later ones say that they have no stack",
    function* () {
      const tasks = Array.from({ length: 1100 }, () => createTask(sleep(1000)));
      yield* sleep(0);
      for (const task of tasks) task.cancel("enough");
      const errors = (yield* gather(tasks, { returnExceptions: true })) as CancelledError[];
      const leftOut = errors.filter(({ stack }) => /left out: over 1000 cancellations/.test(stack ?? ""));
      assert.equal(leftOut.length, 100);
      assert.ok(errors.every((error) => error instanceof CancelledError && error.message === "enough"));
      assert.match(errors.at(-1)!.stack!, /^CancelledError: enough\n {4}at /);
      const next = createTask(sleep(1000));
      yield* sleep(0);
      next.cancel();
      const [error] = (yield* gather([next], { returnExceptions: true })) as [CancelledError];
      assert.doesNotMatch(error.stack!, /left out/);
    },
  );

  inGenerators("CA-17 the stack shows the interrupted line and each await above it", function* () {
    const child = coro(function* interruptedChild() {
      yield* sleep(1000);
    });
    const middle = coro(function* middleOfIt() {
      yield* child();
    });
    const parent = coro(function* awaitingParent() {
      yield* createTask(middle());
    });
    const task = createTask(parent());
    yield* sleep(0);
    yield* sleep(0);
    task.cancel();
    let error: Error | undefined;
    try {
      yield* task;
    } catch (caught) {
      error = caught as Error;
    }
    const stack = error!.stack!;
    const lines = ["interruptedChild", "middleOfIt", "awaitingParent"].map((name) => stack.indexOf(name));
    assert.ok(
      lines.every((at) => at > 0),
      stack,
    );
    assert.deepEqual(
      lines,
      [...lines].sort((a, b) => a - b),
      stack,
    );
  });

  both("CA-18 a CancelledError thrown by the coroutine itself marks the task as cancelled", function* (form) {
    const task = createTask(
      form.body(function* () {
        yield* form.wait(sleep(0));
        throw new CancelledError("my own");
      }),
    );
    assert.equal(((yield* errorOf(form, task)) as Error).message, "my own");
    assert.equal(task.cancelled(), true);
    assert.equal(task.cancelling(), 0);
  });

  describe("in async functions", () => {
    both("all awaits of a Promise.all are cancelled together, and seen once", function* (form) {
      const futures = [new Future<void>(), new Future<void>(), new Future<void>()];
      const errors: string[] = [];
      const task = createTask(async () => {
        try {
          await Promise.all(futures);
        } catch (error) {
          errors.push((error as Error).message);
        }
        await sleep(1);
        return "cleaned up";
      });
      yield* started(form);
      task.cancel("together");
      assert.ok(futures.every((future) => future.cancelled()));
      assert.equal(yield* form.wait(task), "cleaned up");
      assert.deepEqual(errors, ["together"]);
    });

    both("a cancel reaches the awaits that are left, oldest first, whichever ended before", function* (form) {
      for (const ended of [[0], [1], [3], [0, 1], [3, 2], [1, 3], [0, 1, 2, 3]]) {
        const cancelled: number[] = [];
        class Watched extends Future<void> {
          constructor(readonly index: number) {
            super();
          }
          override cancel(message?: string): boolean {
            cancelled.push(this.index);
            return super.cancel(message);
          }
        }
        const futures = [0, 1, 2, 3].map((index) => new Watched(index));
        const last = new Watched(4);
        const task = createTask(async () => {
          const first = Promise.all(futures);
          await sleep(1);
          await Promise.all([first, last]);
        });
        yield* started(form);
        for (const index of ended) futures[index]!.setResult();
        yield* form.wait(sleep(2));
        task.cancel();
        assert.deepEqual(
          cancelled,
          [0, 1, 2, 3, 4].filter((index) => !ended.includes(index)),
        );
        yield* errorOf(form, task);
      }
    });

    both("an await that was left behind goes on and ends quietly", function* (form) {
      const reports = collectReports(getRunningLoop());
      const future = new Future<string>();
      let inside: Task<unknown> | null | undefined;
      const slow = coro(function* () {
        try {
          return yield* future;
        } finally {
          inside = currentTask();
        }
      });
      const task = createTask(async () => Promise.race([slow(), sleep(1, "fast")]));
      assert.equal(yield* form.wait(task), "fast");
      assert.equal(task.cancel(), false);
      future.setException(new Error("late"));
      yield* form.wait(sleep(1));
      assert.equal(inside, null);
      assert.deepEqual(reports, []);
    });

    both("a cancel during a foreign promise arrives at the next await of the runtime", function* (form) {
      let release!: () => void;
      const foreign = new Promise<void>((resolve) => (release = resolve));
      const log: string[] = [];
      const task = createTask(async () => {
        await foreign;
        log.push("foreign is over");
        await sleep(1000);
        log.push("not reached");
      });
      yield* started(form);
      task.cancel("waits");
      yield* form.wait(sleep(5));
      assert.equal(task.done(), false);
      release();
      assert.equal(((yield* errorOf(form, task)) as Error).message, "waits");
      assert.deepEqual(log, ["foreign is over"]);
    });

    both("nested timeouts in async functions each take back what they asked for", function* (form) {
      const log: string[] = [];
      const task = createTask(async () => {
        const self = currentTask()!;
        try {
          await timeout(20, async () => {
            await assert.rejects(async () => timeout(10, async () => sleep(1000)), TimeoutError);
            log.push(`inner at ${getRunningLoop().time()}, ${self.cancelling()}`);
            await sleep(1000);
          });
        } catch (error) {
          log.push(`${(error as Error).name} at ${getRunningLoop().time()}, ${self.cancelling()}`);
        }
        await sleep(1);
        return "done";
      });
      assert.equal(yield* form.wait(task), "done");
      assert.deepEqual(log, ["inner at 10, 0", "TimeoutError at 20, 0"]);
    });

    both("an async function that ends as its timeout fires returns its value", function* (form) {
      let release!: (value: string) => void;
      const foreign = new Promise<string>((resolve) => (release = resolve));
      const loop = getRunningLoop();
      loop.callLater(20, () => release("late but there"));
      const task = createTask(async () => {
        const value = await timeout(10, async () => foreign);
        await sleep(1);
        return value;
      });
      assert.equal(yield* form.wait(task), "late but there");
      assert.equal(task.cancelling(), 0);
    });
  });

  both("cancelling from inside the code that the task runs never enters its generator", function* (form) {
    const task: Task<string> = createTask(
      form.body(function* () {
        yield* form.wait(sleep(0));
        (function deeper() {
          assert.equal(task.cancel("flag"), true);
        })();
        try {
          yield* form.wait(new Future<void>());
        } catch (error) {
          return (error as Error).message;
        }
        return "not reached";
      }),
    );
    assert.equal(yield* form.wait(task), "flag");
    assert.throws(() => task.setResult("x"), RuntimeError);
  });
});
