import {
  copyContext,
  coro,
  createTask,
  EventLoop,
  Future,
  gather,
  getRunningLoop,
  run,
  RuntimeError,
  sleep,
  Task,
  taskGroup,
} from "asyncscope";
import type { TaskOptions } from "asyncscope";
import assert from "node:assert/strict";
import { stat } from "node:fs";
import { both, eachForm } from "../../support/both-forms.js";
import {
  collectReports,
  debugLoop,
  runIterations,
  virtualLoop,
  withLoop,
} from "../../support/runtime-loop.js";

describe("The event loop", () => {
  it("LP-01 callbacks run once each, in the order of their registration", () =>
    withLoop(async (loop) => {
      const log: number[] = [];
      for (let n = 0; n < 100; n++) loop.callSoon(() => log.push(n));
      await runIterations(loop, 3);
      assert.deepEqual(
        log,
        Array.from({ length: 100 }, (_, n) => n),
      );
    }));

  it("LP-02 what is registered while an iteration runs waits for the next one", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.callSoon(() => {
        log.push("a");
        loop.callSoon(() => {
          log.push("a2");
          loop.callSoon(() => log.push("a3"));
        });
      });
      loop.callSoon(() => log.push("b"));
      await runIterations(loop, 1);
      assert.deepEqual(log, ["a", "b"]);
      await runIterations(loop, 1);
      assert.deepEqual(log, ["a", "b", "a2"]);
      await runIterations(loop, 1);
      assert.deepEqual(log, ["a", "b", "a2", "a3"]);
    }));

  it("LP-03 a timer that is due comes behind what is ready already", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.callLater(0, () => log.push("timer"));
      loop.callSoon(() => log.push("ready"));
      await runIterations(loop, 1);
      assert.deepEqual(log, ["ready", "timer"]);
    }));

  it("LP-04 callSoonThreadsafe and callSoon share one order", () =>
    withLoop(async (loop) => {
      const log: number[] = [];
      loop.callSoonThreadsafe(() => log.push(1));
      loop.callSoon(() => log.push(2));
      loop.callSoonThreadsafe(() => log.push(3));
      await runIterations(loop, 2);
      assert.deepEqual(log, [1, 2, 3]);
    }));

  it("LP-06 a callback that cancels its own handle runs to its end", () =>
    withLoop(async (loop) => {
      let ended = false;
      const handle = loop.callSoonThreadsafe(() => {
        handle.cancel();
        ended = true;
      });
      await runIterations(loop, 1);
      assert.equal(ended, true);
      assert.equal(handle.cancelled(), true);
    }));

  it("LP-07 stop() lets the iteration finish; what it adds stays for the next run", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.callSoon(() => {
        loop.stop();
        log.push("stop");
        loop.callSoon(() => log.push("added before"));
      });
      loop.callSoon(() => {
        log.push("after stop");
        loop.callSoon(() => log.push("added after"));
      });
      await loop.runForever();
      assert.deepEqual(log, ["stop", "after stop"]);
      await runIterations(loop, 1);
      assert.deepEqual(log, ["stop", "after stop", "added before", "added after"]);
    }));

  it("LP-07 an async function that was resumed in the last iteration comes to its next wait", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.createTask(async () => {
        await sleep(0);
        for (let n = 0; n < 10; n++) await Promise.resolve();
        log.push("function");
        await sleep(1000);
      });
      collectReports(loop);
      await runIterations(loop, 2).then(() => log.push("stopped"));
      assert.deepEqual(log, ["function", "stopped"]);
    }));

  it("LP-08 stop() before runForever() makes it run exactly one iteration, without waiting", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.callSoon(() => {
        log.push("first");
        loop.callSoon(() => log.push("second"));
      });
      loop.callLater(1000, () => log.push("timer"));
      loop.stop();
      await loop.runForever();
      assert.deepEqual(log, ["first"]);
      assert.equal(loop.time(), 0, "it did not wait for the timer");
      assert.equal(loop.isRunning(), false);
    }));

  it("LP-09 callSoon(stop) and runForever() run exactly one full iteration", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.callSoon(() => loop.stop());
      loop.callSoon(() => {
        log.push("same iteration");
        loop.callSoon(() => log.push("next iteration"));
      });
      await loop.runForever();
      assert.deepEqual(log, ["same iteration"]);
    }));

  it("LP-10 the callback of an I/O event does not run again when the loop is stopped and restarted", () =>
    withLoop(async (loop) => {
      let calls = 0;
      stat(process.execPath, () =>
        loop.callSoonThreadsafe(() => {
          calls++;
          loop.stop();
        }),
      );
      await loop.runForever();
      await runIterations(loop, 3);
      assert.equal(calls, 1);
    }));

  both("LP-12 a loop cannot be run inside a running one, which goes on", function* (form) {
    const outer = getRunningLoop();
    const inner = virtualLoop();
    const future = new Future<void>({ loop: inner });
    const attempts: (() => Promise<unknown>)[] = [
      () => inner.runForever(),
      () => inner.runUntilComplete(future),
      () => outer.runForever(),
      () => run(form.body(function* () {})),
    ];
    for (const attempt of attempts)
      yield* form.wait(assert.rejects(attempt, (error) => error instanceof RuntimeError));
    assert.equal(getRunningLoop(), outer);
    assert.equal(outer.isRunning(), true);
    assert.equal(inner.isRunning(), false);
    yield* form.wait(sleep(5));
    assert.equal(outer.time(), 5);
  });

  it("LP-14 close() throws while the loop runs, and may be called twice", async () => {
    const loop = virtualLoop();
    let refusal: unknown;
    loop.callSoon(() => {
      try {
        loop.close();
      } catch (error) {
        refusal = error;
      }
      loop.stop();
    });
    await loop.runForever();
    assert.ok(refusal instanceof RuntimeError);
    assert.equal(loop.isClosed(), false);
    loop.close();
    loop.close();
    assert.equal(loop.isClosed(), true);
  });

  eachForm("LP-15 a closed loop refuses everything that schedules", async (form) => {
    const loop = virtualLoop();
    loop.close();
    const nothing = (): void => undefined;
    const refused = { name: "RuntimeError", message: /closed/ };
    assert.throws(() => loop.callSoon(nothing), refused);
    assert.throws(() => loop.callSoonThreadsafe(nothing), refused);
    assert.throws(() => loop.callLater(1, nothing), refused);
    assert.throws(() => loop.callAt(1, nothing), refused);
    assert.throws(() => loop.createTask(form.body(function* () {})), refused);
    await assert.rejects(loop.runForever(), refused);
    await assert.rejects(loop.runUntilComplete(new Future<void>({ loop })), refused);
    await assert.rejects(
      run(
        form.body(function* () {}),
        { loopFactory: () => loop },
      ),
      refused,
    );
  });

  it("LP-17 createTask() on a closed loop closes the coroutine: it is not reported as never awaited", async () => {
    const closed = virtualLoop();
    closed.close();
    let reports: { message: string }[] = [];
    let ran = false;
    const body = coro(function* () {
      ran = true;
    });
    await run(
      async () => {
        reports = collectReports(getRunningLoop());
        const coroutine = body();
        assert.throws(() => closed.createTask(coroutine), RuntimeError);
        await assert.rejects(async () => coroutine, RuntimeError);
      },
      { loopFactory: debugLoop },
    );
    assert.equal(ran, false);
    assert.deepEqual(reports, []);
  });

  eachForm("LP-18 in debug mode callbacks must not be coroutine functions", (form) =>
    withLoop(
      (loop) => {
        const fn = form.name === "await" ? async () => undefined : coro(function* () {});
        const schedule = [
          (what: unknown) => loop.callSoon(what as () => void),
          (what: unknown) => loop.callSoonThreadsafe(what as () => void),
          (what: unknown) => loop.callLater(1, what as () => void),
          (what: unknown) => loop.callAt(1, what as () => void),
        ];
        for (const attempt of schedule) assert.throws(() => attempt(fn), TypeError);
        const coroutine = coro(function* () {})();
        for (const attempt of schedule) assert.throws(() => attempt(coroutine), TypeError);
        loop.debug = false;
        for (const attempt of schedule) attempt(fn);
      },
      { debug: true },
    ),
  );

  eachForm("LP-20 a task factory makes what createTask() returns; null restores the default", (form) =>
    withLoop(async (loop) => {
      assert.throws(() => loop.setTaskFactory(1 as never), TypeError);
      assert.equal(loop.getTaskFactory(), null);
      const made = new Future<unknown>({ loop });
      const factory = () => made;
      loop.setTaskFactory(factory);
      assert.equal(loop.getTaskFactory(), factory);
      const coroutine = form.body(function* () {
        return 1;
      });
      assert.equal(loop.createTask(coroutine), made);
      loop.setTaskFactory(null);
      const task = loop.createTask(coroutine);
      assert.ok(task instanceof Task);
      assert.equal(await loop.runUntilComplete(task), 1);
    }),
  );

  eachForm("LP-20 what a factory returns must be a future, else createTask() says so", (form) =>
    withLoop((loop) => {
      const nothing = form.body(function* () {});
      for (const [made, words] of [
        [undefined, /a task factory returns a task or another future, it returned undefined/],
        [5, /it returned 5/],
        [Promise.resolve(), /it returned a promise/],
      ] as const) {
        loop.setTaskFactory(() => made as never);
        assert.throws(() => loop.createTask(nothing), { name: "TypeError", message: words });
      }
    }),
  );

  eachForm("LP-21 the name given to createTask() reaches the factory", (form) =>
    withLoop(async (loop) => {
      loop.setTaskFactory((on, what, options) => new Task(what, { ...options, loop: on }));
      const task = loop.createTask(
        form.body(function* () {}),
        { name: "worker" },
      );
      assert.equal(task.name, "worker");
      await loop.runUntilComplete(task);
    }),
  );

  both("LP-21 whatever is given where a task is made reaches the factory", function* (form) {
    const seen: TaskOptions[] = [];
    const loop = getRunningLoop();
    loop.setTaskFactory((on, what, options) => {
      seen.push(options);
      return new Task(what, { ...options, loop: on });
    });
    const nothing = form.body(function* () {});
    const context = copyContext();
    const given = { name: "worker", context, eagerStart: false, priority: 5 };
    const tasks = [createTask(nothing, given), loop.createTask(nothing, given), createTask(nothing)];
    yield* form.wait(
      taskGroup(
        form.body(function* (group) {
          tasks.push(group.createTask(nothing, given));
        }),
      ),
    );
    yield* form.wait(gather(tasks));
    assert.deepEqual(seen.slice(0, 4), [given, given, {}, given]);
  });

  it("a stop() inside a task ends the run after the iteration, and the task goes on in the next run", () =>
    withLoop(async (loop) => {
      const task = loop.createTask(
        coro(function* () {
          loop.stop();
          yield* sleep(0);
          return "later";
        })(),
      );
      await loop.runForever();
      assert.equal(task.done(), false);
      assert.equal(await loop.runUntilComplete(task), "later");
    }));

  it("a broken console does not end the loop", () =>
    withLoop(async (loop) => {
      const { error } = console;
      console.error = () => {
        throw new Error("no console");
      };
      try {
        let ran = false;
        loop.callSoon(() => {
          throw new Error("oops");
        });
        loop.callSoon(() => (ran = true));
        await runIterations(loop, 2);
        assert.equal(ran, true);
      } finally {
        console.error = error;
      }
    }));

  it("virtual time stands still while an async function can go on", async () => {
    const seen: number[] = [];
    await run(
      async () => {
        const loop = getRunningLoop();
        const long = loop.createTask(() => sleep(100));
        for (let n = 0; n < 3; n++) {
          await Promise.resolve();
          await sleep(1);
          seen.push(loop.time());
        }
        await long;
        seen.push(loop.time());
      },
      { loopFactory: () => virtualLoop() },
    );
    assert.deepEqual(seen, [1, 2, 3, 100]);
  });

  it("virtual time stands still while something of Node's is about to make a task ready", async () => {
    const seen: number[] = [];
    await run(
      coro(function* () {
        const loop = getRunningLoop();
        const future = new Future<void>();
        const long = loop.createTask(sleep(100));
        loop.callSoon(() => process.nextTick(() => process.nextTick(() => future.setResult())));
        yield* future;
        seen.push(loop.time());
        yield* long;
        seen.push(loop.time());
      })(),
      { loopFactory: () => virtualLoop() },
    );
    assert.deepEqual(seen, [0, 100]);
  });

  it("a loop can be made without being run, and closed", () => {
    new EventLoop().close();
  });
});
