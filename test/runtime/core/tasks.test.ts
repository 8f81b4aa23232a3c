import {
  allTasks,
  Context,
  coro,
  Coroutine,
  createTask,
  currentTask,
  ensureFuture,
  enterTask,
  EventLoop,
  Future,
  gather,
  getRunningLoop,
  leaveTask,
  registerTask,
  run,
  RuntimeError,
  sleep,
  SystemExit,
  Task,
  unregisterTask,
  ValueError,
  wait,
} from "asyncscope";
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { collectGarbageUntil } from "../../support/runtime-gc.js";
import { runProgram } from "../../support/runtime-process.js";
import { both, eachForm, inGenerators } from "../../support/both-forms.js";
import {
  collectReports,
  debugLoop,
  IterationCounter,
  runIterations,
  virtualLoop,
  withLoop,
} from "../../support/runtime-loop.js";

describe("Tasks", () => {
  both("TK-01 createTask() runs nothing at once; tasks start in the order of creation", function* (form) {
    const log: string[] = [];
    const tasks = ["a", "b", "c"].map((name) =>
      createTask(
        form.body(function* () {
          log.push(name);
        }),
      ),
    );
    log.push("created");
    yield* form.wait(sleep(0));
    assert.deepEqual(log, ["created", "a", "b", "c"]);
    for (const task of tasks) yield* form.wait(task);
  });

  inGenerators("TK-02 awaiting a coroutine directly costs no iteration", function* () {
    const counter = new IterationCounter();
    yield* sleep(0);
    const before = counter.count;
    const three = coro(function* () {
      return 3;
    });
    const nested = coro(function* () {
      return (yield* three()) + 1;
    });
    assert.equal(yield* nested(), 4);
    assert.equal(counter.count, before);
    counter.stop();
  });

  both("TK-02 awaiting a coroutine directly runs it as part of the task", function* (form) {
    const counter = new IterationCounter();
    yield* form.wait(sleep(0));
    const before = counter.count;
    const outer = currentTask();
    let inner: unknown;
    const coroutine = coro(function* () {
      inner = currentTask();
      return 4;
    })();
    assert.equal(yield* form.wait(coroutine), 4);
    assert.equal(inner, outer);
    assert.equal(counter.count, before);
    counter.stop();
  });

  inGenerators("TK-03 sleep(0) lets exactly one iteration pass and gives its result back", function* () {
    const counter = new IterationCounter();
    yield* sleep(0);
    for (let n = 1; n <= 5; n++) {
      const before = counter.count;
      assert.equal(yield* sleep(n % 2 === 0 ? 0 : -5, "result"), "result");
      assert.equal(counter.count, before + 1);
    }
    counter.stop();
  });

  both("TK-03 sleep() gives its result back", function* (form) {
    assert.equal(yield* form.wait(sleep(0, "a")), "a");
    assert.equal(yield* form.wait(sleep(5, "b")), "b");
    assert.equal(yield* form.wait(sleep(0)), undefined);
    const zero = sleep(0);
    yield* form.wait(createTask(() => zero));
    assert.equal(yield* form.wait(createTask(sleep(0, "c"))), "c");
    yield* form.wait(createTask(sleep(0)));
  });

  both("TK-04 sleep(NaN) throws", function* (form) {
    yield* form.wait(sleep(0));
    assert.throws(() => sleep(NaN), ValueError);
    assert.throws(() => sleep("1" as unknown as number), TypeError);
  });

  both("TK-05 cancelling a sleep cancels its timer", function* (form) {
    const loop = getRunningLoop();
    const task = createTask(form.body(() => form.wait(sleep(1_000_000))));
    yield* form.wait(sleep(1));
    const timer = loop._timers.peek();
    assert.equal(timer!._when, 1_000_000);
    task.cancel();
    yield* form.wait(sleep(0));
    yield* form.wait(sleep(0));
    assert.equal(task.cancelled(), true);
    assert.equal(timer!.cancelled(), true);
    assert.equal(loop._timers.peek(), null);
  });

  inGenerators("TK-06 a parent resumes one iteration after its task has finished", function* () {
    const log: string[] = [];
    const loop = getRunningLoop();
    const child = createTask(
      coro(function* () {
        yield* sleep(3);
        log.push("child ends");
        loop.callSoon(() => {
          log.push("next iteration");
          loop.callSoon(() => log.push("the one after"));
        });
      })(),
    );
    yield* child;
    log.push("parent");
    yield* sleep(1);
    assert.deepEqual(log, ["child ends", "next iteration", "parent", "the one after"]);
  });

  both("TK-06 a parent gets the result or error of its task", function* (form) {
    const good = createTask(
      form.body(function* () {
        yield* form.wait(sleep(1));
        return 5;
      }),
    );
    assert.equal(yield* form.wait(good), 5);
    for (const thrown of [new Error("x"), undefined, null, 0, "text"]) {
      const bad = createTask(
        form.body(function* () {
          yield* form.wait(sleep(1));
          throw thrown;
        }),
      );
      const outer = createTask(form.body(() => form.wait(form.body(() => form.wait(bad))())));
      let caught: unknown = "nothing";
      try {
        yield* form.wait(outer);
      } catch (error) {
        caught = error;
      }
      assert.equal(caught, thrown);
      assert.equal(bad.exception(), thrown);
    }
  });

  inGenerators("TK-07 a coroutine that returns a future has that future as its result", function* () {
    const future = new Future<number>();
    const give = coro(function* () {
      return future;
    });
    assert.equal(yield* createTask(give()), future);
    assert.equal(yield* give(), future);
    assert.equal(future.done(), false);
  });

  both("TK-08 a task that awaits itself fails", function* (form) {
    const task: Task<unknown> = createTask(
      form.body(function* () {
        yield* form.wait(sleep(0));
        yield* form.wait(task);
      }),
      { name: "narcissus" },
    );
    let error: unknown;
    try {
      yield* form.wait(task);
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof RuntimeError);
    assert.match(error.message, /Task cannot await on itself: task "narcissus"/);
  });

  both("TK-09 createTask() of what is no coroutine is a TypeError, also the second time", function* (form) {
    yield* form.wait(sleep(0));
    const future = new Future<void>();
    const promise = Promise.resolve();
    for (const bad of [123, null, undefined, {}, "x", future, promise])
      for (let n = 0; n < 2; n++) assert.throws(() => createTask(bad as never), TypeError);
    assert.throws(() => createTask(future as never), /ensureFuture/);
    assert.throws(() => createTask(promise as never), /until/);
    assert.equal(allTasks().size, 1);
  });

  both("TK-09 a function that makes nothing to await fails as a task", function* (form) {
    const task = createTask((() => 5) as never);
    let error: unknown;
    try {
      yield* form.wait(task);
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof TypeError);
  });

  both("TK-09 a coroutine or generator object cannot be started twice", function* (form) {
    const body = coro(function* () {
      yield* sleep(1);
      return 1;
    });
    const coroutine = body();
    const task = createTask(coroutine);
    assert.throws(() => createTask(coroutine), RuntimeError);
    assert.equal(yield* form.wait(task), 1);
    for (const again of [() => createTask(coroutine), () => coroutine[Symbol.iterator]()])
      assert.throws(again, RuntimeError);
    let error: unknown;
    try {
      yield* form.wait(coroutine);
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof RuntimeError);
    const generator = (function* () {
      return yield* sleep(1, 2);
    })();
    const first = createTask(generator);
    assert.throws(() => createTask(generator), RuntimeError);
    assert.equal(yield* form.wait(first), 2);
  });

  both("TK-10 ensureFuture() leaves futures alone, wraps awaitables, refuses the rest", function* (form) {
    const future = new Future<number>();
    assert.equal(ensureFuture(future), future);
    const task = createTask(
      form.body(function* () {
        return 1;
      }),
    );
    assert.equal(ensureFuture(task), task);
    const wrapped = ensureFuture(
      form.body(function* () {
        return 2;
      }),
    );
    assert.ok(wrapped instanceof Task);
    assert.equal(yield* form.wait(wrapped), 2);
    assert.equal(yield* form.wait(ensureFuture(Promise.resolve(3))), 3);
    for (const bad of [1, null, undefined, {}, "x"])
      assert.throws(() => ensureFuture(bad as never), TypeError);
    const other = virtualLoop();
    assert.throws(() => ensureFuture(future, { loop: other }), ValueError);
    other.close();
  });

  both("TK-11 setResult() and setException() of a task always throw", function* (form) {
    const task = createTask(form.body(() => form.wait(sleep(1))));
    for (let n = 0; n < 2; n++) {
      assert.throws(() => task.setResult(undefined), RuntimeError);
      assert.throws(() => task.setException(new Error("x")), RuntimeError);
      yield* form.wait(task);
    }
  });

  both("TK-12 currentTask() is the running one, also when tasks interleave", function* (form) {
    const main = currentTask();
    assert.ok(main instanceof Task);
    const check = (): Task<void> => {
      const task: Task<void> = createTask(
        form.body(function* () {
          for (let n = 0; n < 3; n++) {
            assert.equal(currentTask(), task);
            yield* form.wait(sleep(n % 2));
            yield* form.wait(form.body(() => form.wait(sleep(0)))());
          }
          assert.equal(currentTask(), task);
        }),
      );
      return task;
    };
    const tasks = [check(), check(), check()];
    assert.equal(currentTask(), main);
    for (const task of tasks) {
      yield* form.wait(task);
      assert.equal(currentTask(), main);
    }
  });

  both("TK-12 currentTask() is null in a callback", function* (form) {
    const seen: unknown[] = [];
    getRunningLoop().callSoon(() => seen.push(currentTask()));
    createTask(form.body(() => form.wait(sleep(0)))).addDoneCallback(() => seen.push(currentTask()));
    yield* form.wait(sleep(5));
    assert.deepEqual(seen, [null, null]);
  });

  both("TK-12 currentTask(loop) is null for another loop, and needs none that runs", function* (form) {
    const loop = getRunningLoop();
    const other = new EventLoop();
    assert.equal(currentTask(loop), currentTask());
    assert.equal(currentTask(other), null);
    yield* form.wait(sleep(0));
    assert.equal(currentTask(loop), currentTask());
    assert.throws(() => currentTask("loop" as never), TypeError);
    other.close();
  });

  it("TK-13 currentTask() without a running loop throws", () => {
    assert.throws(() => currentTask(), RuntimeError);
    const loop = new EventLoop();
    assert.equal(currentTask(loop), null);
    loop.close();
  });

  both("TK-14 enterTask() and leaveTask() guard who is current", function* (form) {
    const loop = getRunningLoop();
    const task = createTask(form.body(() => form.wait(sleep(1))));
    assert.throws(() => enterTask(loop, task), RuntimeError);
    assert.throws(() => leaveTask(loop, task), RuntimeError);
    const done = new Future<unknown[]>();
    loop.callSoon(() => {
      const seen: unknown[] = [];
      enterTask(loop, task);
      seen.push(currentTask() === task);
      leaveTask(loop, task);
      seen.push(currentTask());
      done.setResult(seen);
    });
    assert.deepEqual(yield* form.wait(done), [true, null]);
  });

  both("TK-15 a task that was taken off the list runs on, and can come back to it", function* (form) {
    const tasks = [1, 2, 3].map((ms) => createTask(form.body(() => form.wait(sleep(ms)))));
    const listed = (): boolean[] => tasks.map((task) => allTasks().has(task));
    const middle = tasks[1]!;
    unregisterTask(middle);
    unregisterTask(middle);
    assert.deepEqual(listed(), [true, false, true]);
    registerTask(middle);
    registerTask(middle);
    assert.deepEqual(listed(), [true, true, true]);
    unregisterTask(middle);
    yield* form.wait(wait(tasks));
    registerTask(middle);
    assert.deepEqual(listed(), [false, false, false]);
  });

  both("TK-15 allTasks() has every task that is not done, and no other", function* (form) {
    const main = currentTask();
    const short = createTask(form.body(() => form.wait(sleep(1))));
    const long = createTask(form.body(() => form.wait(sleep(10))));
    const snapshot = allTasks();
    assert.deepEqual([...snapshot], [main, short, long]);
    yield* form.wait(sleep(5));
    assert.deepEqual([...allTasks()], [main, long]);
    assert.equal(snapshot.size, 3);
  });

  both("TK-16 tasks are named Task-N, with increasing N; names become strings", function* (form) {
    const make = (name?: string): Task<void> =>
      createTask(
        form.body(() => form.wait(sleep(0))),
        { name },
      );
    const [a, b] = [make(), make()];
    const number = (task: Task<unknown>): number => Number(/^Task-(\d+)$/.exec(task.name)![1]);
    assert.ok(number(b) > number(a));
    const named = make(123 as unknown as string);
    assert.equal(named.name, "123");
    assert.equal(named.getName(), "123");
    named.name = "later";
    assert.equal(named.name, "later");
    yield* form.wait(named);
    named.setName("after the end");
    assert.equal(named.name, "after the end");
  });

  eachForm("TK-17 a task that is pending when its loop goes is reported", async (form) => {
    const loop = debugLoop();
    const reports = collectReports(loop);
    const task = loop.createTask(form.body(() => form.wait(new Future<void>({ loop }))));
    await runIterations(loop, 3);
    loop.close();
    assert.equal(reports.length, 1);
    assert.equal(reports[0]!.message, "Task was destroyed but it is pending!");
    assert.equal(reports[0]!.task, task);
    assert.match(reports[0]!.sourceTraceback!, /tasks\.test/);
  });

  eachForm(
    "TK-17 a few at a time are reported with the line that made them without debug mode",
    async (form) => {
      const loop = virtualLoop({ debug: false });
      const reports = collectReports(loop);
      const forever = form.body(() => form.wait(new Future<void>({ loop })));
      const main = loop.createTask(
        form.body(function* madeByTheProgram() {
          for (let n = 0; n < 3; n++) {
            createTask(forever);
            yield* form.wait(sleep(5));
          }
        }),
      );
      await loop.runUntilComplete(main);
      // This one the loop never comes to.
      loop.createTask(forever);
      loop.close();
      assert.equal(reports.length, 4);
      for (const { sourceTraceback } of reports) assert.match(sourceTraceback!, /tasks\.test/);
    },
  );

  it("TK-17 one that no cancel could end is reported with its line when the process has nothing left to do", async () => {
    const { stderr } = await runProgram(`
      import { createTask, run, sleep } from "asyncscope";
      await run(async function main() {
        createTask(async () => new Promise(() => {}), { name: "stuck" });
        await sleep(1);
      });
    `);
    assert.match(stderr, /^Task was destroyed but it is pending! Its cancellation could not reach it/m);
    assert.match(stderr, /^task: task "stuck"/m);
    assert.match(stderr, /^created:\n(?: +at .*\n)* +at main \(.*program\.mjs:\d+:\d+\)/m);
  });

  both(
    "TK-18 an error nobody retrieved is reported when the task is collected, not before",
    function* (form) {
      const reports = collectReports(getRunningLoop());
      const fail = (): void => {
        createTask(
          form.body(function* () {
            yield* form.wait(sleep(1));
            throw new Error("lost");
          }),
          { name: "loser" },
        );
      };
      const task = createTask(
        form.body(function* () {
          yield* form.wait(sleep(1));
          throw new Error("kept");
        }),
      );
      fail();
      yield* form.wait(sleep(10));
      assert.equal(reports.length, 0, "not when it ended");
      yield* form.wait(collectGarbageUntil(() => reports.length > 0, "the lost error is reported"));
      assert.equal(reports.length, 1);
      assert.equal(reports[0]!.message, "Task exception was never retrieved");
      assert.equal((reports[0]!.exception as Error).message, "lost");
      assert.equal(reports[0]!.described, 'task "loser"');
      assert.equal((task.exception() as Error).message, "kept");
    },
  );

  both("TK-20 a task gives out its coroutine and its context", function* (form) {
    const context = new Context();
    const coroutine = coro(function* () {
      yield* sleep(1);
    })();
    const task = createTask(coroutine, { context });
    assert.equal(task.getCoro(), coroutine);
    assert.equal(task.getContext(), context);
    assert.equal(task.getLoop(), getRunningLoop());
    const other = createTask(form.body(() => form.wait(sleep(1))));
    assert.ok(other.getCoro() instanceof Coroutine);
    yield* form.wait(task);
    assert.equal(task.getCoro(), coroutine);
    assert.equal(task.getContext(), context);
  });

  eachForm("TK-21 a fatal error while a cancel is handled ends the run and is the task's error", (form) =>
    withLoop(async (loop) => {
      const fatal = new SystemExit("stop");
      const task = loop.createTask(
        form.body(function* () {
          try {
            yield* form.wait(sleep(1000));
          } catch {
            throw fatal;
          }
        }),
      );
      await runIterations(loop, 3);
      task.cancel();
      await assert.rejects(runIterations(loop, 5), (error) => error === fatal);
      assert.equal(task.exception(), fatal);
    }),
  );

  it("a function that returns a coroutine, a generator, a future or a thenable is awaited in place", async () => {
    const body = coro(function* (n: number) {
      yield* sleep(1);
      return n;
    });
    await run(
      coro(function* () {
        const future = new Future<number>();
        getRunningLoop().callLater(1, () => future.setResult(3));
        const results = yield* gather(
          () => body(1),
          () => body(2)[Symbol.iterator]() as never,
          () => future,
          () => Promise.resolve(4),
          () => ({ then: (resolve: (value: number) => void) => resolve(5) }) as never,
          function* () {
            return yield* body(6);
          },
        );
        assert.deepEqual(results, [1, 2, 3, 4, 5, 6]);
      })(),
      { loopFactory: virtualLoop },
    );
  });

  it("a yield without its star is an error that says so, not a wait for nothing", async () => {
    for (const [wrong, hint] of [
      [() => sleep(1), /write `yield\*`/],
      [() => new Future<void>(), /write `yield\*`/],
      [() => coro(function* () {})(), /write `yield\*`/],
      [() => Promise.resolve(), /until\(promise\)/],
      [() => 5, /number/],
    ] as const)
      await run(
        coro(function* () {
          const task = createTask(
            coro(function* (): Generator<never, void> {
              yield wrong() as never;
            })(),
          );
          let error: unknown;
          try {
            yield* task;
          } catch (caught) {
            error = caught;
          }
          assert.ok(error instanceof RuntimeError);
          assert.match(error.message, hint);
        })(),
        { loopFactory: virtualLoop },
      );
  });

  it("a finished task lets go of its frames, awaits and asynchronous context", async () => {
    const leftovers: Task<unknown>[] = [];
    await run(
      async () => {
        leftovers.push(
          createTask(async () => {
            await Promise.race([sleep(1), sleep(1000)]);
          }),
          createTask(
            coro(function* () {
              yield* sleep(1);
            })(),
          ),
        );
        await gather(...leftovers);
        for (const task of leftovers) {
          assert.equal(task._frame, null);
          assert.equal(task._waiter, null);
          assert.equal(task._strands, null);
        }
        await setImmediate();
      },
      { loopFactory: virtualLoop },
    );
  });

  it("an operation's result is not kept alive by the driver", async () => {
    let kept: WeakRef<object> | undefined;
    await run(
      coro(function* () {
        const use = coro(function* () {
          kept = new WeakRef(yield* sleep(0, { big: true }));
        });
        yield* createTask(use());
        yield* sleep(1);
        const done = createTask(async () =>
          collectGarbageUntil(() => kept!.deref() === undefined, "it goes"),
        );
        yield* done;
      })(),
      { loopFactory: virtualLoop },
    );
  });
});
