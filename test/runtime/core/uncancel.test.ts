import { CancelledError, createTask, currentTask, Future, sleep } from "asyncscope";
import assert from "node:assert/strict";
import { both } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";

function* started(form: Form): Steps {
  yield* form.wait(sleep(0));
  yield* form.wait(sleep(0));
}

describe("cancelling() and uncancel()", () => {
  both("UC-01 cancelling() counts requests and is never negative", function* (form) {
    const task = createTask(
      form.body(function* () {
        for (;;)
          try {
            yield* form.wait(sleep(1000));
            return;
          } catch {
            // It refuses.
          }
      }),
    );
    assert.equal(task.cancelling(), 0);
    task.cancel();
    assert.equal(task.cancelling(), 1);
    task.cancel();
    assert.equal(task.cancelling(), 2);
    assert.equal(task.uncancel(), 1);
    assert.equal(task.uncancel(), 0);
    assert.equal(task.uncancel(), 0);
    assert.equal(task.cancelling(), 0);
    yield* form.wait(task);
  });

  both("UC-02 uncancel() gives what is left and does not change a finished task", function* (form) {
    const task = createTask(form.body(() => form.wait(sleep(10))));
    yield* started(form);
    task.cancel();
    task.cancel();
    try {
      yield* form.wait(task);
    } catch {
      // As expected.
    }
    assert.equal(task.cancelling(), 2);
    assert.equal(task.uncancel(), 1);
    assert.equal(task.uncancel(), 0);
    assert.equal(task.cancelled(), true);
  });

  both("UC-03 uncancel() to 0 before delivery withdraws the cancellation", function* (form) {
    const notStarted = createTask(
      form.body(function* () {
        return "ran";
      }),
    );
    notStarted.cancel();
    assert.equal(notStarted.uncancel(), 0);
    assert.equal(yield* form.wait(notStarted), "ran");

    const itself = createTask(
      form.body(function* () {
        const task = currentTask()!;
        task.cancel();
        task.uncancel();
        yield* form.wait(sleep(1));
        return "went on";
      }),
    );
    assert.equal(yield* form.wait(itself), "went on");
  });

  both("UC-03 uncancel() to 1 withdraws nothing", function* (form) {
    const task = createTask(form.body(() => form.wait(sleep(1))));
    task.cancel();
    task.cancel();
    assert.equal(task.uncancel(), 1);
    try {
      yield* form.wait(task);
    } catch {
      // As expected.
    }
    assert.equal(task.cancelled(), true);
  });

  both("UC-04 swallowing the error without uncancel() leaves the request to be seen", function* (form) {
    const task = createTask(
      form.body(function* () {
        try {
          yield* form.wait(sleep(1000));
        } catch {
          yield* form.wait(sleep(1));
          return currentTask()!.cancelling();
        }
        return -1;
      }),
    );
    yield* started(form);
    task.cancel();
    assert.equal(yield* form.wait(task), 1);
  });

  for (const fromOutside of [false, true])
    both(
      `UC-05 a structured block swallows its own cancellation${fromOutside ? ", not that of others" : ""}`,
      function* (form) {
        const fire = new Future<void>();
        const block = function* (): Steps<string> {
          const task = currentTask()!;
          const before = task.cancelling();
          fire.addDoneCallback(() => {
            task.cancel("block");
            if (fromOutside) task.cancel("outside");
          });
          try {
            yield* form.wait(sleep(1000));
          } catch (error) {
            if (!(error instanceof CancelledError) || task.uncancel() > before) throw error;
            return "swallowed";
          }
          return "not reached";
        };
        const task = createTask(
          form.body(function* () {
            return yield* block();
          }),
        );
        yield* started(form);
        fire.setResult();
        let outcome: string;
        try {
          outcome = yield* form.wait(task);
        } catch (error) {
          outcome = (error as Error).name;
        }
        assert.equal(outcome, fromOutside ? "CancelledError" : "swallowed");
        assert.equal(task.cancelling(), fromOutside ? 1 : 0);
      },
    );
});
