import assert from "node:assert/strict";
import {
  CancelledError,
  currentTask,
  ExceptionGroup,
  getRunningLoop,
  run,
  RuntimeError,
  sleep,
  taskGroup,
  Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
} from "asyncscope";
import type { CoroutineGenerator } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("timeout", () => {
  inBothForms((form) => {
    const { wait, start, program, body } = form;
    const now = (): number => getRunningLoop().time();

    it("TO-01 turns the cancellation into TimeoutError at the border of the block", () =>
      program(function* () {
        let scope!: Timeout;
        const error = yield* thrownBy(
          form,
          timeout(
            10,
            body(function* (given: Timeout) {
              scope = given;
              yield* wait(sleep(100));
            }),
          ),
        );
        assert.ok(error instanceof TimeoutError);
        assert.equal(scope.expired(), true);
        assert.equal(now(), 10);
      }));

    it("gives what the block returns, and takes its timer back", () =>
      program(function* () {
        const result = yield* wait(
          timeout(
            10,
            body(function* (scope: Timeout) {
              yield* wait(sleep(5));
              assert.equal(scope.when(), 10);
              return "in time";
            }),
          ),
        );
        assert.equal(result, "in time");
        yield* wait(sleep(20));
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("TO-02 inside the block the code sees CancelledError", () =>
      program(function* () {
        let seen: unknown;
        yield* thrownBy(
          form,
          timeout(
            10,
            body(function* () {
              try {
                yield* wait(sleep(100));
              } catch (error) {
                seen = error;
                throw error;
              }
            }),
          ),
        );
        assert.ok(seen instanceof CancelledError);
      }));

    it("TO-03 a cancel from outside before expiry stays a CancelledError", () =>
      program(function* () {
        let scope!: Timeout;
        const task = start(function* () {
          yield* wait(
            timeout(
              100,
              body(function* (given: Timeout) {
                scope = given;
                yield* wait(sleep(1000));
              }),
            ),
          );
        });
        yield* wait(sleep(10));
        task.cancel();
        assert.ok((yield* thrownBy(form, task)) instanceof CancelledError);
        assert.ok(task.cancelled());
        assert.equal(scope.expired(), false);
      }));

    it("TO-04 a cancel from outside while the timeout expires is not converted", () =>
      program(function* () {
        let scope!: Timeout;
        const task = start(function* () {
          yield* wait(
            timeout(
              10,
              body(function* (given: Timeout) {
                scope = given;
                try {
                  yield* wait(sleep(1000));
                } finally {
                  yield* wait(sleep(50));
                }
              }),
            ),
          );
        });
        yield* wait(sleep(30));
        assert.equal(scope.expired(), true);
        task.cancel("outside");
        assert.ok((yield* thrownBy(form, task)) instanceof CancelledError);
        assert.ok(task.cancelled());
        assert.equal(task.cancelling(), 1);
      }));

    it("TO-05 another error passes unchanged", () =>
      program(function* () {
        const failure = new RangeError("mine");
        const error = yield* thrownBy(
          form,
          timeout(
            10,
            body(function* () {
              yield* wait(sleep(1));
              throw failure;
            }),
          ),
        );
        assert.equal(error, failure);
        assert.equal(failure.cause, undefined);
      }));

    it("TO-05 an error that hides the cancellation carries the TimeoutError in its causes", () =>
      program(function* () {
        for (const withCause of [false, true]) {
          const error = (yield* thrownBy(
            form,
            timeout(
              10,
              body(function* () {
                try {
                  yield* wait(sleep(100));
                } catch (cancelled) {
                  throw new RangeError("in cleanup", withCause ? { cause: cancelled } : {});
                }
              }),
            ),
          )) as RangeError;
          assert.equal(error.message, "in cleanup");
          assert.ok(error.cause instanceof TimeoutError);
          assert.equal(error.cause.cause instanceof CancelledError, withCause);
          assert.equal(currentTask()!.cancelling(), 0);
        }
      }));

    it("TO-06 the cause of the TimeoutError is the CancelledError", () =>
      program(function* () {
        const error = (yield* thrownBy(
          form,
          timeout(
            10,
            body(function* () {
              yield* wait(sleep(100));
            }),
          ),
        )) as TimeoutError;
        assert.ok(error.cause instanceof CancelledError);
      }));

    it("TO-07 of nested timeouts with one deadline only the outermost throws TimeoutError", () =>
      program(function* () {
        let inner!: Timeout;
        let outer!: Timeout;
        let between: unknown;
        const error = yield* thrownBy(
          form,
          timeout(
            10,
            body(function* (given: Timeout) {
              outer = given;
              between = yield* thrownBy(
                form,
                timeout(
                  10,
                  body(function* (scope: Timeout) {
                    inner = scope;
                    yield* wait(sleep(100));
                  }),
                ),
              );
              throw between;
            }),
          ),
        );
        assert.ok(between instanceof CancelledError);
        assert.ok(error instanceof TimeoutError);
        assert.deepEqual([inner.expired(), outer.expired()], [true, true]);
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    it("TO-08 an inner timeout converts its own; the outer block goes on with its own deadline", () =>
      program(function* () {
        const log: string[] = [];
        const error = yield* thrownBy(
          form,
          timeout(
            30,
            body(function* () {
              const inner = yield* thrownBy(
                form,
                timeout(
                  10,
                  body(function* () {
                    yield* wait(sleep(100));
                  }),
                ),
              );
              log.push(`${(inner as Error).name} at ${now()}`);
              yield* wait(sleep(100));
            }),
          ),
        );
        log.push(`${(error as Error).name} at ${now()}`);
        assert.deepEqual(log, ["TimeoutError at 10", "TimeoutError at 30"]);
      }));

    it("TO-09 after the conversion the task is not left cancelled", () =>
      program(function* () {
        yield* thrownBy(
          form,
          timeout(
            10,
            body(function* () {
              yield* wait(sleep(100));
            }),
          ),
        );
        assert.equal(currentTask()!.cancelling(), 0);
        yield* wait(sleep(10));
        assert.equal(now(), 20);
      }));

    it("TO-10 a block that never suspends again does not throw", () =>
      program(function* () {
        const trace = new Trace(form);
        let scope!: Timeout;
        const result = yield* wait(
          timeout(
            0,
            body(function* (given: Timeout) {
              scope = given;
              trace.mark("inside");
              return "done";
            }),
          ),
        );
        trace.mark(`${result} ${scope.expired()}`);
        trace.stop(["0:inside", "0:done false"]);
      }));

    it("TO-11 no time and past deadlines fire at the next suspension", () =>
      program(function* () {
        yield* wait(sleep(10));
        for (const make of [
          (steps: () => CoroutineGenerator<void>) => timeout(0, body(steps)),
          (steps: () => CoroutineGenerator<void>) => timeout(-5, body(steps)),
          (steps: () => CoroutineGenerator<void>) => timeoutAt(3, body(steps)),
        ]) {
          let reached = "";
          const error = yield* thrownBy(
            form,
            make(function* () {
              reached += "a";
              yield* wait(turns(5));
              reached += "b";
            }),
          );
          assert.ok(error instanceof TimeoutError);
          assert.equal(reached, "a");
        }
        assert.equal(now(), 10);
      }));

    it("TO-12 null disables it", () =>
      program(function* () {
        const result = yield* wait(
          timeout(
            null,
            body(function* (scope: Timeout) {
              yield* wait(sleep(100_000));
              return scope.when();
            }),
          ),
        );
        assert.equal(result, null);
      }));

    it("TO-13 can be moved only while it is active", () =>
      program(function* () {
        const fresh = new Timeout(10);
        assert.throws(() => fresh.reschedule(20), /has not been entered/);
        let scope!: Timeout;
        yield* wait(
          timeout(
            10,
            body(function* (given: Timeout) {
              scope = given;
              scope.reschedule(50);
              assert.equal(scope.when(), 50);
              yield* wait(sleep(40));
              scope.reschedule(null);
              yield* wait(sleep(100));
              scope.reschedule(now() + 10);
              yield* wait(sleep(5));
            }),
          ),
        );
        assert.throws(() => scope.reschedule(1000), { name: "RuntimeError", message: /finished/ });
        const error = yield* thrownBy(
          form,
          timeout(
            10,
            body(function* (given: Timeout) {
              scope = given;
              try {
                yield* wait(sleep(100));
              } finally {
                assert.throws(() => scope.reschedule(1000), /expiring/);
              }
            }),
          ),
        );
        assert.ok(error instanceof TimeoutError);
        assert.throws(() => scope.reschedule(1000), /expired/);
      }));

    it("TO-13 moved to the past it fires at once", () =>
      program(function* () {
        const error = yield* thrownBy(
          form,
          timeout(
            100,
            body(function* (scope: Timeout) {
              scope.reschedule(now() - 1);
              yield* wait(sleep(50));
            }),
          ),
        );
        assert.ok(error instanceof TimeoutError);
        assert.equal(now(), 0);
      }));

    it("TO-14 cannot be entered twice", () =>
      program(function* () {
        const scope = new Timeout(null);
        scope._enter();
        assert.throws(() => scope._enter(), RuntimeError);
        scope._exit(null, false);
        assert.throws(() => scope._enter(), RuntimeError);
        yield* wait(turns(1));
      }));

    it("TO-15 works in a finally block that runs because of a cancellation", () =>
      program(function* () {
        const task = start(function* () {
          try {
            yield* wait(sleep(1000));
          } finally {
            const cleanup = yield* thrownBy(
              form,
              timeout(
                10,
                body(function* () {
                  yield* wait(sleep(100));
                }),
              ),
            );
            assert.ok(cleanup instanceof TimeoutError);
            assert.equal(currentTask()!.cancelling(), 1);
          }
        });
        yield* wait(sleep(5));
        task.cancel();
        assert.ok((yield* thrownBy(form, task)) instanceof CancelledError);
        assert.equal(now(), 15);
      }));

    it("TO-15 a second cancel inside such a block is not converted", () =>
      program(function* () {
        const task = start(function* () {
          try {
            yield* wait(sleep(1000));
          } catch {
            yield* wait(
              timeout(
                100,
                body(function* () {
                  currentTask()!.cancel("second");
                  yield* wait(sleep(200));
                }),
              ),
            );
          }
        });
        yield* wait(sleep(5));
        task.cancel("first");
        const error = yield* thrownBy(form, task);
        assert.ok(error instanceof CancelledError);
        assert.equal(error.message, "second");
      }));

    it("TO-16 around a task group whose child fails meanwhile, the ExceptionGroup wins", () =>
      program(function* () {
        const error = (yield* thrownBy(
          form,
          timeout(
            10,
            body(function* () {
              yield* wait(
                taskGroup((group) => {
                  group.createTask(
                    body(function* () {
                      try {
                        yield* wait(sleep(100));
                      } finally {
                        throw new RangeError("child");
                      }
                    }),
                  );
                  return wholeBody();
                }),
              );
            }),
          ),
        )) as ExceptionGroup;
        assert.ok(error instanceof ExceptionGroup);
        assert.deepEqual(
          error.errors.map((each) => (each as Error).message),
          ["child"],
        );
        assert.ok(error.cause instanceof TimeoutError);
        assert.equal(currentTask()!.cancelling(), 0);
      }));

    const wholeBody = body(function* () {
      yield* wait(sleep(100));
    });

    it("an AbortError that carries the cancellation counts as it", () =>
      program(function* () {
        const error = yield* thrownBy(
          form,
          timeout(
            10,
            body(function* () {
              try {
                yield* wait(sleep(100));
              } catch (cancelled) {
                const abort = new Error("aborted", { cause: cancelled });
                abort.name = "AbortError";
                throw abort;
              }
            }),
          ),
        );
        assert.ok(error instanceof TimeoutError);
      }));
  });

  it("TO-14 cannot be used outside a task", async () => {
    await run(async () => {
      const outcome = await new Promise((resolve) => {
        getRunningLoop().callSoon(() => {
          timeout(10, async () => sleep(1)).then(resolve, resolve);
        });
      });
      assert.match(String(outcome), /must be used inside a task/);
    });
  });

  it("refuses what is no time, and what is no function", async () => {
    await run(async () => {
      assert.throws(() => timeout(Number.NaN, async () => sleep(1)), TypeError);
      assert.throws(() => timeout("5" as never, async () => sleep(1)), TypeError);
      await assert.rejects(async () => await timeout(5, 3 as never), /needs a function/);
      assert.equal(currentTask()!.cancelling(), 0);
    });
  });
});
