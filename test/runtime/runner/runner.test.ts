import assert from "node:assert/strict";
import {
  CancelledError,
  ContextVar,
  coro,
  createTask,
  currentTask,
  EventLoop,
  Future,
  getRunningLoop,
  run,
  Runner,
  RuntimeError,
  sleep,
  tryGetRunningLoop,
} from "asyncscope";
import type { ExceptionContext, RunOptions, Startable } from "asyncscope";
import { forms } from "../../support/both-forms.js";
import { collectReports, virtualLoop } from "../../support/runtime-loop.js";

const onVirtualClock: RunOptions = { loopFactory: virtualLoop };

/** A loop on a virtual clock whose reports are collected. */
function reporting(): { options: RunOptions; reports: ExceptionContext[] } {
  const reports: ExceptionContext[] = [];
  const loopFactory = (): EventLoop => {
    const loop = virtualLoop();
    loop.setExceptionHandler((_loop, context) => reports.push(context));
    return loop;
  };
  return { options: { loopFactory }, reports };
}

describe("run", () => {
  for (const form of forms)
    describe(`in the ${form.name} form`, () => {
      it("RU-01 gives main's result", async () => {
        const main = form.body(function* () {
          yield* form.wait(sleep(10));
          return 42;
        });
        assert.equal(await run(main, onVirtualClock), 42);
      });

      it("RU-01 throws main's error, the very object", async () => {
        const error = new Error("mine");
        const main = form.body(function* () {
          yield* form.wait(sleep(10));
          throw error;
        });
        await assert.rejects(run(main, onVirtualClock), (thrown) => thrown === error);
      });

      it("RU-02 cancels what is left over and waits for its cleaning up", async () => {
        const log: string[] = [];
        const leftover = (): Startable<void> =>
          form.body(function* () {
            try {
              yield* form.wait(sleep(1_000_000));
            } catch (error) {
              log.push((error as Error).name);
            } finally {
              yield* form.wait(sleep(10));
              log.push("cleaned up");
            }
          });
        const main = form.body(function* () {
          createTask(leftover());
          yield* form.wait(sleep(1));
          return "result";
        });
        assert.equal(await run(main, onVirtualClock), "result");
        assert.deepEqual(log, ["CancelledError", "cleaned up"]);
      });

      it("RU-03 reports a leftover task that fails on the way out; main's outcome stays", async () => {
        const { options, reports } = reporting();
        const error = new Error("on the way out");
        const leftover = form.body(function* () {
          try {
            yield* form.wait(sleep(1_000_000));
          } finally {
            throw error;
          }
        });
        const main = form.body(function* () {
          createTask(leftover, { name: "leftover" });
          yield* form.wait(sleep(1));
          return "result";
        });
        assert.equal(await run(main, options), "result");
        assert.deepEqual(
          reports.map(({ message, exception, task }) => [message, exception, task?.name]),
          [["unhandled exception during run() shutdown", error, "leftover"]],
        );
      });

      it("RU-05 cannot be called while a loop runs", async () => {
        const main = form.body(function* () {
          yield* form.wait(sleep(1));
          yield* form.wait(
            run(async () => 1).catch((error: unknown) => {
              assert.ok(error instanceof RuntimeError);
              assert.match(error.message, /cannot be called while an event loop is running/);
            }),
          );
          return "went on";
        });
        assert.equal(await run(main, onVirtualClock), "went on");
      });
    });

  it("RU-06 calls loopFactory once, without arguments, and runs on what it made", async () => {
    const calls: unknown[][] = [];
    const loop = virtualLoop();
    const used = await run(async () => getRunningLoop(), {
      loopFactory: (...args: unknown[]) => {
        calls.push(args);
        return loop;
      },
    });
    assert.deepEqual(calls, [[]]);
    assert.equal(used, loop);
    assert.equal(loop.isClosed(), true);
  });

  it("leaves no loop behind when the factory throws", async () => {
    const error = new Error("no loop");
    const loopFactory = (): never => {
      throw error;
    };
    await assert.rejects(
      run(async () => 1, { loopFactory }),
      (thrown) => thrown === error,
    );
    assert.equal(tryGetRunningLoop(), null);
    assert.equal(await run(async () => 2, onVirtualClock), 2);
  });

  it("debug: true is seen by the program", async () => {
    assert.equal(await run(async () => getRunningLoop().debug, { ...onVirtualClock, debug: true }), true);
    assert.equal(await run(async () => getRunningLoop().debug, { ...onVirtualClock, debug: false }), false);
  });
});

describe("Runner", () => {
  it("RU-07 runs several coroutines on one loop, made when it is first needed", async () => {
    let made = 0;
    const runner = new Runner({
      loopFactory: () => {
        made++;
        return virtualLoop();
      },
    });
    assert.equal(made, 0);
    const generator = coro(function* () {
      yield* sleep(1);
      return getRunningLoop();
    });
    const first = await runner.run(generator());
    const second = await runner.run(async () => {
      await sleep(1);
      return getRunningLoop();
    });
    assert.equal(first, second);
    assert.equal(first, runner.getLoop());
    assert.equal(made, 1);
    await runner.close();
    assert.equal(first.isClosed(), true);
  });

  it("RU-07 once closed everything says so; closing again does nothing", async () => {
    const runner = new Runner(onVirtualClock);
    await runner.run(async () => sleep(1));
    await runner.close();
    await runner.close();
    await runner[Symbol.asyncDispose]();
    const closed = (error: unknown): boolean =>
      error instanceof RuntimeError && error.message.startsWith("Runner is closed");
    assert.throws(() => runner.getLoop(), closed);
    await assert.rejects(
      runner.run(async () => 1),
      closed,
    );
  });

  it("RU-07 one that was never used closes without making a loop", async () => {
    const runner = new Runner({ loopFactory: () => assert.fail("no loop is needed") });
    await runner.close();
    assert.throws(() => runner.getLoop(), /Runner is closed/);
  });

  it("is closed at the end of an `await using` block, which lets the block's error through", async () => {
    let loop: EventLoop | undefined;
    const error = new Error("mine");
    await assert.rejects(
      async () => {
        await using runner = new Runner(onVirtualClock);
        loop = runner.getLoop();
        await runner.run(async () => sleep(1));
        throw error;
      },
      (thrown) => thrown === error,
    );
    assert.equal(loop?.isClosed(), true);
  });

  it("leaves tasks for the next run, and cancels them when it is closed", async () => {
    await using runner = new Runner(onVirtualClock);
    const log: string[] = [];
    await runner.run(async () => {
      createTask(async () => {
        try {
          await sleep(10);
          log.push("first");
          await sleep(1_000_000);
        } catch (error) {
          log.push((error as Error).name);
        }
      });
      await sleep(1);
    });
    assert.deepEqual(log, []);
    await runner.run(async () => sleep(100));
    assert.deepEqual(log, ["first"]);
    await runner.close();
    assert.deepEqual(log, ["first", "CancelledError"]);
  });

  it("cannot be closed while it runs", async () => {
    const runner = new Runner(onVirtualClock);
    await runner.run(async () => {
      await assert.rejects(runner.close(), /cannot be closed while it runs/);
    });
    await runner.close();
  });

  it("RU-08 takes a future, a promise and a coroutine", async () => {
    await using runner = new Runner(onVirtualClock);
    const future = new Future<string>({ loop: runner.getLoop() });
    runner.getLoop().callLater(5, () => future.setResult("future"));
    assert.equal(await runner.run(future), "future");
    assert.equal(await runner.run(Promise.resolve("promise")), "promise");
    assert.equal(
      await runner.run({
        then: (resolve: (text: string) => void) => resolve("thenable"),
      } as PromiseLike<string>),
      "thenable",
    );
    assert.equal(
      await runner.run(
        coro(function* () {
          return "coroutine";
        })(),
      ),
      "coroutine",
    );
    await assert.rejects(runner.run(Promise.reject(new Error("mine"))), /^Error: mine$/);
  });

  it("RU-08 refuses what cannot be awaited", async () => {
    await using runner = new Runner(onVirtualClock);
    for (const wrong of [123, "text", null, undefined, {}])
      await assert.rejects(runner.run(wrong as never), TypeError);
    assert.equal(tryGetRunningLoop(), null);
    assert.equal(await runner.run(async () => "still works"), "still works");
  });

  it("CV-06 its runs share one context, which is not that of the program", async () => {
    const variable = new ContextVar("variable", { default: "default" });
    await using runner = new Runner(onVirtualClock);
    for (const form of forms) {
      await runner.run(
        form.body(function* () {
          variable.set(form.name);
        }),
      );
      assert.equal(await runner.run(async () => variable.get()), form.name);
      assert.equal(variable.get(), "default");
    }
  });

  it("CV-06 a run may have a context of its own", async () => {
    const variable = new ContextVar("variable", { default: "default" });
    await using runner = new Runner(onVirtualClock);
    let context;
    await runner.run(async () => {
      variable.set("shared");
      context = currentTask()!.getContext().copy();
    });
    await runner.run(async () => void variable.set("own"), { context });
    assert.equal(await runner.run(async () => variable.get(), { context }), "own");
    assert.equal(await runner.run(async () => variable.get()), "shared");
  });

  it("a main task that was cancelled by the program throws CancelledError", async () => {
    await using runner = new Runner(onVirtualClock);
    await assert.rejects(
      runner.run(async () => {
        currentTask()!.cancel("mine");
        await sleep(1);
      }),
      (error: unknown) => error instanceof CancelledError && error.message === "mine",
    );
  });

  it("reports what it closes over, and lets no report be lost", async () => {
    const runner = new Runner(onVirtualClock);
    const reports = collectReports(runner.getLoop());
    await runner.run(async () => {
      new Future<void>().setException(new Error("nobody looks"));
    });
    await runner.close();
    assert.deepEqual(
      reports.map(({ message }) => message),
      ["Future exception was never retrieved"],
    );
  });
});
