import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import {
  CancelledError,
  coro,
  createTask,
  currentTask,
  ExceptionGroup,
  Future,
  isCancelled,
  run,
  sleep,
  taskGroup,
  TaskGroup,
  Timeout,
  timeout,
  until,
} from "asyncscope";
import { asyncForm, inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { virtualLoop } from "../../support/runtime-loop.js";
import { turns } from "../../support/turns.js";

/** Runs `main` as an async function on a virtual clock; whatever the loop reports fails it. */
const inAsync = (main: () => Promise<void>): Promise<void> =>
  asyncForm.program(function* () {
    yield* asyncForm.wait(createTask(main));
  });

const nameOf = (error: unknown): string => (error as Error).name;

describe("Cancel scopes", () => {
  describe("side by side in one async function", () => {
    it("a timeout cancels its own block, and nothing beside it", () =>
      inAsync(async () => {
        const outcomes = await Promise.allSettled([
          timeout(10, async () => sleep(1000)),
          (async () => {
            await sleep(5);
            await sleep(50);
            return "beside";
          })(),
          timeout(20, function* () {
            yield* sleep(1000);
          }),
          timeout(1000, () => sleep(100, "in time")),
        ]);
        assert.deepEqual(
          outcomes.map((outcome) =>
            outcome.status === "fulfilled" ? outcome.value : nameOf(outcome.reason),
          ),
          ["TimeoutError", "beside", "TimeoutError", "in time"],
        );
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("timeouts with the same deadline each throw their own TimeoutError", () =>
      inAsync(async () => {
        const outcomes = await Promise.allSettled(
          [1, 2, 3].map(async () => timeout(10, async () => sleep(1000))),
        );
        for (const outcome of outcomes)
          assert.equal(outcome.status === "rejected" && nameOf(outcome.reason), "TimeoutError");
        await sleep(1);
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("a task group whose child fails cancels its own body, and nothing beside it", () =>
      inAsync(async () => {
        let ended = "";
        const [group, beside] = await Promise.allSettled([
          taskGroup(async (scope) => {
            scope.createTask(async () => {
              await sleep(5);
              throw new RangeError("child");
            });
            try {
              await sleep(1000);
            } catch (error) {
              ended = nameOf(error);
              throw error;
            }
          }),
          sleep(50, "beside"),
        ]);
        assert.ok(group.status === "rejected" && group.reason instanceof ExceptionGroup);
        assert.equal(ended, "CancelledError");
        assert.deepEqual(beside, { status: "fulfilled", value: "beside" });
      }));

    it("what was started before a timeout and is awaited after it goes on", () =>
      inAsync(async () => {
        const slow = (async () => {
          await sleep(30);
          return sleep(30, "rows");
        })();
        await assert.rejects(async () => timeout(10, async () => sleep(1000)), { name: "TimeoutError" });
        assert.equal(await slow, "rows");
      }));

    it("everything that a block starts is in it: generators, nested calls, what they start in turn", () =>
      inAsync(async () => {
        const cancelled: string[] = [];
        const waits = async (name: string): Promise<void> => {
          // Goes on in a microtask of its own.
          await Promise.resolve();
          try {
            await sleep(1000);
          } catch (error) {
            cancelled.push(name);
            throw error;
          }
        };
        const inner = coro(function* () {
          yield* sleep(1);
          yield* until(waits("generator"));
        });
        const blocks = [
          timeout(10, async () => {
            await Promise.all([waits("async"), inner(), inner()]);
          }),
          timeout(10, function* () {
            yield* timeout(500, async () => waits("nested"));
          }),
        ];
        const outcomes = await Promise.allSettled([...blocks, sleep(200)]);
        assert.deepEqual(
          outcomes.map(({ status }) => status),
          ["rejected", "rejected", "fulfilled"],
        );
        assert.deepEqual(cancelled.sort(), ["async", "generator", "generator", "nested"]);
      }));

    it("a cancel of the task reaches all of them", () =>
      inAsync(async () => {
        let cancelled = 0;
        const waits = async (): Promise<void> => {
          try {
            await sleep(1000);
          } catch (error) {
            assert.ok(error instanceof CancelledError);
            cancelled++;
            throw error;
          }
        };
        const task = createTask(async () => {
          await Promise.all([
            timeout(500, waits),
            waits(),
            taskGroup(waits),
            timeout(500, () => timeout(9, waits)),
          ]);
        });
        await sleep(5);
        task.cancel("all");
        await assert.rejects(async () => task, { name: "CancelledError", message: "all" });
        assert.equal(cancelled, 4);
      }));

    it("a cancel of the task that meets a timeout which is firing stays a cancel", () =>
      inAsync(async () => {
        let seen: string[] = [];
        const task = createTask(async () => {
          const outcomes = await Promise.allSettled([
            timeout(10, async () => sleep(1000)),
            timeout(1000, async () => sleep(1000)),
          ]);
          seen = outcomes.map((outcome) => (outcome.status === "rejected" ? nameOf(outcome.reason) : "no"));
        });
        await sleep(10);
        task.cancel();
        await sleep(10);
        assert.deepEqual(seen, ["CancelledError", "CancelledError"]);
        assert.equal(task.cancelling(), 1);
      }));
  });

  describe("a cancel meets an await that was left behind", () => {
    it("by a block that has ended: the function gets it at its next await", () =>
      inAsync(async () => {
        const foreign = delay(20);
        let after = "not reached";
        const task = createTask(async () => {
          await timeout(500, async () => Promise.race([sleep(1), sleep(300)]));
          await foreign;
          try {
            await sleep(100);
            after = "lost";
          } catch (error) {
            after = nameOf(error);
          }
        });
        await sleep(5);
        task.cancel();
        await until(task);
        assert.equal(after, "CancelledError");
      }));

    it("in the same function it is not told from one that waits: the signal tells of the cancel all the same", () =>
      inAsync(async () => {
        const task = createTask(async () => {
          await Promise.race([sleep(1), sleep(300)]);
          await delay(10_000, undefined, { signal: currentTask()!.signal });
        });
        await sleep(5);
        task.cancel();
        await assert.rejects(async () => task, { name: "CancelledError" });
      }));
  });

  describe("signal", () => {
    inBothForms((form) => {
      const { wait, start, program, body } = form;

      it("JS-16 a timeout's signal is aborted when its deadline passes, and that of the scope around is not", () =>
        program(function* () {
          yield* wait(
            timeout(
              1000,
              body(function* (outer: Timeout) {
                const task = currentTask()!;
                const { signal } = outer;
                assert.equal(task.signal, signal, "inside the block it is the task's");
                let inner: AbortSignal | undefined;
                const error = yield* thrownBy(
                  form,
                  timeout(
                    10,
                    body(function* (scope: Timeout) {
                      inner = scope.signal;
                      assert.equal(scope.signal, inner, "one for each scope");
                      assert.notEqual(inner, signal);
                      assert.equal(task.signal, inner);
                      yield* wait(sleep(500));
                    }),
                  ),
                );
                assert.equal(nameOf(error), "TimeoutError");
                assert.equal(inner!.aborted, true);
                assert.ok(inner!.reason instanceof CancelledError);
                assert.equal(signal.aborted, false);
                assert.equal(task.signal, signal);
              }),
            ),
          );
        }));

      it("JS-16 a cancel of the task, or of a scope around, aborts the signals of all scopes inside", () =>
        program(function* () {
          const signals: AbortSignal[] = [];
          const task = start(function* () {
            yield* wait(
              timeout(
                1000,
                body(function* (outer: Timeout) {
                  signals.push(outer.signal);
                  yield* wait(
                    taskGroup(
                      body(function* (group: TaskGroup) {
                        signals.push(group.signal);
                        yield* wait(sleep(500));
                      }),
                    ),
                  );
                }),
              ),
            );
          });
          const outside = task.signal;
          yield* wait(turns(4));
          assert.equal(signals.length, 2);
          task.cancel("enough");
          for (const signal of [...signals, outside]) {
            assert.equal(signal.aborted, true);
            assert.equal((signal.reason as Error).message, "enough");
          }
          yield* thrownBy(form, task);
        }));

      it("JS-16 a task group's signal is aborted when a child fails", () =>
        program(function* () {
          let signal: AbortSignal | undefined;
          const error = yield* thrownBy(
            form,
            taskGroup(
              body(function* (group: TaskGroup) {
                ({ signal } = group);
                group.createTask(function* () {
                  yield* sleep(5);
                  throw new RangeError("child");
                });
                yield* wait(sleep(500));
              }),
            ),
          );
          assert.ok(error instanceof ExceptionGroup);
          assert.equal(signal!.aborted, true);
        }));

      it("JS-16 uncancel() to 0 inside a scope gives that scope, too, a fresh signal", () =>
        program(function* () {
          const task = start(function* () {
            yield* wait(
              timeout(
                1000,
                body(function* (scope: Timeout) {
                  const before = scope.signal;
                  try {
                    yield* wait(sleep(500));
                  } catch (error) {
                    assert.ok(isCancelled(error));
                  }
                  assert.equal(before.aborted, true);
                  assert.equal(scope.signal, before);
                  assert.equal(currentTask()!.uncancel(), 0);
                  assert.notEqual(scope.signal, before);
                  assert.equal(scope.signal.aborted, false);
                  yield* wait(sleep(5));
                }),
              ),
            );
          });
          yield* wait(turns(4));
          task.cancel();
          yield* wait(task);
        }));

      it("JS-16 a signal asked for after the cancel is aborted already, with its message", () =>
        program(function* () {
          const task = start(function* () {
            yield* wait(
              timeout(
                1000,
                body(function* (scope: Timeout) {
                  try {
                    yield* wait(sleep(500));
                  } catch (error) {
                    assert.equal(scope.signal.aborted, true);
                    assert.equal((scope.signal.reason as Error).message, "late");
                    throw error;
                  }
                }),
              ),
            );
          });
          yield* wait(turns(4));
          task.cancel("late");
          assert.equal(nameOf(yield* thrownBy(form, task)), "CancelledError");
        }));

      it("JS-16 a scope that has not been entered has none", () => {
        assert.throws(() => new Timeout(null).signal, {
          name: "RuntimeError",
          message: /timeout\(ms, body\)/,
        });
        assert.throws(() => new TaskGroup().signal, { name: "RuntimeError", message: /taskGroup\(body\)/ });
      });
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
      it(`JS-17 ${what} of Node's that a scope's signal aborts ends the block as its cancellation`, () =>
        inAsync(async () => {
          await assert.rejects(
            async () => timeout(5, async (scope) => wait(scope.signal)),
            (error: Error) => {
              assert.equal(error.name, "TimeoutError");
              assert.ok(isCancelled(error.cause));
              return true;
            },
          );
          await assert.rejects(
            async () =>
              taskGroup(async (group) => {
                group.createTask(async () => {
                  await sleep(5);
                  throw new RangeError("child");
                });
                await wait(group.signal);
              }),
            (error: ExceptionGroup) => {
              assert.deepEqual(
                error.errors.map((inner) => nameOf(inner)),
                ["RangeError"],
              );
              return true;
            },
          );
          // Nothing of it is left to hit what comes after.
          await sleep(1);
          assert.equal(currentTask()!.cancelling(), 0);
        }));
  });

  it("an `await using` group cancels the awaits of the function it stands in, as before", async () => {
    await run(
      async () => {
        const outcome = await Promise.allSettled([
          (async () => {
            await using group = new TaskGroup();
            group.createTask(async () => {
              await sleep(5);
              throw new RangeError("child");
            });
            await sleep(1000);
          })(),
        ]);
        assert.equal(outcome[0].status, "rejected");
        await sleep(1);
      },
      { loopFactory: virtualLoop },
    );
  });

  it("a future that nobody settles ends at the deadline although others of the task wait on", () =>
    inAsync(async () => {
      const forever = new Future<void>();
      await assert.rejects(async () => timeout(5, async () => forever), { name: "TimeoutError" });
      assert.equal(forever.cancelled(), true);
    }));
});
