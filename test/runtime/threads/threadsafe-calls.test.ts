import assert from "node:assert/strict";
import { MessageChannel } from "node:worker_threads";
import {
  allTasks,
  CancelledError,
  currentTask,
  EventLoop,
  exposeLoop,
  Future,
  getRunningLoop,
  LookupError,
  remoteLoop,
  runCoroutineThreadsafe,
  RuntimeError,
  sleep,
  TimeoutError,
  toThread,
  transfer,
} from "asyncscope";
import type { CoroutineGenerator, ExceptionContext, LoopExposure } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Form } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { Gate, threadModule, threadProgram } from "../../support/threads.js";

type Functions = Parameters<typeof exposeLoop>[1]["functions"];

/** Runs a function of the fixture in a thread, which gets a connection to this loop. */
function inThread(functions: Functions, name: string, ...args: unknown[]) {
  const { port1, port2 } = new MessageChannel();
  const exposure = exposeLoop(port1, { functions });
  const module = threadModule("client.mjs");
  return { exposure, result: toThread({ module, export: name }, transfer(port2), ...args) };
}

describe("calls from other threads", function () {
  this.timeout(15_000);
  inBothForms((form) => {
    it("callSoonThreadsafe calls registered functions of the loop, in order", () =>
      threadProgram(form, function* () {
        const noted: unknown[] = [];
        const note = (value: unknown): void => {
          noted.push(value);
          assert.equal(currentTask(), null);
        };
        yield* form.wait(inThread({ note }, "notify", 1, { two: 2 }, [3]).result);
        while (noted.length < 3) yield* form.wait(sleep(1));
        assert.deepEqual(noted, [1, { two: 2 }, [3]]);
      }));

    it("LP-05 a call that its thread cancels before it began never runs", () =>
      threadProgram(form, function* () {
        const noted: unknown[] = [];
        const gate = new Gate();
        const functions = { note: (value: unknown) => noted.push(value) };
        const { result } = inThread(functions, "notifyAndCancel", gate.cells);
        const task = form.start(() => result[Symbol.iterator]() as never);
        yield* gate.untilArrived(form);
        gate.open();
        // This thread stands still until the calls and the cancel are on their way.
        Atomics.wait(gate.cells, 2, 0);
        assert.deepEqual(yield* form.wait(task), [false, true]);
        while (!noted.includes("third")) yield* form.wait(sleep(1));
        assert.deepEqual(noted, ["first", "third"]);
      }));

    it("a name that is not registered, and a coroutine function, go to the exception handler", async () => {
      const reports: ExceptionContext[] = [];
      await threadProgram(
        form,
        function* () {
          const functions = { note: () => 1, work: async () => 1 };
          yield* form.wait(inThread(functions, "call", "nothing").result);
          while (reports.length < 1) yield* form.wait(sleep(1));
          yield* form.wait(inThread(functions, "call", "work").result);
          while (reports.length < 2) yield* form.wait(sleep(1));
        },
        reports,
      );
      assert.ok(reports[0]!.exception instanceof LookupError);
      assert.match(String(reports[0]!.exception), /no function called "nothing"; registered: note, work/);
      assert.match(String(reports[1]!.exception), /TypeError: work is a coroutine function: .*runCoroutine/);
    });

    it("what a call throws is the loop's to report, with its name", async () => {
      const reports: ExceptionContext[] = [];
      await threadProgram(
        form,
        function* () {
          const fail = (): void => {
            throw new RangeError("not here");
          };
          yield* form.wait(inThread({ fail }, "call", "fail").result);
          while (reports.length < 1) yield* form.wait(sleep(1));
        },
        reports,
      );
      assert.equal(reports[0]!.message, "Exception in callback fail");
      assert.ok(reports[0]!.exception instanceof RangeError);
    });

    it("runCoroutineThreadsafe gives the result of a coroutine to the thread, or its error", () =>
      threadProgram(form, function* () {
        const add = form.body(function* add(a: number, b: number) {
          yield* form.wait(sleep(1));
          return a + b;
        });
        const fail = form.body(function* fail() {
          yield* form.wait(sleep(1));
          throw new RangeError("too much");
        });
        const give = form.body(function* give() {
          yield* form.wait(sleep(1));
          return () => 1;
        });
        const functions = { add, fail, give };
        assert.equal(yield* form.wait(inThread(functions, "run", "add", 1, 2).result), 3);
        const error = yield* thrownBy(form, inThread(functions, "run", "fail").result);
        assert.ok(error instanceof RangeError);
        assert.equal(error.message, "too much");
        const unknown = yield* thrownBy(form, inThread(functions, "run", "mul").result);
        assert.ok(unknown instanceof LookupError);
        assert.match(unknown.message, /no function called "mul"; registered: add, fail, give/);
        const unfit = yield* thrownBy(form, inThread(functions, "run", "give").result);
        assert.match(String(unfit), /TypeError: the result of give cannot travel/);
      }));

    it("a task that is cancelled in its loop ends the thread's wait as cancelled", () =>
      threadProgram(form, function* () {
        const stop = form.body(function* () {
          yield* form.wait(sleep(0));
          currentTask()!.cancel("no more");
          yield* form.wait(sleep(1000));
        });
        const error = yield* thrownBy(form, inThread({ stop }, "run", "stop").result);
        assert.ok(error instanceof CancelledError);
        assert.equal(error.message, "no more");
      }));

    it("EX-05 a cancel of the thread's future cancels the task", () =>
      threadProgram(form, function* () {
        const gate = new Gate();
        const wait = waiting(form, gate);
        const { result } = inThread({ wait: wait.body }, "runAndCancel", "wait", gate.cells);
        assert.deepEqual(yield* form.wait(result), [true, false, "CancelledError", true]);
        const error = yield* form.wait(wait.ended);
        assert.equal((error as Error).message, "enough");
        assert.equal(allTasks().size, 1);
      }));

    it("EX-05 a timeout of the thread leaves no pending task", () =>
      threadProgram(form, function* () {
        const wait = waiting(form, new Gate());
        const { result } = inThread({ wait: wait.body }, "runWithin", 20, "wait");
        assert.deepEqual(yield* form.wait(result), {
          error: "TimeoutError",
          cancelled: true,
          done: true,
        });
        yield* form.wait(wait.ended);
        assert.equal(allTasks().size, 1);
      }));

    it("EX-06 an error in the task factory reaches the thread and the exception handler", async () => {
      const reports: ExceptionContext[] = [];
      await threadProgram(
        form,
        function* () {
          const loop = getRunningLoop();
          const { result } = inThread({ work: async () => 1 }, "run", "work");
          const waiter = form.start(() => result[Symbol.iterator]() as never);
          yield* form.wait(sleep(0));
          loop.setTaskFactory(() => {
            throw new RangeError("no tasks today");
          });
          const error = yield* thrownBy(form, waiter);
          loop.setTaskFactory(null);
          assert.ok(error instanceof RangeError);
          assert.equal(error.message, "no tasks today");
        },
        reports,
      );
      assert.deepEqual(
        reports.map(({ exception }) => String(exception)),
        ["RangeError: no tasks today"],
      );
    });

    it("a loop that is closed fails what threads wait for, and what they ask for later", () =>
      threadProgram(form, function* () {
        const wait = waiting(form, new Gate());
        const { exposure, result } = inThread({ wait: wait.body }, "runUntilClosed", "wait");
        const waiter = form.start(() => result[Symbol.iterator]() as never);
        yield* wait.untilStarted();
        exposure.close();
        const [closed, pending, later] = (yield* form.wait(waiter)) as unknown[];
        assert.equal(closed, true);
        assert.match(String(pending), /^RuntimeError: the loop of the other thread was closed before/);
        assert.match(String(later), /^RuntimeError: cannot ask for wait/);
        wait.cancel();
        yield* form.wait(wait.ended);
      }));
  });

  it("an exposure ends with its loop", async () => {
    const loop = new EventLoop();
    const { port1, port2 } = new MessageChannel();
    const exposure: LoopExposure = exposeLoop(port1, { loop, functions: {} });
    const remote = remoteLoop(port2);
    assert.equal(remoteLoop(port2), remote);
    const pending = remote.runCoroutineThreadsafe("anything");
    loop.close();
    exposure.close();
    await assert.rejects(pending.result(), RuntimeError);
    assert.ok(remote.isClosed());
    assert.throws(() => remote.callSoonThreadsafe("x"), RuntimeError);
    assert.throws(() => exposeLoop(port1, { loop, functions: {} }), RuntimeError);
    port1.close();
  });

  it("ports, functions and arguments are checked", () => {
    const loop = new EventLoop();
    const { port1, port2 } = new MessageChannel();
    assert.throws(() => exposeLoop({} as never, { loop, functions: {} }), TypeError);
    assert.throws(() => exposeLoop(port1, { loop, functions: { x: 5 as never } }), TypeError);
    assert.throws(() => remoteLoop(null), TypeError);
    assert.throws(() => remoteLoop(port2).callSoonThreadsafe("x", () => 1), /TypeError|cannot travel/);
    loop.close();
    port1.close();
  });
});

describe("runCoroutineThreadsafe in one thread", () => {
  inBothForms((form) => {
    /** Calls `outside` from a callback of Node's, as nobody's task. */
    const fromOutside = (
      steps: (loop: EventLoop) => Promise<void>,
      reports: ExceptionContext[] = [],
    ): Promise<void> =>
      threadProgram(
        form,
        function* () {
          const loop = getRunningLoop();
          const done = new Future<unknown>();
          setImmediate(() => {
            steps(loop).then(
              () => done.setResult(null),
              (error: unknown) => done.setException(error),
            );
          });
          yield* form.wait(done);
        },
        reports,
      );

    it("gives the result to whoever asks from outside", () =>
      fromOutside(async (loop) => {
        const future = runCoroutineThreadsafe(
          loop,
          form.body(function* () {
            yield* form.wait(sleep(1));
            return 5;
          }),
        );
        assert.equal(future.done(), false);
        assert.equal(await future.result(), 5);
        assert.equal(future.cancel(), false);
        assert.equal(await future, 5);
      }));

    it("EX-05 cancel reaches the task, a timeout leaves none", () =>
      fromOutside(async (loop) => {
        const wait = waiting(form, new Gate(), loop);
        const future = runCoroutineThreadsafe(loop, wait.body);
        await assert.rejects(future.result({ timeout: 5 }), TimeoutError);
        assert.ok(future.cancelled());
        assert.ok((await wait.ended) instanceof CancelledError);
        const unstarted = runCoroutineThreadsafe(loop, waiting(form, new Gate(), loop).body);
        assert.equal(unstarted.cancel("never mind"), true);
        await assert.rejects(unstarted.result(), { name: "CancelledError", message: "never mind" });
        assert.equal(allTasks(loop).size, 1);
      }));

    it("EX-06 an error in the task factory reaches the caller and the exception handler", async () => {
      const reports: ExceptionContext[] = [];
      await fromOutside(async (loop) => {
        loop.setTaskFactory(() => {
          throw new RangeError("no tasks today");
        });
        const future = runCoroutineThreadsafe(loop, async () => 1);
        await assert.rejects(future.result(), /no tasks today/);
        loop.setTaskFactory(null);
      }, reports);
      assert.deepEqual(
        reports.map(({ exception }) => String(exception)),
        ["RangeError: no tasks today"],
      );
    });

    it("can be waited for in a coroutine, whose cancel reaches the task", () =>
      threadProgram(form, function* () {
        const wait = waiting(form, new Gate());
        const loop = getRunningLoop();
        const waiter = form.start(() => form.wait(runCoroutineThreadsafe(loop, wait.body)) as never);
        yield* wait.untilStarted();
        waiter.cancel();
        assert.ok((yield* thrownBy(form, waiter)) instanceof CancelledError);
        assert.ok((yield* form.wait(wait.ended)) instanceof CancelledError);
      }));
  });

  it("takes coroutines and open loops alone", () => {
    const loop = new EventLoop();
    assert.throws(() => runCoroutineThreadsafe(loop, 5 as never), TypeError);
    assert.throws(() => runCoroutineThreadsafe({} as never, async () => 1), TypeError);
    loop.close();
    assert.throws(() => runCoroutineThreadsafe(loop, async () => 1), RuntimeError);
  });
});

/** A coroutine that waits until it is cancelled. */
function waiting(form: Form, gate: Gate, loop = getRunningLoop()) {
  const ended = new Future<unknown>({ loop });
  const forever = new Future<void>({ loop });
  let started = false;
  const body = form.body(function* wait(): CoroutineGenerator<void> {
    started = true;
    Atomics.store(gate.cells, 0, 1);
    Atomics.notify(gate.cells, 0);
    try {
      yield* form.wait(forever);
    } catch (error) {
      ended.setResult(error);
      throw error;
    }
  });
  return {
    body,
    ended,
    cancel: () => forever.cancel(),
    *untilStarted(): CoroutineGenerator<void> {
      while (!started) yield* form.wait(sleep(1));
    },
  };
}
