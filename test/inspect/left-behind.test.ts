import assert from "node:assert/strict";
import type { DiagnosisReply } from "@asyncscope/protocol";
import { CancelledError, gather, sleep, type Task } from "asyncscope";
import { forms, type Form, type Steps } from "../support/both-forms.js";
import { inspector, watched } from "./support/watched.js";

/** What is found after so many milliseconds, while the main task sleeps. */
async function finds(after: number, program: () => void): Promise<string[]> {
  let said: string[] = [];
  await watched(function* () {
    program();
    yield* sleep(after);
    const reply = JSON.parse(inspector.diagnosis({})) as DiagnosisReply;
    said = reply.findings.map(({ words }) => words.join(""));
  });
  return said;
}

for (const form of forms) {
  describe(`Diagnosis: cancelled tasks that go on (${form.name})`, () => {
    /** A worker, and somebody who cancels it after 100 ms and waits for its end. */
    const stopped = (work: () => Steps, handle?: (worker: Task<void>) => void) => (): void => {
      const worker = form.start(work, { name: "worker" });
      form.start(
        function* () {
          yield* form.wait(sleep(100));
          worker.cancel();
          handle?.(worker);
          try {
            yield* form.wait(worker);
          } catch (error) {
            if (!(error instanceof CancelledError)) throw error;
          }
        },
        { name: "stop" },
      );
    };
    const stubborn = function* (): Steps {
      for (;;)
        try {
          yield* form.wait(sleep(1000));
        } catch {
          // Takes a cancellation for a failure.
        }
    };

    it("are named after 5 s, with what they wait for and who waits for them", async () => {
      assert.deepEqual(await finds(4000, stopped(stubborn)), []);
      assert.deepEqual(await finds(6200, stopped(stubborn)), [
        "Task worker goes on although it was cancelled 6 s ago: it waits for a timer. Task stop waits for its end. A catch must throw a CancelledError again.",
      ]);
    });

    it("control: they end, or have been let off, or nobody waits for them, or they have never been cancelled", async () => {
      const obedient = function* (): Steps {
        for (;;) yield* form.wait(sleep(1000));
      };
      assert.deepEqual(await finds(6200, stopped(obedient)), []);
      assert.deepEqual(
        await finds(
          6200,
          stopped(stubborn, (worker) => worker.uncancel()),
        ),
        [],
      );
      assert.deepEqual(
        await finds(6200, () => {
          const alone = form.start(stubborn);
          form.start(function* () {
            yield* form.wait(sleep(100));
            alone.cancel();
          });
        }),
        [],
      );
      assert.deepEqual(
        await finds(6200, () => {
          const alone = form.start(stubborn);
          form.start(() => form.wait(alone));
        }),
        [],
      );
    });
  });

  describe(`Diagnosis: what a failed gather leaves behind (${form.name})`, () => {
    const fails = function* (): Steps {
      yield* form.wait(sleep(10));
      throw new RangeError("no such layer");
    };
    const lasts = (form: Form) => () => form.wait(sleep(60_000));
    /** Gathers a failing and a lasting task. */
    const gathering = (
      more: (tasks: readonly Task<unknown>[]) => Steps,
      options?: { returnExceptions: true },
    ) =>
      function (): void {
        form.start(function* () {
          const tasks = [form.start(fails, { name: "bad" }), form.start(lasts(form), { name: "long" })];
          try {
            yield* form.wait(options === undefined ? gather(...tasks) : gather(tasks, options));
          } catch {
            yield* more(tasks);
          }
        });
      };

    it("is named with the error", async () => {
      assert.deepEqual(
        await finds(
          200,
          gathering(function* () {}),
        ),
        [
          "A gather of 2 failed with RangeError: no such layer, and 1 of its tasks goes on although nobody waits for it: task long. A task group would cancel them.",
        ],
      );
    });

    it("control: it is cancelled, or awaited later, or its errors are results", async () => {
      const cancelling = function* (tasks: readonly Task<unknown>[]): Steps {
        for (const task of tasks) task.cancel();
      };
      const awaiting = (tasks: readonly Task<unknown>[]): Steps => form.wait(tasks[1]!) as Steps;
      assert.deepEqual(await finds(200, gathering(cancelling)), []);
      assert.deepEqual(await finds(200, gathering(awaiting)), []);
      const nothing = function* (): Steps {
        // Goes on.
      };
      assert.deepEqual(await finds(200, gathering(nothing, { returnExceptions: true })), []);
    });
  });
}
