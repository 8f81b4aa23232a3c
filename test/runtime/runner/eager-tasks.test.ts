import assert from "node:assert/strict";
import {
  allTasks,
  asCompleted,
  CancelledError,
  ContextVar,
  coro,
  createEagerTaskFactory,
  createTask,
  currentTask,
  eagerTaskFactory,
  EventLoop,
  Future,
  gather,
  getRunningLoop,
  KeyboardInterrupt,
  run,
  sleep,
  Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "asyncscope";
import type { EventLoopOptions, TaskOptions } from "asyncscope";
import { both, eachForm, forms } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";
import { virtualLoop } from "../../support/runtime-loop.js";

/** A loop on a virtual clock whose tasks start at once. */
function eagerLoop(options: EventLoopOptions = {}): EventLoop {
  const loop = virtualLoop(options);
  loop.setTaskFactory(eagerTaskFactory);
  return loop;
}

/** The end of an async function is seen in a microtask, never later than in this iteration. */
function* microtasks(form: Form): Steps {
  if (form.name === "await") for (let n = 0; n < 5; n++) yield Promise.resolve();
}

describe("Eager tasks", () => {
  both(
    "EA-01 the body runs inside createTask; one that never waits is done on return",
    function* (form) {
      const log: string[] = [];
      let iterations = 0;
      getRunningLoop().callSoon(() => iterations++);
      const task = createTask(
        form.body(function* () {
          log.push("body");
          return 42;
        }),
      );
      log.push("created");
      assert.deepEqual(log, ["body", "created"]);
      yield* microtasks(form);
      assert.equal(task.done(), true);
      assert.equal(task.result(), 42);
      assert.equal(iterations, 0, "no iteration of the loop passed");
      if (form.name === "yield*") assert.equal(task.getCoro(), null);
    },
    eagerLoop,
  );

  both(
    "EA-01 one that throws before it waits has failed on return",
    function* (form) {
      const error = new Error("mine");
      const task = createTask(
        form.body(function* () {
          throw error;
        }),
      );
      yield* microtasks(form);
      assert.equal(task.exception(), error);
    },
    eagerLoop,
  );

  both(
    "EA-01 it runs up to where it first has to wait, and goes on from there in a later iteration",
    function* (form) {
      const log: string[] = [];
      const done = new Future<string>();
      done.setResult("done already");
      const task = createTask(
        form.body(function* () {
          log.push("start");
          if (form.name === "yield*") log.push(yield* form.wait(done));
          yield* form.wait(sleep(10));
          log.push("end");
        }),
      );
      log.push("created");
      yield* form.wait(task);
      const middle = form.name === "yield*" ? ["start", "done already"] : ["start"];
      assert.deepEqual(log, [...middle, "created", "end"]);
    },
    eagerLoop,
  );

  both(
    "EA-02 currentTask() is the child during its first step and the parent afterwards, also nested",
    function* (form) {
      const parent = currentTask();
      const seen: (string | undefined)[] = [];
      const leaf = (name: string) =>
        createTask(
          form.body(function* () {
            seen.push(currentTask()?.name);
          }),
          { name },
        );
      createTask(
        form.body(function* () {
          seen.push(currentTask()?.name);
          leaf("grandchild");
          seen.push(currentTask()?.name);
          yield* form.wait(sleep(1));
          seen.push(currentTask()?.name);
          leaf("later");
          seen.push(currentTask()?.name);
        }),
        { name: "child" },
      );
      assert.equal(currentTask(), parent);
      yield* form.wait(sleep(10));
      assert.equal(currentTask(), parent);
      assert.deepEqual(seen, ["child", "grandchild", "child", "child", "later", "child"]);
    },
    eagerLoop,
  );

  for (const childForm of forms)
    both(
      `EA-02 the same with a child in the ${childForm.name} form, and its children`,
      function* (form) {
        const parent = currentTask();
        const variable = new ContextVar("variable", { default: "parent's" });
        const seen: unknown[] = [];
        const child = createTask(
          childForm.body(function* () {
            variable.set("child's");
            createTask(form.body(function* () {}));
            seen.push(currentTask()?.name, variable.get());
            yield* childForm.wait(sleep(1));
            createTask(form.body(function* () {}));
            seen.push(currentTask()?.name, variable.get());
          }),
          { name: "child" },
        );
        assert.equal(currentTask(), parent);
        assert.equal(variable.get(), "parent's");
        yield* form.wait(child);
        assert.equal(currentTask(), parent);
        assert.deepEqual(seen, ["child", "child's", "child", "child's"]);
      },
      eagerLoop,
    );

  both(
    "EA-03 one that is done never stays in allTasks(), one that waits does, and the running one is there",
    function* (form) {
      const parent = currentTask()!;
      const during: number[] = [];
      const names = (): string[] => [...allTasks()].filter((task) => task !== parent).map(({ name }) => name);
      createTask(
        form.body(function* () {
          during.push(names().length);
        }),
        { name: "quick" },
      );
      yield* microtasks(form);
      assert.deepEqual(names(), []);
      const slow = createTask(
        form.body(function* () {
          during.push(names().length);
          yield* form.wait(sleep(10));
        }),
        { name: "slow" },
      );
      assert.deepEqual(names(), ["slow"]);
      yield* form.wait(slow);
      assert.deepEqual(names(), []);
      assert.deepEqual(during, [1, 1]);
    },
    eagerLoop,
  );

  both(
    "EA-04 the first step runs in the child's own copy of the context",
    function* (form) {
      const variable = new ContextVar("variable", { default: 0 });
      variable.set(1);
      const seen: number[] = [];
      const task = createTask(
        form.body(function* () {
          seen.push(variable.get());
          variable.set(2);
          seen.push(variable.get());
          yield* form.wait(sleep(1));
          seen.push(variable.get());
        }),
      );
      assert.equal(variable.get(), 1);
      variable.set(3);
      yield* form.wait(task);
      assert.deepEqual(seen, [1, 2, 2]);
      assert.equal(variable.get(), 3);
    },
    eagerLoop,
  );

  both(
    "EA-05 cancel() after it is done does nothing",
    function* (form) {
      const task = createTask(
        form.body(function* () {
          return "result";
        }),
      );
      yield* microtasks(form);
      assert.equal(task.cancel(), false);
      assert.equal(yield* form.wait(task), "result");
    },
    eagerLoop,
  );

  both(
    "EA-05 cancel() after a first step that had to wait is delivered there",
    function* (form) {
      const log: string[] = [];
      const task = createTask(
        form.body(function* () {
          try {
            yield* form.wait(sleep(1000));
          } catch (error) {
            log.push((error as Error).name);
            throw error;
          }
        }),
      );
      assert.equal(task.cancel("mine"), true);
      try {
        yield* form.wait(task);
        assert.fail("it was cancelled");
      } catch (error) {
        assert.ok(error instanceof CancelledError);
        assert.equal(error.message, "mine");
      }
      assert.deepEqual(log, ["CancelledError"]);
      assert.equal(task.cancelled(), true);
    },
    eagerLoop,
  );

  both("EA-05 a signal that is aborted already cancels it before its body", function* (form) {
    let ran = false;
    const task = createTask(
      form.body(function* () {
        ran = true;
      }),
      { eagerStart: true, signal: AbortSignal.abort() },
    );
    yield* microtasks(form);
    assert.equal(task.cancelled(), true);
    assert.equal(ran, false);
  });

  both(
    "EA-06 eagerStart: false of one call overrides the factory",
    function* (form) {
      const log: string[] = [];
      const task = createTask(
        form.body(function* () {
          log.push("body");
        }),
        { eagerStart: false },
      );
      log.push("created");
      yield* form.wait(task);
      assert.deepEqual(log, ["created", "body"]);
    },
    eagerLoop,
  );

  both("EA-07 eagerStart: true works with the default factory, and in a task group", function* (form) {
    const log: string[] = [];
    const body = (name: string) =>
      form.body(function* () {
        log.push(name);
      });
    createTask(body("eager"), { eagerStart: true });
    log.push("created");
    createTask(body("lazy"));
    yield* form.wait(
      taskGroup(
        form.body(function* (group) {
          group.createTask(body("in the group"), { eagerStart: true });
          log.push("created in the group");
        }),
      ),
    );
    assert.deepEqual(log, ["eager", "created", "in the group", "created in the group", "lazy"]);
  });

  eachForm("EA-07 on a loop that does not run it starts with the loop", async (form) => {
    const loop = virtualLoop();
    let ran = false;
    const task = loop.createTask(
      form.body(function* () {
        ran = true;
      }),
      { eagerStart: true },
    );
    assert.equal(ran, false);
    await loop.runUntilComplete(task);
    assert.equal(ran, true);
    loop.close();
  });

  both(
    "EA-08 its name is visible in the first step",
    function* (form) {
      let name: string | undefined;
      createTask(
        form.body(function* () {
          name = currentTask()?.name;
        }),
        { name: "mine" },
      );
      assert.equal(name, "mine");
      yield* microtasks(form);
    },
    eagerLoop,
  );

  both(
    "what waits for tasks works with those that are done at once",
    function* (form) {
      const quick = (value: number) =>
        form.body(function* () {
          return value;
        });
      const slow = (value: number) =>
        form.body(function* () {
          yield* form.wait(sleep(5));
          return value;
        });
      assert.deepEqual(yield* form.wait(gather([createTask(quick(1)), createTask(slow(2))])), [1, 2]);
      const { done, pending } = yield* form.wait(wait([createTask(quick(3)), createTask(slow(4))]));
      assert.equal(done.size, 2);
      assert.equal(pending.size, 0);
      assert.equal(yield* form.wait(waitFor(createTask(quick(5)), 10)), 5);
      assert.equal(
        yield* form.wait(
          timeout(
            10,
            form.body(function* () {
              return yield* form.wait(createTask(quick(6)));
            }),
          ),
        ),
        6,
      );
      const values: number[] = [];
      for (const next of asCompleted([createTask(slow(8)), createTask(quick(7))]))
        values.push(yield* form.wait(next));
      assert.deepEqual(values, [7, 8]);
      let sum = 0;
      yield* form.wait(
        taskGroup(
          form.body(function* (group) {
            const tasks = [1, 2, 3].map((value) => group.createTask(quick(value)));
            yield* form.wait(sleep(1));
            for (const task of tasks) sum += task.result();
          }),
        ),
      );
      assert.equal(sum, 6);
    },
    eagerLoop,
  );

  both(
    "a child of a task group that fails at once cancels the group",
    function* (form) {
      const error = new Error("mine");
      try {
        yield* form.wait(
          taskGroup(
            form.body(function* (group) {
              group.createTask(
                form.body(function* () {
                  throw error;
                }),
              );
              yield* form.wait(sleep(1_000_000));
            }),
          ),
        );
        assert.fail("the group failed");
      } catch (thrown) {
        assert.deepEqual((thrown as AggregateError).errors, [error]);
      }
      assert.ok(getRunningLoop().time() < 1000);
    },
    eagerLoop,
  );

  eachForm("a fatal error of the first step ends the run", async (form) => {
    await assert.rejects(
      run(
        form.body(function* () {
          createTask(
            form.body(function* () {
              throw new KeyboardInterrupt();
            }),
          );
          yield* form.wait(sleep(1_000_000));
        }),
        { loopFactory: eagerLoop },
      ),
      KeyboardInterrupt,
    );
  });

  it("createEagerTaskFactory makes tasks of a class of the program's own", async () => {
    class MyTask<T> extends Task<T> {}
    const loopFactory = (): EventLoop => {
      const loop = virtualLoop();
      loop.setTaskFactory(createEagerTaskFactory(MyTask));
      return loop;
    };
    await run(
      coro(function* () {
        let ran = false;
        const task = createTask(
          coro(function* () {
            ran = currentTask() instanceof MyTask;
          }),
        );
        assert.ok(task instanceof MyTask);
        assert.equal(task.done(), true);
        assert.equal(ran, true);
      }),
      { loopFactory },
    );
  });

  it("createEagerTaskFactory refuses what is no class; a factory of the program's own sees eagerStart", async () => {
    assert.throws(() => createEagerTaskFactory(null as never), TypeError);
    const seen: TaskOptions[] = [];
    const loop = virtualLoop();
    loop.setTaskFactory((factoryLoop, what, options) => {
      seen.push(options);
      return new Task(what, { ...options, loop: factoryLoop });
    });
    await run(() => createTask(async () => sleep(1), { eagerStart: true, name: "x" }), {
      loopFactory: () => loop,
    });
    assert.deepEqual(seen.at(-1), { eagerStart: true, name: "x" });
  });
});
