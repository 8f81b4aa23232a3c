import {
  CancelledError,
  coro,
  createTask,
  Future,
  getRunningLoop,
  InvalidStateError,
  isFuture,
  RuntimeError,
  sleep,
  until,
} from "asyncscope";
import type { EventLoop } from "asyncscope";
import assert from "node:assert/strict";
import { collectGarbage, collectGarbageUntil } from "../../support/runtime-gc.js";
import { both, forms, inGenerators } from "../../support/both-forms.js";
import {
  collectReports,
  IterationCounter,
  runIterations,
  virtualLoop,
  withLoop,
} from "../../support/runtime-loop.js";

const tick = (loop: EventLoop): Promise<void> => runIterations(loop, 2);

describe("Futures", () => {
  it("FU-01 a new future is pending and has neither result nor error", () =>
    withLoop((loop) => {
      const future = new Future<number>({ loop });
      assert.equal(future.done(), false);
      assert.equal(future.cancelled(), false);
      assert.throws(() => future.result(), InvalidStateError);
      assert.throws(() => future.exception(), InvalidStateError);
      assert.equal(future.getLoop(), loop);
      assert.equal(isFuture(future), true);
      assert.throws(() => new Future(), RuntimeError);
    }));

  it("FU-02 an outcome cannot be set twice", () =>
    withLoop((loop) => {
      const finished = new Future<number>({ loop });
      finished.setResult(1);
      const failed = new Future<number>({ loop });
      failed.setException(new Error("x"));
      const cancelled = new Future<number>({ loop });
      cancelled.cancel();
      for (const future of [finished, failed, cancelled]) {
        assert.throws(() => future.setResult(2), InvalidStateError);
        assert.throws(() => future.setException(new Error("y")), InvalidStateError);
      }
      assert.equal(finished.result(), 1);
      assert.equal((failed.exception() as Error).message, "x");
    }));

  it("FU-03 cancel() is true once, and false for a future that is done", () =>
    withLoop((loop) => {
      const future = new Future<number>({ loop });
      assert.equal(future.cancel(), true);
      assert.equal(future.cancelled(), true);
      assert.equal(future.done(), true);
      assert.equal(future.cancel(), false);
      const done = new Future<number>({ loop });
      done.setResult(1);
      assert.equal(done.cancel(), false);
      assert.equal(done.cancelled(), false);
    }));

  it("FU-04 result() and exception() of a cancelled future throw CancelledError", () =>
    withLoop((loop) => {
      const future = new Future<number>({ loop });
      future.cancel("why");
      for (let n = 0; n < 2; n++) {
        assert.throws(() => future.result(), { name: "CancelledError", message: "why" });
        assert.throws(() => future.exception(), { name: "CancelledError", message: "why" });
      }
    }));

  it("FU-05 setException() makes an error of an error class", () =>
    withLoop((loop) => {
      for (const [given, expected] of [
        [RangeError, RangeError],
        [Error, Error],
        [CancelledError, CancelledError],
      ] as const) {
        const future = new Future<number>({ loop });
        future.setException(given);
        assert.ok(future.exception() instanceof expected);
      }
      // Any other function is an odd thing to throw, and thrown as it is.
      const odd = (): void => undefined;
      const future = new Future<number>({ loop });
      future.setException(odd);
      assert.equal(future.exception(), odd);
    }));

  it("FU-06 done callbacks run in an iteration to come, in the order of registration", () =>
    withLoop(async (loop) => {
      const future = new Future<number>({ loop });
      const log: string[] = [];
      future.addDoneCallback((done) => log.push(`a ${done.result()}`));
      future.addDoneCallback(() => log.push("b"));
      future.setResult(1);
      future.addDoneCallback(() => log.push("c"));
      assert.equal(log.length, 0, "not at once");
      await tick(loop);
      assert.deepEqual(log, ["a 1", "b", "c"]);
      future.addDoneCallback((done) => log.push(done === future ? "d" : "another"));
      assert.deepEqual(log, ["a 1", "b", "c"]);
      await tick(loop);
      assert.deepEqual(log, ["a 1", "b", "c", "d"]);
    }));

  it("FU-07 removeDoneCallback() removes every registration of it and says how many", () =>
    withLoop(async (loop) => {
      const future = new Future<number>({ loop });
      const log: string[] = [];
      const a = (): void => void log.push("a");
      const b = (): void => void log.push("b");
      for (const callback of [a, b, a, b, a]) future.addDoneCallback(callback);
      assert.equal(future.removeDoneCallback(a), 3);
      assert.equal(future.removeDoneCallback(a), 0);
      future.setResult(1);
      await tick(loop);
      assert.deepEqual(log, ["b", "b"]);
      assert.equal(future.removeDoneCallback(b), 0);
    }));

  it("FU-07 the first and the only callback can be removed", () =>
    withLoop(async (loop) => {
      const future = new Future<number>({ loop });
      const log: string[] = [];
      const a = (): void => void log.push("a");
      future.addDoneCallback(a);
      assert.equal(future.removeDoneCallback(a), 1);
      future.addDoneCallback(() => log.push("b"));
      future.setResult(1);
      await tick(loop);
      assert.deepEqual(log, ["b"]);
    }));

  it("FU-08 callbacks that come and go while they are being scheduled neither crash nor skip others", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      const future = new Future<number>({ loop });
      const b = (): void => void log.push("b");
      future.addDoneCallback(() => log.push("a"));
      future.addDoneCallback(b);
      future.addDoneCallback(() => log.push("c"));
      const schedule = loop.callSoon.bind(loop);
      loop.callSoon = (...args) => {
        future.removeDoneCallback(b);
        return schedule(...args);
      };
      future.setResult(1);
      loop.callSoon = schedule;
      await tick(loop);
      assert.deepEqual(log, ["a", "b", "c"]);
    }));

  inGenerators("FU-09 awaiting a future that is done does not suspend", function* () {
    const counter = new IterationCounter();
    yield* sleep(0);
    const before = counter.count;
    const future = new Future<number>();
    future.setResult(7);
    assert.equal(yield* future, 7);
    assert.equal(yield* future, 7);
    assert.equal(counter.count, before);
    counter.stop();
  });

  both("FU-09 awaiting a future that is done lets no iteration pass", function* (form) {
    const counter = new IterationCounter();
    yield* form.wait(sleep(0));
    const before = counter.count;
    const future = new Future<number>();
    future.setResult(7);
    assert.equal(yield* form.wait(future), 7);
    assert.equal(counter.count, before);
    counter.stop();
  });

  both("FU-10 from setResult() to the waiter's resumption it is exactly one iteration", function* (form) {
    const loop = getRunningLoop();
    const future = new Future<number>();
    const log: string[] = [];
    const waiter = createTask(
      form.body(function* () {
        log.push(`got ${yield* form.wait(future)}`);
      }),
    );
    yield* form.wait(sleep(1));
    loop.callSoon(() => {
      future.setResult(1);
      log.push("set");
      loop.callSoon(() => {
        log.push("next iteration");
        loop.callSoon(() => log.push("the one after"));
      });
    });
    yield* form.wait(waiter);
    yield* form.wait(sleep(1));
    // Inside one iteration async functions go on last (their microtasks), never in another one.
    assert.deepEqual(log, [
      "set",
      ...(form.name === "yield*" ? ["got 1", "next iteration"] : ["next iteration", "got 1"]),
      "the one after",
    ]);
  });

  it("FU-11 an error that nobody looked at is reported when the future is collected", () =>
    withLoop(async (loop) => {
      const reports = collectReports(loop);
      const error = new Error("lost");
      (() => new Future({ loop }).setException(error))();
      await collectGarbageUntil(() => reports.length > 0, "the error is reported");
      assert.equal(reports[0]!.message, "Future exception was never retrieved");
      assert.equal(reports[0]!.exception, error);
    }));

  for (const [how, look] of [
    ["exception()", (future: Future<unknown>) => future.exception()],
    ["result()", (future: Future<unknown>) => assert.throws(() => future.result())],
  ] as const)
    it(`FU-12 ${how} counts as having looked at the error`, async () => {
      const loop = virtualLoop();
      const reports = collectReports(loop);
      (() => {
        const future = new Future({ loop });
        future.setException(new Error("seen"));
        look(future);
      })();
      await collectGarbage();
      loop.close();
      assert.deepEqual(reports, []);
    });

  both("FU-12 awaiting counts as having looked at the error", function* (form) {
    const loop = getRunningLoop();
    const reports = collectReports(loop);
    const future = new Future<void>();
    loop.callSoon(() => future.setException(new Error("seen")));
    let message = "";
    try {
      yield* form.wait(future);
    } catch (error) {
      message = (error as Error).message;
    }
    assert.equal(message, "seen");
    assert.equal(future._isUnretrieved(), false);
    assert.deepEqual(reports, []);
  });

  it("FU-13 a result that nobody looked at is not reported", async () => {
    const loop = virtualLoop();
    const reports = collectReports(loop);
    (() => new Future<number>({ loop }).setResult(1))();
    await collectGarbage();
    loop.close();
    assert.deepEqual(reports, []);
  });

  it("FU-14 cancel() on a failed future or task silences the report", async () => {
    const loop = virtualLoop();
    const reports = collectReports(loop);
    (() => {
      const future = new Future({ loop });
      future.setException(new Error("known"));
      assert.equal(future.cancel(), false);
    })();
    for (const form of forms) {
      const task = loop.createTask(
        form.body(function* () {
          throw new Error("known, too");
        }),
      );
      await runIterations(loop, 3);
      assert.equal(task.cancel(), false);
    }
    await collectGarbage();
    loop.close();
    assert.deepEqual(reports, []);
  });

  both("FU-15 a future of another loop cannot be awaited", function* (form) {
    const other = virtualLoop();
    const foreign = new Future<number>({ loop: other });
    const task = createTask(form.body(() => form.wait(foreign)));
    let error: unknown;
    try {
      yield* form.wait(task);
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof RuntimeError);
    assert.match(error.message, /attached to a different loop/);
    foreign.cancel();
    other.close();
  });

  inGenerators("FU-16 awaiting a failed future again and again does not grow its stack", function* () {
    const future = new Future<void>();
    future.setException(new Error("once"));
    const look = coro(function* () {
      yield* future;
    });
    const lengths = new Set<number>();
    for (let n = 0; n < 20; n++)
      try {
        yield* look();
      } catch (error) {
        lengths.add((error as Error).stack!.split("\n").length);
      }
    assert.equal(lengths.size, 1, `stacks of ${[...lengths].join(", ")} lines`);
  });

  both("FU-16 however many tasks await a failed one, its stack stays bounded", function* (form) {
    const failing = createTask(
      form.body(function* () {
        yield* form.wait(sleep(1));
        throw new Error("once");
      }),
    );
    const waiters = Array.from({ length: 30 }, () => createTask(form.body(() => form.wait(failing))));
    yield* form.wait(sleep(10));
    let error: Error | undefined;
    for (const waiter of waiters) error = waiter.exception() as Error;
    assert.ok(error!.stack!.split("\n").length <= 2 * Error.stackTraceLimit + 1);
  });

  both("FU-16 a frozen error, or one with a hostile stack, arrives as it is", function* (form) {
    const hostile = new Error("hostile");
    Object.defineProperty(hostile, "stack", {
      get() {
        throw new Error("no stack for you");
      },
    });
    for (const error of [Object.freeze(new Error("frozen")), hostile]) {
      const task = createTask(
        form.body(function* () {
          yield* form.wait(sleep(0));
          throw error;
        }),
      );
      const outer = createTask(
        form.body(function* () {
          yield* form.wait(form.body(() => form.wait(task))());
        }),
      );
      let caught: unknown;
      try {
        yield* form.wait(outer);
      } catch (reason) {
        caught = reason;
      }
      assert.equal(caught, error);
    }
  });

  it("FU-17 in debug mode a future knows where it was created", () =>
    withLoop(
      async (loop) => {
        const reports = collectReports(loop);
        (function whereItWasMade() {
          new Future({ loop }).setException(new Error("lost"));
        })();
        await collectGarbageUntil(() => reports.length > 0, "the error is reported");
        assert.match(reports[0]!.sourceTraceback!, /whereItWasMade/);
      },
      { debug: true },
    ));

  both("FU-18 until() gives a Future back as it is", function* (form) {
    const future = new Future<number>();
    assert.equal(until(future), future);
    future.setResult(1);
    assert.equal(yield* form.wait(until(future)), 1);
  });

  both("FU-18 cancelling until() cancels a source that can be cancelled", function* (form) {
    let cancels = 0;
    const source = {
      then: () => undefined,
      cancel: () => ++cancels,
    } as unknown as PromiseLike<number>;
    const task = createTask(form.body(() => form.wait(until(source))));
    yield* form.wait(sleep(0));
    yield* form.wait(sleep(0));
    task.cancel();
    yield* form.wait(sleep(1));
    assert.equal(task.cancelled(), true);
    assert.equal(cancels, 1);
  });

  both("FU-18 a source that is resolved is left alone", function* (form) {
    const promise = Promise.resolve(5);
    const future = until(promise);
    assert.equal(future.cancel(), true);
    yield* form.wait(sleep(1));
    assert.equal(future.cancelled(), true);
    assert.equal(yield* form.wait(promise), 5);
  });

  both("FU-19 a late timer does not set a cancelled future", function* (form) {
    const loop = getRunningLoop();
    const reports = collectReports(loop);
    const future = new Future<string>();
    loop.callLater(5, () => future._trySetResult("late"));
    future.cancel();
    yield* form.wait(sleep(10));
    assert.equal(future.cancelled(), true);
    assert.deepEqual(reports, []);
  });
});
