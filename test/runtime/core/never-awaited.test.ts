import assert from "node:assert/strict";
import { coro, createTask, gather, Queue, run, sleep } from "asyncscope";
import type { EventLoop, ExceptionContext } from "asyncscope";
import { forms } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";
import { collectGarbageUntil } from "../../support/runtime-gc.js";
import { collectReports, debugLoop, virtualLoop } from "../../support/runtime-loop.js";

const save = coro(function* saveTheFile(): Steps {
  yield* sleep(10);
});

/** What is reported of a program, until its loop is closed. */
async function reportsOf(
  form: Form,
  steps: (reports: ExceptionContext[]) => Steps,
  loop: EventLoop = virtualLoop(),
): Promise<ExceptionContext[]> {
  const reports = collectReports(loop);
  await run(
    form.body(() => steps(reports)),
    { loopFactory: () => loop },
  );
  return reports;
}

describe("a coroutine that is never awaited", () => {
  for (const form of forms)
    describe(`in a program with ${form.name}`, () => {
      it("is reported once, by name, with what to do and with the line that called it", async () => {
        const reports = await reportsOf(form, function* () {
          (function caller() {
            void save();
          })();
          yield* form.wait(sleep(1));
          yield* form.wait(sleep(1));
        });
        assert.equal(reports.length, 1);
        assert.match(reports[0]!.message, /^coroutine saveTheFile was never awaited: write yield\* or await/);
        assert.match(reports[0]!.sourceTraceback!, /^ +at caller \(.*never-awaited\.test/);
      });

      it("is reported also when many others were made in the same breath", async () => {
        const queue = new Queue<number>();
        const reports = await reportsOf(form, function* () {
          void save();
          for (let n = 0; n < 300; n++) yield* form.wait(queue.put(n));
          void save();
          yield* form.wait(gather(...Array.from({ length: 2000 }, () => save())));
        });
        assert.equal(reports.length, 2);
      });

      it("of hundreds of calls the later ones have no line, and the report says how to get it", async () => {
        const reports = await reportsOf(form, function* () {
          for (let n = 0; n < 100; n++) save().close();
          void save();
          yield* form.wait(sleep(1));
        });
        assert.match(reports[0]!.message, /ASYNC_DEBUG=1/);
        assert.equal(reports[0]!.sourceTraceback, undefined);
      });

      it("is reported when nothing is waited for any more", async () => {
        const reports = await reportsOf(form, function* () {
          void save();
        });
        assert.equal(reports.length, 1);
      });

      it("may be an operation: a put or a sleep without await does nothing", async () => {
        const queue = new Queue<number>();
        const reports = await reportsOf(form, function* () {
          void queue.put(1);
          void sleep(5);
          yield* form.wait(sleep(1));
        });
        assert.deepEqual(
          reports.map(({ message }) => message.replace(/ was.*/, "")),
          ["coroutine Queue.put", "coroutine sleep"],
        );
        assert.equal(queue.qsize(), 0);
      });

      it("is reported while the program runs, as soon as it is collected", async () => {
        await reportsOf(form, function* (reports) {
          (() => void save())();
          yield* form.wait(sleep(1));
          yield* form.wait(collectGarbageUntil(() => reports.length > 0, "it is reported"));
          assert.match(reports[0]!.message, /coroutine saveTheFile was never awaited/);
        });
      });

      it("is named with its line in debug mode", async () => {
        const [report] = await reportsOf(
          form,
          function* () {
            (function caller() {
              void save();
            })();
            yield* form.wait(sleep(1));
          },
          debugLoop(),
        );
        assert.match(report!.sourceTraceback!, /^ +at caller \(.*never-awaited\.test/);
        assert.doesNotMatch(report!.message, /ASYNC_DEBUG/);
      });

      it("is none that was started late, given up or handed to a task", async () => {
        const reports = await reportsOf(form, function* () {
          const late = save();
          yield* form.wait(sleep(5));
          yield* form.wait(late);
          save().close();
          const all = Array.from({ length: 200 }, () => save());
          yield* form.wait(gather(...all));
          yield* form.wait(createTask(save()));
          createTask(save()).cancel();
          yield* form.wait(sleep(0));
        });
        assert.deepEqual(reports, []);
      });
    });

  it("is none that waits for a run to come", async () => {
    const second = save();
    const reports: ExceptionContext[] = [];
    const loopFactory = (): EventLoop => {
      const loop = virtualLoop();
      loop.setExceptionHandler((_loop, context) => reports.push(context));
      return loop;
    };
    await run(save(), { loopFactory });
    await run(second, { loopFactory });
    assert.deepEqual(reports, []);
  });
});
