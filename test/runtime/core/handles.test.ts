import {
  ContextVar,
  createTask,
  FatalError,
  Future,
  getRunningLoop,
  KeyboardInterrupt,
  run,
  sleep,
  SystemExit,
} from "asyncscope";
import type { EventLoop, ExceptionContext, Task } from "asyncscope";
import assert from "node:assert/strict";
import { collectGarbageUntil } from "../../support/runtime-gc.js";
import { both, eachForm } from "../../support/both-forms.js";
import { collectReports, runIterations, virtualLoop, withLoop } from "../../support/runtime-loop.js";

/** What is written to stderr through the console while `test` runs. */
async function consoleErrors(test: () => Promise<void>): Promise<string[]> {
  const { error } = console;
  const lines: string[] = [];
  console.error = (...args: unknown[]) => void lines.push(args.map(String).join(" "));
  try {
    await test();
  } finally {
    console.error = error;
  }
  return lines;
}

describe("Handles and the exception handler", () => {
  it("EH-01 an exception in a callback is reported, and the next callback runs", () =>
    withLoop(async (loop) => {
      const reports = collectReports(loop);
      const log: string[] = [];
      const oops = new Error("oops");
      const handle = loop.callSoon(function broken() {
        throw oops;
      });
      loop.callSoon(() => log.push("next"));
      await runIterations(loop, 1);
      assert.deepEqual(log, ["next"]);
      assert.equal(reports.length, 1);
      assert.equal(reports[0]!.message, "Exception in callback broken");
      assert.equal(reports[0]!.exception, oops);
      assert.equal(reports[0]!.handle, handle);
      assert.equal("sourceTraceback" in reports[0]!, false);
    }));

  it("EH-01 of a future's callback the report gives the name, too", () =>
    withLoop(async (loop) => {
      const reports = collectReports(loop);
      const future = new Future<number>({ loop });
      const seen: unknown[] = [];
      future.addDoneCallback(function whenDone() {
        throw new Error("oops");
      });
      future.addDoneCallback((done) => seen.push(done.result()));
      future.setResult(1);
      await runIterations(loop, 1);
      assert.deepEqual(
        reports.map(({ message }) => message),
        ["Exception in callback whenDone"],
      );
      assert.deepEqual(seen, [1]);
    }));

  it("EH-01, DB-02 in debug mode the report says where the callback was registered", () =>
    withLoop(
      async (loop) => {
        const reports = collectReports(loop);
        loop.callSoon(() => {
          throw new Error("oops");
        });
        await runIterations(loop, 1);
        assert.match(reports[0]!.sourceTraceback!, /handles\.test/);
      },
      { debug: true },
    ));

  for (const thrown of [undefined, null, 0, "text"])
    it(`EH-01 throwing ${String(thrown)} is reported as well`, () =>
      withLoop(async (loop) => {
        const reports = collectReports(loop);
        loop.callSoon(() => {
          throw thrown;
        });
        await runIterations(loop, 1);
        assert.deepEqual(
          reports.map((report) => report.exception),
          [thrown],
        );
      }));

  it("EH-02 a handler of one's own gets the loop and the context; null restores the default", () =>
    withLoop(async (loop) => {
      const calls: [EventLoop, ExceptionContext][] = [];
      const handler = (on: EventLoop, context: ExceptionContext): void => void calls.push([on, context]);
      assert.equal(loop.getExceptionHandler(), null);
      loop.setExceptionHandler(handler);
      assert.equal(loop.getExceptionHandler(), handler);
      const context = { message: "hello", exception: new Error("x"), extra: 1 };
      loop.callExceptionHandler(context);
      assert.deepEqual(calls, [[loop, context]]);
      loop.setExceptionHandler(null);
      const printed = await consoleErrors(async () => loop.callExceptionHandler(context));
      assert.equal(calls.length, 1);
      assert.match(printed.join("\n"), /hello/);
      assert.match(printed.join("\n"), /^extra: 1 *$/m);
    }));

  it("EH-03 a handler that is no function is a TypeError", () =>
    withLoop((loop) => {
      for (const bad of [1, "x", {}, undefined])
        assert.throws(() => loop.setExceptionHandler(bad as never), TypeError);
    }));

  it("EH-04 a handler that throws is reported by the default one", () =>
    withLoop(async (loop) => {
      loop.setExceptionHandler(() => {
        throw new Error("the handler is broken");
      });
      const printed = await consoleErrors(async () =>
        loop.callExceptionHandler({ message: "spam", exception: new Error("what it was told of"), extra: 1 }),
      );
      assert.match(printed.join("\n"), /Unhandled error in exception handler/);
      assert.match(printed.join("\n"), /the handler is broken/);
      assert.match(printed.join("\n"), /^context: spam \(Error: what it was told of\) *$/m);
    }));

  it("EH-04 a handler that is async and rejects is reported as well, and does not end the process", () =>
    withLoop(async (loop) => {
      const handler: () => unknown = async () => Promise.reject(new Error("the handler is broken"));
      loop.setExceptionHandler(handler);
      const printed = await consoleErrors(async () => {
        loop.callExceptionHandler({ message: "spam" });
        await runIterations(loop, 2);
      });
      assert.match(printed.join("\n"), /Unhandled error in exception handler/);
      assert.match(printed.join("\n"), /the handler is broken/);
    }));

  it("EH-04 a default handler that throws is only logged", () =>
    withLoop(async (loop) => {
      loop.defaultExceptionHandler = () => {
        throw new Error("also broken");
      };
      const alone = await consoleErrors(async () => loop.callExceptionHandler({ message: "spam" }));
      assert.match(alone.join("\n"), /Exception in default exception handler.*also broken/);
      loop.setExceptionHandler(() => {
        throw new Error("the handler is broken");
      });
      const both = await consoleErrors(async () => loop.callExceptionHandler({ message: "spam" }));
      assert.match(both.join("\n"), /while handling an unexpected error.*also broken/);
    }));

  it("EH-05 the handler runs inside the context variables of the callback", () =>
    withLoop(async (loop) => {
      const name = new ContextVar<string>("name", { default: "outside" });
      const seen: string[] = [];
      loop.setExceptionHandler(() => seen.push(name.get()));
      loop.callSoon(() => {
        name.set("inside");
        throw new Error("oops");
      });
      await runIterations(loop, 1);
      assert.deepEqual(seen, ["inside"]);
      assert.equal(name.get(), "outside");
    }));

  both("EH-05 the handler runs inside the context variables of the failed task", function* (form) {
    const loop = getRunningLoop();
    const name = new ContextVar<string>("name", { default: "outside" });
    const seen: string[] = [];
    loop.setExceptionHandler((_loop, context) => seen.push(`${context.message} ${name.get()}`));
    const fail = (): void => {
      createTask(
        form.body(function* () {
          name.set("inside");
          yield* form.wait(sleep(0));
          throw new Error("oops");
        }),
      );
    };
    fail();
    yield* form.wait(sleep(10));
    yield* form.wait(collectGarbageUntil(() => seen.length > 0, "the task's error is reported"));
    assert.deepEqual(seen, ["Task exception was never retrieved inside"]);
  });

  for (const Fatal of [KeyboardInterrupt, SystemExit, FatalError])
    it(`EH-06 ${Fatal.name} in a callback ends the run, past the handler`, () =>
      withLoop(async (loop) => {
        const reports = collectReports(loop);
        const log: string[] = [];
        const fatal = new Fatal("now");
        loop.callSoon(() => log.push("before"));
        loop.callSoon(() => {
          throw fatal;
        });
        loop.callSoon(() => log.push("after"));
        await assert.rejects(loop.runForever(), (error) => error === fatal);
        assert.deepEqual(log, ["before"]);
        await runIterations(loop, 1);
        assert.deepEqual(log, ["before", "after"], "the rest is kept for the next run");
        assert.deepEqual(reports, []);
      }));

  it("EH-06 a fatal error of the handler ends the run, and reaches the caller when there is none", async () => {
    const loop = virtualLoop();
    const fatal = new SystemExit("from the handler");
    loop.setExceptionHandler(() => {
      throw fatal;
    });
    loop.callSoon(() => {
      throw new Error("oops");
    });
    await assert.rejects(loop.runForever(), (error) => error === fatal);
    const isFatal = (error: unknown): boolean => error === fatal;
    assert.throws(() => loop.callExceptionHandler({ message: "spam" }), isFatal);
    new Future<void>({ loop }).setException(new Error("lost"));
    assert.throws(() => loop.close(), isFatal);
    assert.equal(loop.isClosed(), true);
  });

  eachForm("EH-06 a fatal error in a task ends the run and is not reported again", async (form) => {
    const loop = virtualLoop();
    const reports = collectReports(loop);
    const fatal = new SystemExit("3");
    let task: Task<unknown> | undefined;
    await assert.rejects(
      run(
        form.body(function* () {
          task = createTask(
            form.body(function* () {
              yield* form.wait(sleep(1));
              throw fatal;
            }),
          );
          yield* form.wait(sleep(1000));
        }),
        { loopFactory: () => loop },
      ),
      (error) => error === fatal,
    );
    assert.equal(task!.exception(), fatal);
    assert.deepEqual(reports, []);
  });

  it("a handle cancelled in time is not called, and lets go of its callback", () =>
    withLoop(async (loop) => {
      let called = false;
      const handle = loop.callSoon(() => (called = true));
      handle.cancel();
      handle.cancel();
      await runIterations(loop, 1);
      assert.equal(called, false);
      assert.equal(handle._callback, null);
    }));
});
