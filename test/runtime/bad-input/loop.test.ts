import assert from "node:assert/strict";
import {
  captureCallGraph,
  Context,
  ContextVar,
  copyContext,
  createTask,
  EventLoop,
  ExceptionGroup,
  formatCallGraph,
  Future,
  futureAddToAwaitedBy,
  futureDiscardFromAwaitedBy,
  getRunningLoop,
  InvalidStateError,
  printCallGraph,
  sleep,
  until,
} from "asyncscope";
import { allBut, assertRefused, NO_FUNCTION, NO_NUMBER, NO_OPTIONS } from "../../support/bad-input.js";
import type { BadCall } from "../../support/bad-input.js";
import { generatorForm } from "../../support/both-forms.js";
import { withLoop } from "../../support/runtime-loop.js";

const callback = (): void => undefined;
const NOT_CALLABLE = allBut("function", "arrow");

describe("wrong arguments: loops, futures and contexts", () => {
  const inProgram = (title: string, test: (loop: EventLoop) => Promise<void>): void => {
    it(title, () =>
      generatorForm.program(function* () {
        yield* until(test(getRunningLoop()));
      }),
    );
  };

  inProgram("what a loop is asked to call", (loop) =>
    assertRefused([
      { says: "callSoon() takes a function, got ", refuses: NOT_CALLABLE, call: (x) => loop.callSoon(x) },
      {
        says: "callLater() takes a function, got ",
        refuses: NOT_CALLABLE,
        call: (x) => loop.callLater(1, x),
      },
      { says: "callAt() takes a function, got ", refuses: NOT_CALLABLE, call: (x) => loop.callAt(1, x) },
      {
        says: "delay must be a number of milliseconds, got ",
        refuses: NO_NUMBER,
        call: (x) => loop.callLater(x, callback),
      },
      {
        says: "when must be a number of milliseconds, got ",
        refuses: NO_NUMBER,
        call: (x) => loop.callAt(x, callback),
      },
      {
        says: "slowCallbackDuration must be a number of milliseconds, got ",
        refuses: NO_NUMBER,
        call: (x) => (loop.slowCallbackDuration = x as number),
      },
      {
        says: "a task factory is a function (loop, what, options) => Future, or null; got ",
        refuses: NO_FUNCTION.filter((kind) => kind !== "null"),
        call: (x) => loop.setTaskFactory(x),
      },
      {
        says: "an exception handler is a function (loop, context) => void, or null; got ",
        refuses: NO_FUNCTION.filter((kind) => kind !== "null"),
        call: (x) => loop.setExceptionHandler(x),
      },
      {
        says: 'callExceptionHandler() takes a report, { message: "…", exception: error }; got ',
        refuses: allBut(),
        call: (x) => loop.callExceptionHandler(x),
      },
      {
        says: 'defaultExceptionHandler() takes a report, { message: "…", exception: error }; got ',
        refuses: allBut(),
        call: (x) => loop.defaultExceptionHandler(x),
      },
      {
        says: 'a signal is given by its name, as in "SIGTERM"; got ',
        refuses: allBut("string", "long string", "empty string"),
        call: (x) => loop.addSignalHandler(x, callback),
      },
      {
        says: "a signal handler is a function, got ",
        refuses: NO_FUNCTION,
        call: (x) => loop.addSignalHandler("SIGUSR2", x),
      },
      { says: "new EventLoop() takes its options", refuses: NO_OPTIONS, call: (x) => new EventLoop(x) },
      {
        says: "a loop takes a clock with now(), wakeAt() and cancelWake(), got ",
        refuses: allBut("undefined", "null"),
        call: (x) => new EventLoop({ clock: x }),
      },
    ]),
  );

  inProgram("futures", () =>
    assertRefused([
      {
        says: "addDoneCallback() takes a function, got ",
        refuses: NOT_CALLABLE,
        call: (x) => new Future().addDoneCallback(x),
      },
      {
        says: "addDoneCallback() takes its options",
        refuses: NO_OPTIONS,
        call: (x) => new Future().addDoneCallback(callback, x),
      },
      {
        says: "an ExceptionGroup takes several errors",
        refuses: allBut("array", "empty array"),
        call: (x) => new ExceptionGroup(x),
      },
    ]),
  );

  inProgram("context variables", () =>
    assertRefused([
      {
        says: "a context variable takes its name as a string, got ",
        refuses: allBut("string", "long string", "empty string"),
        call: (x) => new ContextVar(x),
      },
      {
        says: "new ContextVar() takes its options",
        refuses: NO_OPTIONS,
        call: (x) => new ContextVar("v", x),
      },
      {
        says: "reset() takes the token that set() returned, got ",
        refuses: allBut(),
        call: (x) => new ContextVar("v").reset(x),
      },
      {
        says: "context.run() takes a function, got ",
        refuses: NOT_CALLABLE,
        call: (x) => new Context().run(x),
      },
      {
        says: "context.get() takes a ContextVar, got ",
        refuses: allBut(),
        call: (x) => copyContext().get(x),
      },
      {
        says: "context.has() takes a ContextVar, got ",
        refuses: allBut(),
        call: (x) => copyContext().has(x),
      },
    ]),
  );

  inProgram("call graphs", () =>
    assertRefused([
      ...[captureCallGraph, formatCallGraph, printCallGraph].flatMap((graph): BadCall[] => [
        {
          says: "captureCallGraph() takes a future or a task, got ",
          refuses: allBut("undefined", "null"),
          call: graph as never,
        },
        {
          says: "captureCallGraph() takes its options",
          refuses: NO_OPTIONS,
          call: (x) => graph(undefined, x),
        },
        {
          says: "captureCallGraph() takes its depth as a number, got ",
          refuses: NO_NUMBER.filter((kind) => kind !== "undefined"),
          call: (x) => graph(undefined, { depth: x }),
        },
      ]),
      {
        says: "printCallGraph() takes a stream to write to, got ",
        refuses: allBut("undefined"),
        call: (x) => printCallGraph(undefined, { stream: x }),
      },
      {
        says: "printStack() takes a stream to write to, got ",
        refuses: allBut("undefined"),
        call: (x) => createTask(() => sleep(0)).printStack({ stream: x }),
      },
      {
        says: "getStack() takes its options",
        refuses: NO_OPTIONS,
        call: (x) => createTask(() => sleep(0)).getStack(x),
      },
      {
        says: "futureAddToAwaitedBy() takes two futures or tasks, got ",
        refuses: allBut(),
        call: (x) => futureAddToAwaitedBy(new Future(), x),
      },
      {
        says: "futureDiscardFromAwaitedBy() takes two futures or tasks, got ",
        refuses: allBut(),
        call: (x) => futureDiscardFromAwaitedBy(x, new Future()),
      },
    ]),
  );

  it("a future that is set twice, and one that is read too early, say what to do", () =>
    withLoop((loop) => {
      const future = loop.createFuture<number>();
      assert.throws(() => future.result(), {
        name: "InvalidStateError",
        message: /wait for it with yield\* or await/,
      });
      future.setResult(1);
      for (const again of [() => future.setResult(2), () => future.setException(new Error("late"))])
        assert.throws(again, (error) => error instanceof InvalidStateError && /already/.test(error.message));
      assert.equal(future.result(), 1);
    }));

  it("a closed loop says so, whatever it is asked for", async () => {
    const loop = new EventLoop();
    loop.close();
    for (const ask of [
      () => loop.callSoon(callback),
      () => loop.callLater(1, callback),
      () => loop.callAt(1, callback),
      () => loop.createTask(() => sleep(0)),
      () => loop.runInExecutor(null, () => 1),
      () => loop.addSignalHandler("SIGUSR2", callback),
    ])
      assert.throws(ask, { name: "RuntimeError", message: /loop is closed: make a new one/ }, String(ask));
    await assert.rejects(loop.runForever(), { name: "RuntimeError", message: /loop is closed/ });
  });
});
