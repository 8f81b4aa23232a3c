import assert from "node:assert/strict";
import {
  CancelledError,
  coro,
  ContextVar,
  copyContext,
  createTask,
  currentTask,
  Event,
  ExceptionGroup,
  gather,
  getRunningLoop,
  KeyboardInterrupt,
  run,
  sleep,
  SystemExit,
  TaskGroup,
  taskGroup,
} from "asyncscope";
import type { Coroutine, CoroutineGenerator, ExceptionContext } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { virtualLoop } from "../../support/runtime-loop.js";
import { turns } from "../../support/turns.js";

const messages = (group: unknown): string[] => {
  assert.ok(group instanceof ExceptionGroup, `${String(group)} is no ExceptionGroup`);
  return group.errors.map((error) => (error as Error).message);
};

/** Equal deadlines are due together, however busy the machine is. */
const onVirtualTime = { loopFactory: () => virtualLoop() };

describe("TaskGroup", () => {
  inBothForms((form) => {
    const { wait, start, program, body } = form;
    const now = (): number => getRunningLoop().time();

    const grouped = <T>(steps: (group: TaskGroup) => CoroutineGenerator<T>): Coroutine<T> =>
      taskGroup(body(steps));

    function failing(message: string, ms: number): () => Coroutine<never> | Promise<never> {
      return body(function* () {
        yield* wait(sleep(ms));
        throw new RangeError(message);
      });
    }

    /** Sleeps long; says when it is cancelled. */
    function sleeping(log: string[], name: string): () => Coroutine<void> | Promise<void> {
      return body(function* () {
        try {
          yield* wait(sleep(1000));
        } catch (error) {
          log.push(`cancelled ${name} at ${now()}`);
          throw error;
        }
      });
    }

    it("TG-01 is left when every child is done, also those added during the wait", () =>
      program(function* () {
        const log: string[] = [];
        const result = yield* wait(
          grouped(function* (group) {
            group.createTask(
              body(function* () {
                yield* wait(sleep(10));
                log.push("first");
                group.createTask(
                  body(function* () {
                    yield* wait(sleep(10));
                    log.push("second");
                  }),
                );
              }),
            );
            return "result";
          }),
        );
        assert.equal(result, "result");
        assert.deepEqual(log, ["first", "second"]);
        assert.equal(now(), 20);
        assert.equal(
          yield* wait(
            grouped(function* () {
              return "empty";
            }),
          ),
          "empty",
        );
      }));

    it("TG-02 the first failing child cancels its siblings and the body's await", () =>
      program(function* () {
        const trace = new Trace(form);
        const marks = (name: string) =>
          body(function* () {
            try {
              yield* wait(sleep(1000));
            } catch (error) {
              trace.mark(`cancelled ${name}`);
              throw error;
            }
          });
        const error = yield* thrownBy(
          form,
          grouped(function* (group) {
            group.createTask(marks("a"));
            group.createTask(
              body(function* () {
                yield* wait(turns(1));
                trace.mark("bad");
                throw new RangeError("x");
              }),
            );
            group.createTask(marks("b"));
            yield* wait(marks("body")() as Coroutine<void>);
          }),
        );
        trace.mark(`group ${messages(error).length} ${currentTask()!.cancelling()}`);
        trace.stop(["2:bad", "4:cancelled a", "4:cancelled b", "4:cancelled body", "6:group 1 0"]);
      }));

    it("TG-02 raises all failures together", () =>
      program(function* () {
        const error = yield* thrownBy(
          form,
          grouped(function* (group) {
            group.createTask(failing("one", 10));
            group.createTask(failing("two", 10));
            group.createTask(
              body(function* () {
                try {
                  yield* wait(sleep(100));
                } finally {
                  throw new RangeError("in cleanup");
                }
              }),
            );
          }),
        );
        assert.deepEqual(messages(error), ["one", "two", "in cleanup"]);
        assert.equal((error as Error).message, "unhandled errors in a TaskGroup");
        assert.equal(now(), 10);
      }));

    it("TG-03 a child that is cancelled on its own neither cancels siblings nor is reported", () =>
      program(function* () {
        const trace = new Trace(form);
        yield* wait(
          grouped(function* (group) {
            const child = (name: string, count: number) =>
              group.createTask(
                body(function* () {
                  yield* wait(turns(count));
                  trace.mark(`done ${name}`);
                }),
              );
            const a = child("a", 5);
            child("b", 3);
            yield* wait(turns(2));
            a.cancel();
            trace.mark("body end");
          }),
        );
        trace.mark("left");
        trace.stop(["2:body end", "4:done b", "6:left"]);
      }));

    it("TG-04 an error in the body cancels the children and is wrapped", () =>
      program(function* () {
        const log: string[] = [];
        const error = yield* thrownBy(
          form,
          grouped(function* (group) {
            group.createTask(sleeping(log, "child"));
            yield* wait(sleep(10));
            throw new RangeError("body");
          }),
        );
        assert.deepEqual(messages(error), ["body"]);
        assert.deepEqual(log, ["cancelled child at 10"]);
      }));

    it("TG-05 cancelling the parent while it waits cancels the children, waits, and raises CancelledError", () =>
      program(function* () {
        const trace = new Trace(form);
        const slow = (name: string) =>
          body(function* () {
            try {
              yield* wait(sleep(1000));
            } finally {
              yield* wait(turns(2));
              trace.mark(`cancelled ${name}`);
            }
          });
        const parent = start(function* () {
          try {
            yield* wait(
              grouped(function* (group) {
                group.createTask(slow("a"));
                group.createTask(slow("b"));
              }),
            );
          } catch (error) {
            trace.mark("parent cancelled");
            throw error;
          }
        });
        yield* wait(turns(3));
        parent.cancel("why");
        trace.mark("cancel");
        assert.equal(((yield* thrownBy(form, parent)) as Error).message, "why");
        trace.mark("main sees");
        assert.ok(parent.cancelled());
        trace.stop(["3:cancel", "7:cancelled a", "7:cancelled b", "9:parent cancelled", "10:main sees"]);
      }));

    it("TG-05 cancelling the parent in its body does the same", () =>
      program(function* () {
        const log: string[] = [];
        const parent = start(function* () {
          yield* wait(
            grouped(function* (group) {
              group.createTask(sleeping(log, "child"));
              yield* wait(sleep(500));
            }),
          );
        });
        yield* wait(sleep(10));
        parent.cancel();
        assert.ok((yield* thrownBy(form, parent)) instanceof CancelledError);
        assert.deepEqual(log, ["cancelled child at 10"]);
      }));

    it("TG-05 a second cancel of the parent does not cut the wait short", () =>
      program(function* () {
        let cleaned = false;
        const parent = start(function* () {
          yield* wait(
            grouped(function* (group) {
              group.createTask(
                body(function* () {
                  try {
                    yield* wait(sleep(1000));
                  } finally {
                    yield* wait(sleep(50));
                    cleaned = true;
                  }
                }),
              );
            }),
          );
        });
        yield* wait(sleep(10));
        parent.cancel();
        yield* wait(sleep(10));
        parent.cancel();
        yield* wait(sleep(10));
        assert.equal(parent.done(), false);
        assert.ok((yield* thrownBy(form, parent)) instanceof CancelledError);
        assert.equal(cleaned, true);
      }));

    it("TG-06 children that fail while they are cancelled with the parent make an ExceptionGroup", () =>
      program(function* () {
        const parent = start(function* () {
          yield* wait(
            grouped(function* (group) {
              group.createTask(
                body(function* () {
                  try {
                    yield* wait(sleep(1000));
                  } finally {
                    throw new RangeError("cleanup");
                  }
                }),
              );
              yield* wait(sleep(500));
            }),
          );
        });
        yield* wait(sleep(10));
        parent.cancel();
        assert.deepEqual(messages(yield* thrownBy(form, parent)), ["cleanup"]);
      }));

    it("TG-07 an error and a cancel from outside: the group is raised, the cancel hits the next await", () =>
      program(function* () {
        const log: string[] = [];
        const parent = start(function* () {
          const error = yield* thrownBy(
            form,
            grouped(function* (group) {
              group.createTask(
                body(function* () {
                  try {
                    yield* wait(sleep(1000));
                  } finally {
                    throw new RangeError("child");
                  }
                }),
              );
              yield* wait(sleep(500));
            }),
          );
          log.push(`${messages(error).join()} cancelling ${currentTask()!.cancelling()}`);
          try {
            yield* wait(sleep(100));
          } catch (next) {
            log.push((next as Error).name);
            throw next;
          }
        });
        yield* wait(sleep(10));
        parent.cancel();
        yield* thrownBy(form, parent);
        assert.ok(parent.cancelled());
        assert.deepEqual(log, ["child cancelling 1", "CancelledError"]);
        assert.equal(now(), 10);
      }));

    it("TG-08 after a handled group error the count is what it was, and nothing leaks out", () =>
      program(function* () {
        const task = start(function* () {
          currentTask()!.cancel();
          try {
            yield* wait(sleep(1));
          } catch {
            assert.equal(currentTask()!.cancelling(), 1);
          }
          yield* thrownBy(
            form,
            grouped(function* (group) {
              group.createTask(failing("x", 5));
              yield* wait(sleep(100));
            }),
          );
          // The cancel that was there before the group, and only that.
          assert.equal(currentTask()!.cancelling(), 1);
        });
        assert.ok((yield* thrownBy(form, task)) instanceof CancelledError);
        yield* thrownBy(
          form,
          grouped(function* (group) {
            group.createTask(failing("x", 5));
            yield* wait(sleep(100));
          }),
        );
        assert.equal(currentTask()!.cancelling(), 0);
        // Nothing hits the next awaits.
        yield* wait(sleep(10));
        yield* wait(turns(2));
      }));

    it("TG-09 of nested groups that both fail the inner error is handled inside, the outer cancel is still due", () =>
      program(function* () {
        let between = -1;
        const error = yield* thrownBy(
          form,
          grouped(function* (outer) {
            const inside = yield* thrownBy(
              form,
              grouped(function* (inner) {
                inner.createTask(failing("inner", 5));
                outer.createTask(failing("outer", 5));
                yield* wait(sleep(100));
              }),
            );
            assert.deepEqual(messages(inside), ["inner"]);
            between = currentTask()!.cancelling();
          }),
        );
        assert.equal(between, 1);
        assert.deepEqual(messages(error), ["outer"]);
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("TG-10 errors of nested groups nest", () =>
      program(function* () {
        const error = (yield* thrownBy(
          form,
          grouped(function* (outer) {
            outer.createTask(failing("outer", 5));
            yield* wait(
              grouped(function* (inner) {
                inner.createTask(
                  body(function* () {
                    try {
                      yield* wait(sleep(100));
                    } finally {
                      throw new RangeError("inner");
                    }
                  }),
                );
              }),
            );
          }),
        )) as ExceptionGroup;
        assert.equal(error.errors.length, 2);
        assert.equal((error.errors[0] as Error).message, "outer");
        assert.deepEqual(messages(error.errors[1]), ["inner"]);
        const [ranges, others] = error.split((each) => (each as Error).message === "inner");
        assert.deepEqual(messages(ranges!.errors[0]), ["inner"]);
        assert.deepEqual(messages(others), ["outer"]);
      }));

    it("TG-11 a body that turns the cancellation into another error has that one in the group", () =>
      program(function* () {
        const error = yield* thrownBy(
          form,
          grouped(function* (group) {
            group.createTask(failing("child", 5));
            try {
              yield* wait(sleep(100));
            } catch {
              throw new TypeError("body");
            }
          }),
        );
        assert.deepEqual(messages(error), ["child", "body"]);
        const parent = start(function* () {
          yield* wait(
            grouped(function* () {
              try {
                yield* wait(sleep(100));
              } catch {
                throw new TypeError("instead");
              }
            }),
          );
        });
        yield* wait(sleep(5));
        parent.cancel();
        assert.deepEqual(messages(yield* thrownBy(form, parent)), ["instead"]);
      }));

    it("TG-12 KeyboardInterrupt and SystemExit come bare and beat the group", () =>
      program(function* () {
        for (const fatal of [new KeyboardInterrupt("^C"), new SystemExit("bye")]) {
          const error = yield* thrownBy(
            form,
            grouped(function* (group) {
              group.createTask(failing("child", 5));
              try {
                yield* wait(sleep(100));
              } finally {
                throw fatal;
              }
            }),
          );
          assert.equal(error, fatal);
        }
      }));

    it("TG-12 a fatal error of a child ends the program with it", async () => {
      let left = false;
      await assert.rejects(
        program(function* () {
          try {
            yield* wait(
              grouped(function* (group) {
                group.createTask(
                  body(function* () {
                    yield* wait(sleep(5));
                    throw new SystemExit("child");
                  }),
                );
                yield* wait(sleep(100));
              }),
            );
          } finally {
            left = true;
          }
        }),
        { name: "SystemExit", message: "child" },
      );
      assert.equal(left, true);
    });

    it("TG-13 whatever was thrown is in the group, also what is no Error", () =>
      program(function* () {
        const error = (yield* thrownBy(
          form,
          grouped(function* (group) {
            group.createTask(
              body(function* () {
                yield* wait(sleep(1));
                throw "text";
              }),
            );
          }),
        )) as ExceptionGroup;
        assert.ok(error instanceof AggregateError);
        assert.deepEqual(error.errors, ["text"]);
      }));

    it("TG-14 takes no task before the block, after it, or once a child has failed", () =>
      program(function* () {
        const unused = coro(function* () {
          yield* sleep(1);
        });
        const early = unused();
        assert.throws(() => new TaskGroup().createTask(early), /has not been entered/);
        // Given up: nothing can run it any more.
        assert.throws(() => createTask(early), /cannot be awaited/);
        let group!: TaskGroup;
        yield* wait(
          grouped(function* (given) {
            group = given;
            yield* wait(sleep(1));
          }),
        );
        const late = unused();
        assert.throws(() => group.createTask(late), { name: "RuntimeError", message: /has finished/ });
        assert.throws(() => createTask(late), /cannot be awaited/);
        yield* thrownBy(
          form,
          grouped(function* (given) {
            given.createTask(failing("x", 5));
            try {
              yield* wait(sleep(100));
            } finally {
              assert.throws(() => given.createTask(unused()), /shutting down/);
            }
          }),
        );
      }));

    it("TG-15 cannot be entered twice", () =>
      program(function* () {
        yield* wait(
          grouped(function* (group) {
            assert.throws(() => group._enter(), /entered already/);
            yield* wait(sleep(1));
          }),
        );
      }));

    it("TG-16 a child made by a child while a third one fails is cancelled too", () =>
      program(function* () {
        let cancelled = false;
        const error = yield* thrownBy(
          form,
          grouped(function* (group) {
            group.createTask(
              body(function* () {
                group.createTask(
                  body(function* () {
                    throw new RangeError("third");
                  }),
                );
                try {
                  yield* wait(turns(3));
                } catch (reason) {
                  cancelled = reason instanceof CancelledError;
                  throw reason;
                }
              }),
            );
          }),
        );
        assert.equal(cancelled, true);
        assert.deepEqual(messages(error), ["third"]);
      }));

    it("TG-17 drops children that are done while it runs", () =>
      program(function* () {
        yield* wait(
          grouped(function* (group) {
            for (let i = 0; i < 100; i++)
              group.createTask(
                body(function* () {
                  yield* wait(sleep(1));
                }),
              );
            yield* wait(sleep(5));
            assert.equal(group._tasks.size, 0);
          }),
        );
      }));

    it("TG-18 gives name and context to the child", () =>
      program(function* () {
        const variable = new ContextVar("v", { default: "outside" });
        const context = copyContext();
        context.run(() => variable.set("inside"));
        yield* wait(
          grouped(function* (group) {
            const child = group.createTask(
              body(function* () {
                yield* wait(sleep(1));
                return variable.get();
              }),
              { name: "yolo", context },
            );
            assert.equal(child.name, "yolo");
            assert.equal(yield* wait(child), "inside");
          }),
        );
        assert.equal(variable.get(), "outside");
      }));

    it("names its children to the one who looks what the parent waits for", () =>
      program(function* () {
        const event = new Event();
        const parent = start(function* () {
          yield* wait(
            grouped(function* (group) {
              group.createTask(
                body(function* () {
                  yield* wait(event.wait());
                }),
              );
            }),
          );
        });
        yield* wait(turns(3));
        const waits = [parent._waiter, ...[...(parent._strands ?? [])].map((strand) => strand._waiter)];
        const inGroup = waits.find((future) => future?._origin?.kind === "task-group")!;
        assert.equal([...inGroup._origin!.children!(inGroup)].length, 1);
        event.set();
        yield* wait(parent);
      }));

    it("an AbortError that carries the cancellation is one", () =>
      program(function* () {
        const parent = start(function* () {
          yield* wait(
            grouped(function* () {
              try {
                yield* wait(sleep(100));
              } catch (cancelled) {
                const abort = new Error("aborted", { cause: cancelled });
                abort.name = "AbortError";
                throw abort;
              }
            }),
          );
        });
        yield* wait(sleep(5));
        parent.cancel();
        yield* thrownBy(form, parent);
        assert.ok(parent.cancelled());
      }));

    it("ten levels deep, one failure ends everything", () =>
      program(function* () {
        let alive = 0;
        const level = (depth: number): Coroutine<void> =>
          grouped(function* (group) {
            alive++;
            try {
              if (depth > 0)
                group.createTask(
                  body(function* () {
                    yield* wait(level(depth - 1));
                  }),
                );
              else group.createTask(failing("leaf", 5));
              yield* wait(sleep(1000));
            } finally {
              alive--;
            }
          });
        let error = yield* thrownBy(form, level(10));
        for (let depth = 0; depth < 10; depth++) error = (error as ExceptionGroup).errors[0];
        assert.deepEqual(messages(error), ["leaf"]);
        assert.equal(alive, 0);
        assert.equal(now(), 5);
      }));
  });

  it("TG-15 cannot be used outside a task", async () => {
    const reports: ExceptionContext[] = [];
    await run(async () => {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
      const outcome = await new Promise((resolve) => {
        getRunningLoop().callSoon(() => {
          taskGroup(async () => sleep(1)).then(resolve, resolve);
        });
      });
      assert.match(String(outcome), /must be used inside a task/);
    });
    assert.deepEqual(reports, []);
  });

  describe("with await using", () => {
    it("waits for the children at the end of the block", async () => {
      await run(async () => {
        const log: string[] = [];
        {
          await using group = new TaskGroup();
          group.createTask(async () => {
            await sleep(5);
            log.push("child");
          });
          log.push("body");
        }
        log.push("after");
        assert.deepEqual(log, ["body", "child", "after"]);
      });
    });

    it("raises the errors of the children together", async () => {
      await run(async () => {
        let error: unknown;
        try {
          await using group = new TaskGroup();
          for (const message of ["a", "b"])
            group.createTask(async () => {
              await sleep(5);
              throw new RangeError(message);
            });
        } catch (thrown) {
          error = thrown;
        }
        assert.deepEqual(messages(error), ["a", "b"]);
        assert.equal(currentTask()!.cancelling(), 0);
      }, onVirtualTime);
    });

    it("cancels the children when the task is cancelled from outside", async () => {
      await run(async () => {
        const log: string[] = [];
        const block = async (inBody: boolean): Promise<void> => {
          await using group = new TaskGroup();
          group.createTask(async () => {
            try {
              await sleep(1000);
            } finally {
              log.push("child cancelled");
            }
          });
          if (inBody) await sleep(1000);
        };
        for (const inBody of [true, false]) {
          const task = createTask(() => block(inBody));
          await sleep(5);
          task.cancel();
          await gather([task], { returnExceptions: true });
          assert.ok(task.cancelled());
        }
        assert.deepEqual(log, ["child cancelled", "child cancelled"]);
      });
    });

    it("takes no task before it is entered, and is entered once", async () => {
      await run(async () => {
        const group = new TaskGroup();
        assert.throws(() => group.createTask(async () => sleep(1)), /has not been entered/);
        await using entered = group;
        assert.throws(() => entered[Symbol.asyncDispose], /entered already/);
      });
    });
  });
});
