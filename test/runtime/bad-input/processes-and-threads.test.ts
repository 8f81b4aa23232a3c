import { MessageChannel } from "node:worker_threads";
import {
  createSubprocessExec,
  createSubprocessShell,
  exposeLoop,
  getRunningLoop,
  remoteLoop,
  run,
  runCoroutineThreadsafe,
  toThread,
  transfer,
  WorkerPool,
} from "asyncscope";
import type { EventLoop } from "asyncscope";
import { allBut, assertRefused, NO_FUNCTION, NO_NUMBER, NO_OPTIONS } from "../../support/bad-input.js";

const NO_PROGRAM = allBut("string", "long string");

describe("wrong arguments: subprocesses and threads", () => {
  const inProgram = (title: string, test: (loop: EventLoop) => Promise<void>): void => {
    it(title, () => run(() => test(getRunningLoop())));
  };

  inProgram("subprocesses", () =>
    assertRefused([
      {
        says: "a subprocess needs a program, its name or path; got ",
        refuses: NO_PROGRAM,
        call: (x) => createSubprocessExec(x),
      },
      {
        says: "the arguments of a subprocess are an array of strings, none of them quoted; got ",
        refuses: allBut("undefined", "array", "empty array"),
        call: (x) => createSubprocessExec("true", x),
      },
      {
        says: "the arguments of a subprocess are an array of strings, none of them quoted; got one that holds ",
        refuses: allBut("string", "long string", "empty string"),
        call: (x) => createSubprocessExec("true", ["good", x]),
      },
      {
        says: "a subprocess takes its options as an object",
        refuses: NO_OPTIONS,
        call: (x) => createSubprocessExec("true", [], x),
      },
      {
        says: "stdin of a subprocess is PIPE, DEVNULL,",
        refuses: allBut("undefined", "null"),
        call: (x) => createSubprocessExec("true", [], { stdin: x }),
        error: "ValueError",
      },
      { says: "a shell needs a command; got ", refuses: NO_PROGRAM, call: (x) => createSubprocessShell(x) },
    ]),
  );

  inProgram("threads", (loop) =>
    assertRefused([
      {
        says: "a thread runs a function or { module: ",
        refuses: NO_FUNCTION,
        call: (x) => toThread(x),
      },
      {
        says: "runInExecutor() takes a WorkerPool first, or null for the loop's own; got ",
        refuses: allBut("null"),
        call: (x) => loop.runInExecutor(x, () => 1),
      },
      {
        says: "the default executor is a WorkerPool, got ",
        refuses: allBut(),
        call: (x) => loop.setDefaultExecutor(x),
      },
      { says: "new WorkerPool() takes its options", refuses: NO_OPTIONS, call: (x) => new WorkerPool(x) },
      {
        says: "the size of a pool is a number of threads, 1 to ",
        refuses: allBut("undefined"),
        call: (x) => new WorkerPool({ size: x }),
        error: "ValueError",
      },
      {
        says: "shutdown() takes its options",
        refuses: NO_OPTIONS,
        call: (x) => new WorkerPool().shutdown(x),
      },
      {
        says: "shutdown() takes its timeout as milliseconds, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "undefined"),
        call: (x) => new WorkerPool().shutdown({ timeout: x }),
      },
      {
        says: "shutdownDefaultExecutor() takes its timeout as milliseconds, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "undefined"),
        call: (x) => loop.shutdownDefaultExecutor({ timeout: x }),
      },
      {
        says: "transfer() takes what is handed over, a buffer or a port; got ",
        refuses: allBut(
          "object",
          "object without prototype",
          "array",
          "empty array",
          "date",
          "instance",
          "function",
          "arrow",
          "class",
        ),
        call: (x) => transfer(x),
      },
    ]),
  );

  inProgram("between loops", async (loop) => {
    const { port1, port2 } = new MessageChannel();
    try {
      await assertRefused([
        {
          says: "runCoroutineThreadsafe() takes a loop first, an EventLoop or remoteLoop(port); got ",
          refuses: allBut(),
          call: (x) => runCoroutineThreadsafe(x, "name"),
        },
        {
          says: "runCoroutineThreadsafe() takes a coroutine, or a function that makes one; got ",
          refuses: NO_FUNCTION,
          call: (x) => runCoroutineThreadsafe(loop, x),
        },
        {
          says: "exposeLoop() takes a MessagePort of node:worker_threads or a Worker, got ",
          refuses: allBut(),
          call: (x) => exposeLoop(x, { functions: {} }),
        },
        {
          says: "remoteLoop() takes a MessagePort of node:worker_threads or a Worker, got ",
          refuses: allBut("undefined"),
          call: (x) => remoteLoop(x),
        },
        {
          says: "functions.work must be a function, got ",
          refuses: NO_FUNCTION,
          call: (x) => exposeLoop(port1, { functions: { work: x } }),
        },
        {
          says: "exposeLoop() takes an event loop as its loop, got ",
          refuses: allBut("undefined", "null"),
          call: (x) => exposeLoop(port1, { functions: {}, loop: x }),
        },
        {
          says: "exposeLoop() takes { functions: { name: function, … } }, got ",
          refuses: allBut(
            "object",
            "object without prototype",
            "array",
            "empty array",
            "date",
            "instance",
            "undefined",
          ),
          call: (x) => exposeLoop(port1, { functions: x }),
        },
      ]);
    } finally {
      port1.close();
      port2.close();
    }
  });
});
