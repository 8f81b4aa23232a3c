import {
  CancelledError,
  ContextVar,
  coro,
  createTask,
  currentTask,
  EventLoop,
  Future,
  gather,
  getRunningLoop,
  isCancelled,
  run,
  sleep,
  SystemClock,
  taskGroup,
  timeout,
  TimeoutError,
  until,
  Event,
  Lock,
  Queue,
  Semaphore,
} from "asyncscope";
import type { Task } from "asyncscope";
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once, EventEmitter } from "node:events";
import { Session } from "node:inspector";
import { setTimeout as delay } from "node:timers/promises";
import { collectGarbage, collectGarbageUntil } from "../../support/runtime-gc.js";
import { both, inGenerators } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";
import {
  collectReports,
  debugLoop,
  IterationCounter,
  runIterations,
  virtualLoop,
  withLoop,
} from "../../support/runtime-loop.js";
import { runProgram } from "../../support/runtime-process.js";

function* started(form: Form): Steps {
  yield* form.wait(sleep(0));
  yield* form.wait(sleep(0));
}

describe("Rules of JavaScript", () => {
  both("JS-01 a clean-up that waits does not let a cancelled coroutine go on", function* (form) {
    const log: string[] = [];
    const task = createTask(
      form.body(function* () {
        yield* form.wait(
          form.body(function* () {
            try {
              yield* form.wait(sleep(1000));
            } finally {
              log.push("cleaning");
              yield* form.wait(sleep(1));
              log.push("cleaned");
            }
          })(),
        );
        log.push("not reached");
      }),
    );
    yield* started(form);
    task.cancel();
    yield* form.wait(sleep(5));
    assert.deepEqual(log, ["cleaning", "cleaned"]);
    assert.equal(task.cancelled(), true);
  });

  both("JS-02 a cancel out of the running coroutine is only noted", function* (form) {
    const other = createTask(
      form.body(function* () {
        yield* form.wait(sleep(0));
        // From within another task's step, and from within the own one.
        task.cancel();
      }),
    );
    const task: Task<void> = createTask(
      form.body(function* () {
        task.cancel();
        task.cancel();
        yield* form.wait(sleep(1000));
      }),
    );
    yield* form.wait(other);
    yield* form.wait(sleep(0));
    assert.equal(task.cancelled(), true);
  });

  inGenerators("JS-03 the stack of a CancelledError begins where the coroutine stood", function* () {
    const stood = coro(function* whereItStood() {
      for (;;) yield* sleep(0);
    });
    const above = coro(function* whoAwaitedIt() {
      yield* stood();
    });
    const task = createTask(above());
    yield* sleep(0);
    yield* sleep(0);
    task.cancel();
    let stack = "";
    try {
      yield* task;
    } catch (error) {
      stack = (error as Error).stack!;
    }
    assert.match(stack, /whereItStood[^]*whoAwaitedIt/);
    assert.match(stack, /javascript\.test/);
  });

  inGenerators("JS-04 the inspector sees where a suspended coroutine stands, and its locals", function* () {
    const stands = coro(function* standsHere() {
      const local = 42;
      yield* sleep(1000);
      return local;
    });
    const task = createTask(stands());
    yield* sleep(0);
    yield* sleep(0);
    const session = new Session();
    session.connect();
    const key = "asyncscopeTestGenerator";
    Object.defineProperty(globalThis, key, { value: task._frame!._iterator, configurable: true });
    try {
      const internal = new Map<string, string | undefined>();
      session.post("Runtime.evaluate", { expression: `globalThis.${key}` }, (_error, { result }) => {
        session.post("Runtime.getProperties", { objectId: result.objectId! }, (_failed, properties) => {
          for (const { name, value } of properties.internalProperties ?? []) internal.set(name, value?.type);
        });
      });
      assert.equal(internal.get("[[GeneratorLocation]]"), "object");
      assert.equal(internal.has("[[Scopes]]"), true);
    } finally {
      Reflect.deleteProperty(globalThis, key);
      session.disconnect();
    }
    task.cancel();
  });

  it("JS-05 in debug mode what an async function waits for was noted where it was created", async () => {
    await run(
      async () => {
        async function inner(): Promise<Future<void>> {
          await sleep(0);
          return await outerCaller();
        }
        const made: Future<void>[] = [];
        async function outerCaller(): Promise<never> {
          await sleep(0);
          made.push(new Future<void>());
          throw new Error("stop");
        }
        await assert.rejects(inner);
        const source = made[0]!._source!.stack!;
        assert.match(source, /at outerCaller/);
        assert.match(source, /at async inner/);
      },
      { loopFactory: debugLoop },
    );
  });

  describe("with AsyncLocalStorage", () => {
    const storage = new AsyncLocalStorage<string>();

    both(
      "JS-06 each step of a task sees the stores of whoever created it",
      function* (form) {
        const seen: unknown[] = [];
        const look = function* (): Steps {
          for (let n = 0; n < 3; n++) {
            seen.push(storage.getStore());
            yield* form.wait(sleep(1));
          }
          yield* form.wait(
            coro(function* () {
              yield* sleep(0);
              seen.push(storage.getStore());
            })(),
          );
        };
        const a = storage.run("a", () => createTask(form.body(look)));
        const none = createTask(form.body(look));
        const b = storage.run("b", () => createTask(form.body(look)));
        yield* form.wait(gather(a, none, b));
        assert.deepEqual(seen, Array.from({ length: 4 }, () => ["a", undefined, "b"]).flat());
        assert.equal(storage.getStore(), undefined);
      },
      () => virtualLoop({ asyncLocalStorage: true }),
    );

    it("JS-06 an async function finds its stores again behind every kind of wait", async () => {
      const seen: unknown[] = [];
      await run(
        async () => {
          const [lock, event, semaphore, queue] = [new Lock(), new Event(), new Semaphore(1), new Queue()];
          queue.putNowait("item");
          const see = (): number => seen.push(storage.getStore());
          const look = async (): Promise<void> => {
            await sleep(0);
            see();
            await sleep(1);
            see();
            await lock.acquire();
            see();
            lock.release();
            await event.wait();
            see();
            await semaphore.acquire();
            see();
            semaphore.release();
            await queue.join();
            see();
            await sleep(0);
            see();
          };
          await lock.acquire();
          await semaphore.acquire();
          const tasks = ["a", "b"].map((store) => storage.run(store, () => createTask(look)));
          await sleep(2);
          lock.release();
          await sleep(2);
          event.set();
          await sleep(2);
          semaphore.release();
          await sleep(2);
          queue.taskDone();
          await gather(...tasks);
        },
        { loopFactory: virtualLoop },
      );
      assert.deepEqual(seen.sort(), [...Array<string>(7).fill("a"), ...Array<string>(7).fill("b")]);
    });

    it("JS-06 who makes something ready does not lend his stores to those who wait", async () => {
      // In a process of its own: nothing there has made the runtime follow async functions yet.
      const { code, stdout, stderr } = await runProgram(`
        import { coro, Future, run, sleep } from "asyncscope";
        import { AsyncLocalStorage } from "node:async_hooks";
        const storage = new AsyncLocalStorage();
        const main = coro(function* () {
          const seen = [storage.getStore()];
          const future = new Future();
          setImmediate(() => storage.run("intruder", () => future.setResult()));
          yield* future;
          seen.push(storage.getStore());
          yield* sleep(1);
          seen.push(storage.getStore());
          return seen.join();
        });
        storage.run("caller", () => run(main()).then(console.log));
      `);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "caller,caller,caller\n");
    });
  });

  both("JS-07 what a started async function sets stays its own, from its first line on", function* (form) {
    const name = new ContextVar<string>("name", { default: "creator" });
    const self = currentTask();
    const task = createTask(async () => {
      name.set("child");
      await Promise.resolve();
      assert.equal(name.get(), "child");
    });
    yield* form.wait(sleep(0));
    assert.equal(name.get(), "creator");
    assert.equal(currentTask(), self);
    yield* form.wait(task);
    assert.equal(name.get(), "creator");
  });

  both("JS-07 Node's own callbacks belong to no task", function* (form) {
    yield* form.wait(createTask(async () => sleep(0)));
    const seen = new Future<unknown>();
    const loop = getRunningLoop();
    loop.callSoon(() => setImmediate(() => loop.callSoon(() => seen.setResult(currentTask()))));
    assert.equal(yield* form.wait(seen), null);
  });

  it("JS-08 `await` of what is done costs microtasks, and no iteration of the loop", async () => {
    await run(
      async () => {
        const counter = new IterationCounter();
        await sleep(0);
        const before = counter.count;
        const done = new Future<number>();
        done.setResult(1);
        for (let n = 0; n < 5; n++) {
          await done;
          await Promise.resolve(n);
          await coro(function* () {
            return yield* done;
          })();
          await (async () => done)();
        }
        assert.equal(counter.count, before);
        counter.stop();
      },
      { loopFactory: virtualLoop },
    );
  });

  it("JS-08 awaits of native promises, however many, let no iteration of the loop pass", async () => {
    await run(
      async () => {
        const counter = new IterationCounter();
        for (let round = 0; round < 5; round++) {
          await sleep(0);
          const before = counter.count;
          await Promise.resolve();
          await Promise.all([Promise.resolve(), (async () => Promise.resolve())()]);
          await new Promise<void>((resolve) => queueMicrotask(resolve));
          assert.equal(counter.count, before);
        }
        counter.stop();
      },
      { loopFactory: virtualLoop },
    );
  });

  both(
    "JS-09 tasks that never rest do not keep Node's timers and I/O waiting",
    function* (form) {
      let fired = 0;
      let immediates = 0;
      const timer = setInterval(() => fired++, 1);
      const count = (): void => {
        immediates++;
        immediate = setImmediate(count);
      };
      let immediate = setImmediate(count);
      const limit = performance.now() + 5000;
      while ((fired < 5 || immediates < 10) && performance.now() < limit) yield* form.wait(sleep(0));
      clearInterval(timer);
      clearImmediate(immediate);
      assert.ok(fired >= 5, `a timer of 1 ms fired ${fired} times in 5 s`);
      assert.ok(immediates >= 10, `setImmediate came ${immediates} times in 5 s`);
    },
    () => new EventLoop(),
  );

  it("JS-10 timers and callbacks keep one order, whatever Node's timers do", async () => {
    for (let round = 0; round < 20; round++)
      await withLoop(async (loop) => {
        const log: string[] = [];
        loop.callLater(0, () => log.push("timer"));
        loop.callSoon(() => log.push("soon"));
        loop.callLater(-1, () => log.push("overdue"));
        await runIterations(loop, 1);
        assert.deepEqual(log, ["soon", "overdue", "timer"]);
      });
  });

  it("JS-11 a deadline beyond Node's longest timer does not fire after 1 ms", async () => {
    const clock = new SystemClock();
    let woken = false;
    clock.wakeAt(performance.now() + 2 ** 31 + 1000, () => (woken = true));
    await delay(30);
    assert.equal(woken, false);
    clock.cancelWake();
    const loop = new EventLoop();
    const task = loop.createTask(sleep(2 ** 40));
    loop.callLater(20, () => loop.stop());
    await loop.runForever();
    assert.equal(task.done(), false);
    task.cancel();
    await runIterations(loop, 3);
    loop.close();
  });

  both(
    "JS-12 in debug mode a task that swallows its cancellation is named",
    function* (form) {
      const reports = collectReports(getRunningLoop());
      const swallow = (uncancel: boolean): Task<void> =>
        createTask(
          form.body(function* () {
            try {
              yield* form.wait(sleep(1000));
            } catch {
              if (uncancel) currentTask()!.uncancel();
            }
          }),
          { name: "swallower" },
        );
      const tasks = [swallow(false), swallow(true)];
      yield* started(form);
      for (const task of tasks) task.cancel();
      for (const task of tasks) yield* form.wait(task);
      assert.equal(reports.length, 1);
      assert.match(reports[0]!.message, /task "swallower" was asked to cancel and returned normally/);
      assert.equal(reports[0]!.task, tasks[0]);
    },
    debugLoop,
  );

  both("JS-13 timeouts and task groups have a callback form that sees how the block ended", function* (form) {
    const oops = new Error("oops");
    const failing = form.body(function* () {
      yield* form.wait(sleep(1));
      throw oops;
    });
    const errors: unknown[] = [];
    for (const attempt of [timeout(100, failing), taskGroup(failing)])
      try {
        yield* form.wait(attempt);
      } catch (error) {
        errors.push(error);
      }
    assert.equal(errors[0], oops);
    assert.deepEqual((errors[1] as AggregateError).errors, [oops]);
    const result = timeout(
      100,
      form.body(function* () {
        return "value";
      }),
    );
    assert.equal(yield* form.wait(result), "value");
    let late: unknown;
    try {
      yield* form.wait(
        timeout(
          1,
          form.body(() => form.wait(sleep(1000))),
        ),
      );
    } catch (error) {
      late = error;
    }
    assert.ok(late instanceof TimeoutError);
  });

  it("JS-14 what nobody looked at is reported when the loop closes", async () => {
    const loop = virtualLoop();
    const reports = collectReports(loop);
    const kept = new Future<void>({ loop });
    kept.setException(new Error("lost"));
    loop.close();
    assert.deepEqual(
      reports.map((report) => [report.message, (report.exception as Error).message]),
      [["Future exception was never retrieved", "lost"]],
    );
    await collectGarbage();
    assert.equal(reports.length, 1, "once");
  });

  it("JS-14 and when the process exits", async () => {
    const { code, stderr } = await runProgram(`
      import { EventLoop, Future } from "asyncscope";
      const loop = new EventLoop();
      globalThis.kept = new Future({ loop });
      kept.setException(new Error("lost at exit"));
    `);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Future exception was never retrieved/);
    assert.match(stderr, /lost at exit/);
  });

  it("JS-15 a failed task that nobody awaits does not end the process", async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { coro, createTask, getRunningLoop, run, sleep } from "asyncscope";
      await run(async () => {
        getRunningLoop().setExceptionHandler((loop, context) => console.log("reported", context.exception.message));
        createTask(async () => { throw new Error("async"); });
        createTask(coro(function* () { throw new Error("generator"); })());
        await sleep(20);
        console.log("alive");
      });
    `);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    assert.deepEqual(stdout.trim().split("\n").sort(), ["alive", "reported async", "reported generator"]);
  });

  it("JS-15 an async function that ends after its loop was closed does not end the process", async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { createTask, EventLoop, Future, gather, getRunningLoop, sleep, SystemExit, run, until } from "asyncscope";
      import { setTimeout as delay } from "node:timers/promises";
      const loop = new EventLoop();
      loop.setExceptionHandler(() => undefined);
      loop.createTask(async () => {
        gather(createTask(async () => { await delay(20); throw new Error("late"); }), createTask(async () => delay(20)), until(delay(20).then(() => { throw new Error("late"); })));
      });
      loop.callLater(5, () => loop.stop());
      await loop.runForever();
      loop.close();
      await delay(50);
      console.log("alive");
    `);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "alive\n");
    assert.equal(stderr, "");
  });

  both("JS-16 a task's signal is aborted by cancel(), and a fresh one follows uncancel()", function* (form) {
    const task = createTask(
      form.body(function* () {
        for (;;)
          try {
            yield* form.wait(sleep(1000));
            return;
          } catch {
            // It refuses.
          }
      }),
    );
    yield* started(form);
    const { signal } = task;
    assert.equal(task.signal, signal);
    assert.equal(signal.aborted, false);
    task.cancel("enough");
    assert.equal(signal.aborted, true);
    assert.ok(signal.reason instanceof CancelledError);
    assert.equal(signal.reason.message, "enough");
    assert.equal(task.signal.aborted, true);
    task.uncancel();
    assert.notEqual(task.signal, signal);
    assert.equal(task.signal.aborted, false);
    yield* form.wait(task);
  });

  both("JS-16 a signal asked for after the cancel is aborted already", function* (form) {
    const task = createTask(form.body(() => form.wait(sleep(1000))));
    yield* started(form);
    task.cancel();
    assert.equal(task.signal.aborted, true);
    yield* form.wait(sleep(1));
  });

  both("JS-16 createTask() takes a signal whose abort cancels the task", function* (form) {
    const controller = new AbortController();
    const make = (): Task<void> =>
      createTask(
        form.body(() => form.wait(sleep(1000))),
        { signal: controller.signal },
      );
    const task = make();
    yield* started(form);
    controller.abort(new Error("the user left"));
    yield* form.wait(sleep(1));
    assert.equal(task.cancelled(), true);
    assert.throws(() => task.result(), { name: "CancelledError", message: "the user left" });
    const late = make();
    yield* form.wait(sleep(1));
    assert.equal(late.cancelled(), true);
  });

  for (const [what, wait] of [
    ["a timer", (signal: AbortSignal) => delay(10_000, undefined, { signal })],
    ["an event", (signal: AbortSignal) => once(new EventEmitter(), "never", { signal })],
    [
      "whatever rejects with the reason itself",
      (signal: AbortSignal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ],
  ] as const)
    both(`JS-17 ${what} of Node's that the signal aborts ends the task as cancelled`, function* (form) {
      let error: unknown;
      const task = createTask(async () => {
        try {
          await wait(currentTask()!.signal);
        } catch (caught) {
          error = caught;
          throw caught;
        }
      });
      yield* started(form);
      task.cancel("via the signal");
      yield* form.wait(sleep(1));
      assert.equal(task.cancelled(), true);
      assert.equal(isCancelled(error), true);
      assert.throws(() => task.result(), { name: "CancelledError", message: "via the signal" });
    });

  both("JS-17 an AbortError of somebody else's is a failure", function* (form) {
    const controller = new AbortController();
    const task = createTask(async () => delay(10_000, undefined, { signal: controller.signal }));
    yield* started(form);
    controller.abort();
    yield* form.wait(sleep(1));
    assert.equal(task.cancelled(), false);
    assert.equal((task.exception() as Error).name, "AbortError");
  });

  it("JS-19 `await` flattens a future that is a result; `yield*` does not", async () => {
    await run(
      async () => {
        const future = new Future<number>();
        getRunningLoop().callLater(1, () => future.setResult(7));
        const give = coro(function* () {
          return future;
        });
        assert.equal(await give(), 7);
        assert.equal(await (async () => future)(), 7);
        const kept = await createTask(
          coro(function* () {
            const result = yield* give();
            return [result];
          })(),
        );
        assert.equal(kept[0], future);
      },
      { loopFactory: virtualLoop },
    );
  });

  both("JS-20 an error whose stack nobody read does not keep its task alive", function* (form) {
    const reports = collectReports(getRunningLoop());
    const fail = (): void => {
      createTask(
        form.body(function* () {
          yield* form.wait(form.body(() => form.wait(sleep(1)))());
          // Not read: `stack` would be computed.
          throw new Error("unread");
        }),
      );
    };
    fail();
    yield* form.wait(sleep(5));
    yield* form.wait(
      collectGarbageUntil(() => reports.length > 0, "the report comes before the loop closes"),
    );
    assert.equal((reports[0]!.exception as Error).message, "unread");
  });

  describe("the life of the process", () => {
    it("a run whose main waits keeps the process alive; nothing else does", async () => {
      const { code, stdout, took, stderr } = await runProgram(`
        import { createTask, EventLoop, Future, getRunningLoop, run, sleep } from "asyncscope";
        const result = run(async () => {
          const future = new Future();
          const long = createTask(() => sleep(3600_000));
          setTimeout(() => { long.cancel(); future.setResult("resolved by Node"); }, 30).unref();
          return await future;
        });
        result.then(console.log);
        // A loop that is not run, with a timer of an hour.
        new EventLoop().callLater(3600_000, () => undefined);
      `);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "resolved by Node\n");
      assert.ok(took < 20_000);
    });

    it("a program in frozen, patched surroundings runs all the same", async () => {
      const { code, stdout, stderr } = await runProgram(`
        import { coro, createTask, gather, run, sleep } from "asyncscope";
        Object.defineProperty(Array.prototype, "extra", { value: () => 1, enumerable: true });
        Error.prepareStackTrace = () => { throw new Error("hostile"); };
        Promise.prototype.then = ((then) => function (...args) { calls++; return then.apply(this, args); })(Promise.prototype.then);
        let calls = 0;
        const bad = coro(function* () { yield* sleep(1); throw Object.freeze(new Error("frozen")); });
        const outer = coro(function* () { yield* bad(); });
        const result = await run(async () => {
          const task = createTask(outer());
          let caught;
          try { await task; } catch (error) { caught = error.message; }
          return [caught, ...(await gather(async () => { await sleep(1); return 1; }, coro(function* () { return yield* sleep(1, 2); })))];
        });
        console.log(JSON.stringify([...result]));
      `);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, '["frozen",1,2]\n');
    });

    it("faked timers move the timers of the loop, and do not stop it", async () => {
      const { code, stdout, stderr } = await runProgram(`
        import { coro, createTask, run, sleep } from "asyncscope";
        const real = setTimeout;
        let time = 1000;
        const timers = [];
        globalThis.setTimeout = (callback, ms) => timers.push({ callback, at: time + ms });
        globalThis.clearTimeout = () => undefined;
        globalThis.setImmediate = globalThis.queueMicrotask = process.nextTick = () => { throw new Error("faked"); };
        performance.now = () => time;
        const log = [];
        const result = run(async () => {
          for (let n = 0; n < 50; n++) await sleep(0);
          await createTask(coro(function* () { for (let n = 0; n < 50; n++) yield* sleep(0); })());
          log.push("awake");
          await sleep(5000);
          log.push("slept");
        }).then(() => console.log(log.join()));
        real(() => {
          log.push("faked time passes");
          time += 5000;
          for (const { callback } of timers.splice(0)) callback();
        }, 100);
        await result;
      `);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "awake,faked time passes,slept\n");
    });

    it("a foreign promise that rejects after it was given up is silent", async () => {
      const { code, stdout, stderr } = await runProgram(`
        import { createTask, run, sleep, until } from "asyncscope";
        await run(async () => {
          const task = createTask(async () => until(new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 20))));
          await sleep(5);
          task.cancel();
          await sleep(40);
        });
        console.log("alive");
      `);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "alive\n");
      assert.equal(stderr, "");
    });
  });

  both("until() gives the result or error of a foreign promise", function* (form) {
    assert.equal(yield* form.wait(until(Promise.resolve(1))), 1);
    let error: unknown;
    try {
      yield* form.wait(until(Promise.reject(new Error("no"))));
    } catch (caught) {
      error = caught;
    }
    assert.equal((error as Error).message, "no");
    assert.throws(() => until(5 as never), TypeError);
  });
});
