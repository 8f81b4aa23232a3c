import assert from "node:assert/strict";
import {
  asCompleted,
  asyncGen,
  coro,
  createEagerTaskFactory,
  createTask,
  ensureFuture,
  enterTask,
  Future,
  gather,
  leaveTask,
  registerTask,
  run,
  Runner,
  shield,
  sleep,
  staggeredRace,
  Task,
  taskGroup,
  TaskGroup,
  Timeout,
  timeout,
  timeoutAt,
  unregisterTask,
  until,
  wait,
  waitFor,
} from "asyncscope";
import type { Timeout as TimeoutScope } from "asyncscope";
import { allBut, assertRefused, NO_FUNCTION, NO_NUMBER, NO_OPTIONS } from "../../support/bad-input.js";
import { generatorForm } from "../../support/both-forms.js";

const body = async (): Promise<void> => Promise.resolve();
const NO_BODY = allBut("function", "arrow");
const needsBody = (who: string): string => `${who} needs a function to run, an async function,`;
const NO_AWAITABLE = NO_FUNCTION;

describe("wrong arguments: coroutines and tasks", () => {
  const inProgram = (title: string, test: () => Promise<void>): void => {
    it(title, () =>
      generatorForm.program(function* () {
        yield* until(test());
      }),
    );
  };

  inProgram("what starts something", () =>
    assertRefused([
      {
        says: "coro() takes a generator function, coro(function* (…) { … }); got ",
        refuses: allBut(),
        call: coro as never,
      },
      {
        says: "asyncGen() takes an async generator function, asyncGen(async function* (…) { … }); got ",
        refuses: allBut(),
        call: asyncGen as never,
      },
      { says: "a task needs a coroutine or a function", refuses: NO_FUNCTION, call: (x) => createTask(x) },
      { says: "createTask() needs a function to run", refuses: ["class"], call: (x) => createTask(x) },
      {
        says: "createTask() takes its options as an object",
        refuses: NO_OPTIONS,
        call: (x) => createTask(body, x),
      },
      {
        says: "createTask() takes an AbortSignal as its signal, got ",
        refuses: allBut("undefined"),
        call: (x) => createTask(body, { signal: x }),
      },
      {
        says: "createTask() takes a Context as its context",
        refuses: allBut("undefined"),
        call: (x) => createTask(body, { context: x }),
      },
      { says: "sleep() takes milliseconds, got ", refuses: allBut("number", "negative", "NaN"), call: sleep },
      { says: "sleep() takes milliseconds, got ", refuses: ["NaN"], call: sleep, error: "ValueError" },
      {
        says: "createEagerTaskFactory() takes a task class",
        refuses: NO_FUNCTION,
        call: createEagerTaskFactory as never,
      },
    ]),
  );

  inProgram("what waits", () =>
    assertRefused([
      { says: "a coroutine, future, promise or function", refuses: NO_AWAITABLE, call: ensureFuture },
      { says: "a coroutine, future, promise or function", refuses: NO_AWAITABLE, call: shield },
      {
        says: "a coroutine, future, promise or function",
        refuses: NO_AWAITABLE,
        call: (x) => waitFor(x, 10),
      },
      {
        says: "a coroutine, future, promise or function",
        refuses: NO_AWAITABLE,
        call: (x) => gather(sleep(0), x),
      },
      { says: "until() takes a promise, got ", refuses: allBut(), call: until },
      {
        says: "waitFor() takes milliseconds or null as its second argument, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "null"),
        call: (x) => waitFor(body, x),
      },
      {
        says: "wait() takes several futures, an array or another iterable of them, got ",
        refuses: allBut("array", "empty array"),
        call: wait,
      },
      { says: "wait() takes futures and tasks only, got ", refuses: allBut(), call: (x) => wait([x]) },
      {
        says: "wait() takes its timeout as milliseconds or null, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "null" && kind !== "undefined"),
        call: (x) => wait([new Future()], { timeout: x }),
      },
      {
        says: "returnWhen must be FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED, got ",
        refuses: allBut("undefined", "null"),
        call: (x) => wait([new Future()], { returnWhen: x }),
        error: "ValueError",
      },
      { says: "wait() takes its options", refuses: NO_OPTIONS, call: (x) => wait([new Future()], x) },
      {
        says: "asCompleted() takes several awaitables, an array or another iterable of them, got ",
        refuses: allBut("array", "empty array"),
        call: asCompleted,
      },
      { says: "asCompleted() takes its options", refuses: NO_OPTIONS, call: (x) => asCompleted([], x) },
      {
        says: "asCompleted() takes its timeout as milliseconds or null, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "null" && kind !== "undefined"),
        call: (x) => asCompleted([], { timeout: x }),
      },
      { says: "ensureFuture() takes its options", refuses: NO_OPTIONS, call: (x) => ensureFuture(body, x) },
      {
        says: "staggeredRace() takes several functions",
        refuses: allBut("array", "empty array"),
        call: (x) => staggeredRace(x, null),
      },
      {
        says: needsBody("staggeredRace()"),
        refuses: NO_BODY,
        call: (x) => staggeredRace([x], null),
      },
      {
        says: "staggeredRace() takes a delay of 0 or more milliseconds, or null; got ",
        refuses: allBut("number", "null"),
        call: (x) => staggeredRace([body], x),
        error: "ValueError",
      },
    ]),
  );

  inProgram("blocks", () =>
    assertRefused([
      { says: needsBody("taskGroup()"), refuses: NO_BODY, call: taskGroup },
      { says: needsBody("timeout()"), refuses: NO_BODY, call: (x) => timeout(10, x) },
      { says: needsBody("timeoutAt()"), refuses: NO_BODY, call: (x) => timeoutAt(10, x) },
      {
        says: "timeout() takes milliseconds or null, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "null"),
        call: (x) => timeout(x, body),
      },
      {
        says: "timeoutAt() takes a time of the loop's clock",
        refuses: NO_NUMBER.filter((kind) => kind !== "null"),
        call: (x) => timeoutAt(x, body),
      },
      {
        says: "a Timeout takes a time of the loop's clock or null, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "null"),
        call: (x) => new Timeout(x),
      },
      {
        says: "reschedule() takes a time of the loop's clock or null, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "null"),
        call: (x) =>
          timeout(10, async (scope: TimeoutScope) => {
            scope.reschedule(x as number);
            await sleep(0);
          }),
      },
    ]),
  );

  inProgram("for those who write a task class", () =>
    assertRefused([
      { says: "registerTask() takes a task, got ", refuses: allBut(), call: registerTask },
      { says: "unregisterTask() takes a task, got ", refuses: allBut(), call: unregisterTask },
      {
        says: "enterTask() takes a task, got ",
        refuses: allBut(),
        call: (x) => enterTask(undefined as never, x as Task<unknown>),
      },
      {
        says: "leaveTask() takes a task, got ",
        refuses: allBut(),
        call: (x) => leaveTask(undefined as never, x as Task<unknown>),
      },
      {
        says: "a future takes an event loop as its loop, got ",
        refuses: allBut("undefined", "null"),
        call: (x) => new Future({ loop: x }),
      },
    ]),
  );

  it("run() and Runner", async () => {
    await assert.rejects(run(body, null as never), {
      name: "TypeError",
      message: "a Runner takes its options as an object, { … }; got null",
    });
    for (const [wrong, words] of [
      [5, "5"],
      [class Loop extends Date {}, "the class Loop"],
    ] as const)
      assert.throws(() => new Runner({ loopFactory: wrong as never }), {
        name: "TypeError",
        message: new RegExp(`^loopFactory is a function that makes the loop, .*got ${words}`),
      });
    await assert.rejects(run(body, { loopFactory: () => 5 as never }), {
      name: "TypeError",
      message: "loopFactory must return an EventLoop, it returned 5",
    });
    await assert.rejects(run(undefined as never), { name: "TypeError" });
    await assert.rejects(run(class Main extends Date {} as never), {
      name: "TypeError",
      message: /got the class Main/,
    });
  });

  it("a block that is given what the function returns is told to take the function", () =>
    generatorForm.program(function* () {
      yield* sleep(0);
      for (const [begun, words] of [
        [new Future(), "a future"],
        [createTask(body), "a task"],
        [Promise.resolve(), "a promise"],
      ] as const)
        for (const call of [taskGroup, (x: never) => timeout(1, x)])
          assert.throws(() => call(begun as never), {
            name: "TypeError",
            message: new RegExp(`got ${words}: hand over the function that makes it, \\(\\) => …$`),
          });
      const coroutine = coro(function* page() {
        yield* sleep(0);
      })();
      assert.throws(() => timeout(1, coroutine as never), {
        message: /got a coroutine: hand over the function/,
      });
      coroutine.close();
    }));

  it("a group that takes no task says why", () =>
    generatorForm.program(function* () {
      yield* taskGroup(function* (group: TaskGroup) {
        yield* sleep(0);
        assert.throws(() => group.createTask(null as never), { name: "TypeError", message: /got null$/ });
      });
    }));
});
