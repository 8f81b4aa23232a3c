import { createTask, Future, getRunningLoop, run, RuntimeError, sleep, SystemExit } from "asyncscope";
import type { EventLoop } from "asyncscope";
import assert from "node:assert/strict";
import { both, eachForm } from "../../support/both-forms.js";
import { collectReports, virtualLoop, withLoop } from "../../support/runtime-loop.js";

/** How many iterations the next run of the loop has, of five that are asked for. */
async function iterationsOfNextRun(loop: EventLoop): Promise<number> {
  let iterations = 0;
  const count = (): void => {
    if (++iterations === 5) loop.stop();
    else loop.callSoon(count);
  };
  loop.callSoon(count);
  await loop.runForever();
  return iterations;
}

describe("runUntilComplete()", () => {
  eachForm("LP-11 runUntilComplete() that is stopped early says so, and the task stays pending", (form) =>
    withLoop(async (loop) => {
      const task = loop.createTask(
        form.body(function* () {
          yield* form.wait(sleep(10));
          return "done";
        }),
      );
      loop.callSoon(() => loop.stop());
      await assert.rejects(loop.runUntilComplete(task), {
        name: "RuntimeError",
        message: "Event loop stopped before Future completed.",
      });
      assert.equal(task.done(), false);
      assert.equal(await loop.runUntilComplete(task), "done");
    }),
  );

  both("LP-12 inside a running loop it makes no task of what it was given", function* (form) {
    const inner = virtualLoop();
    let ran = false;
    const main = form.body(function* () {
      ran = true;
    });
    for (const loop of [getRunningLoop(), inner])
      yield* form.wait(assert.rejects(loop.runUntilComplete(main), RuntimeError));
    yield* form.wait(sleep(1));
    assert.equal(ran, false);
    inner.close();
  });

  it("LP-13 after an error ended it the loop can be used again", () =>
    withLoop(async (loop) => {
      class Quit extends SystemExit {}
      const never = new Future<void>({ loop });
      loop.callSoon(() => {
        throw new Quit("enough");
      });
      await assert.rejects(loop.runUntilComplete(never), Quit);
      // Would stop the next run, had its callback been left on the future.
      never.setResult();
      assert.equal(await iterationsOfNextRun(loop), 5);
    }));

  eachForm("LP-13 also after a fatal error of the task itself", (form) =>
    withLoop(async (loop) => {
      const main = form.body(function* () {
        yield* form.wait(sleep(1));
        throw new SystemExit("enough");
      });
      await assert.rejects(loop.runUntilComplete(main), SystemExit);
      assert.equal(await iterationsOfNextRun(loop), 5);
    }),
  );

  it("LP-13 also when the task ends in the iteration in which something else is fatal", () =>
    withLoop(async (loop) => {
      const reports = collectReports(loop);
      const main = function* (): Generator<never, void> {
        loop.callSoon(() => {
          throw new SystemExit("enough");
        });
        throw new Error("nobody hears of it");
      };
      await assert.rejects(loop.runUntilComplete(main), SystemExit);
      assert.equal(await iterationsOfNextRun(loop), 5);
      loop.close();
      assert.deepEqual(reports, [], "what it made itself it has looked at");
    }));

  eachForm(
    "RU-02 run() cleans up behind a main task that ends with SystemExit, and throws that",
    async (form) => {
      const log: string[] = [];
      const fatal = new SystemExit("enough");
      const main = form.body(function* () {
        createTask(
          form.body(function* () {
            try {
              yield* form.wait(sleep(1000));
            } finally {
              yield* form.wait(sleep(10));
              log.push("cleaned up");
            }
          }),
        );
        yield* form.wait(sleep(1));
        throw fatal;
      });
      await assert.rejects(run(main, { loopFactory: virtualLoop }), (error) => error === fatal);
      assert.deepEqual(log, ["cleaned up"]);
    },
  );
});
