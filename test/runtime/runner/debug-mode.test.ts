import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as nodeSleep } from "node:timers/promises";
import { createTask, EventLoop, Future, gather, getRunningLoop, logger, run, sleep } from "asyncscope";
import type { LogRecord } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";
import { forms } from "../../support/both-forms.js";
import { runProgram } from "../../support/runtime-process.js";

const THIS_FILE = /debug-mode\.test/;

/** What is logged while `program` runs on a virtual clock. `busy` lets time pass as work without a wait does. */
async function logged(
  program: (busy: (ms: number) => void) => unknown,
  options: { debug?: boolean; slowCallbackDuration?: number } = {},
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const listener = (record: unknown): void => void records.push(record as LogRecord);
  const clock = new VirtualClock();
  const loop = new EventLoop({ clock, debug: options.debug ?? true });
  if (options.slowCallbackDuration !== undefined) loop.slowCallbackDuration = options.slowCallbackDuration;
  subscribe(logger.name, listener);
  try {
    await run(() => program((ms) => clock.advance(ms)) as never, { loopFactory: () => loop });
  } finally {
    unsubscribe(logger.name, listener);
  }
  return records;
}

const messages = (records: LogRecord[]): string[] => records.map(({ message }) => message);

describe("Debug mode", () => {
  for (const form of forms)
    describe(`with ${form.name}`, () => {
      it("DB-01 names a task whose step takes at least slowCallbackDuration, and where it is", async () => {
        const records = await logged(
          form.body(function* (busy: (ms: number) => void) {
            yield* form.wait(sleep(1));
            const worker = form.start(
              function* () {
                yield* form.wait(sleep(1));
                busy(150);
                yield* form.wait(sleep(1));
              },
              { name: "worker" },
            );
            yield* form.wait(worker);
          }),
        );
        assert.equal(records.length, 1, messages(records).join("\n"));
        const [record] = records;
        assert.equal(record!.level, "warning");
        assert.match(record!.message, /^task "worker" .*took 150 ms without waiting, up to /);
        assert.equal(record!.context.task?.name, "worker");
        assert.equal(record!.context["duration"], 150);
        assert.match(String(record!.context["location"]), THIS_FILE);
        assert.match(record!.context.sourceTraceback!, THIS_FILE);
      });

      it("DB-01 also the first step, and one at whose end the task is done", async () => {
        const records = await logged(
          form.body(function* (busy: (ms: number) => void) {
            const first = form.start(
              function* () {
                busy(100);
                yield* form.wait(sleep(1));
              },
              { name: "first" },
            );
            const last = form.start(
              function* () {
                yield* form.wait(sleep(50));
                busy(120);
              },
              { name: "last" },
            );
            yield* form.wait(gather(first, last));
          }),
        );
        assert.deepEqual(
          records.map(({ context }) => [context.task?.name, context["duration"]]),
          [
            ["first", 100],
            ["last", 120],
          ],
        );
      });

      it("DB-01 tells tasks of one iteration apart, and counts each for itself", async () => {
        const records = await logged(
          form.body(function* (busy: (ms: number) => void) {
            const gate = new Future<void>();
            const worker = (name: string, ms: number) =>
              form.start(
                function* () {
                  yield* form.wait(gate);
                  busy(ms);
                  yield* form.wait(sleep(1));
                },
                { name },
              );
            const workers = [worker("a", 60), worker("b", 130), worker("c", 60)];
            yield* form.wait(sleep(1));
            gate.setResult();
            yield* form.wait(gather(workers));
          }),
        );
        assert.deepEqual(
          records.map(({ context }) => [context.task?.name, context["duration"]]),
          [["b", 130]],
        );
      });

      it("DB-01 says nothing below the limit, which can be set, and nothing without debug mode", async () => {
        const program = form.body(function* (busy: (ms: number) => void) {
          yield* form.wait(sleep(1));
          busy(99);
          yield* form.wait(sleep(1));
        });
        assert.deepEqual(messages(await logged(program)), []);
        assert.equal((await logged(program, { slowCallbackDuration: 99 })).length, 1);
        assert.deepEqual(messages(await logged(program, { slowCallbackDuration: 10, debug: false })), []);
      });

      it("DB-02 the report of a failed task says where it was created", async () => {
        const records = await logged(
          form.body(function* () {
            form.start(function* () {
              throw new Error("mine");
            });
            yield* form.wait(sleep(1));
          }),
        );
        assert.deepEqual(messages(records), ["Task exception was never retrieved"]);
        assert.equal(records[0]!.level, "error");
        assert.match(records[0]!.context.sourceTraceback!, THIS_FILE);
      });

      it("JS-12 names a task that swallowed its cancellation", async () => {
        const records = await logged(
          form.body(function* () {
            const task = form.start(
              function* () {
                try {
                  yield* form.wait(sleep(1000));
                } catch {
                  // Swallowed.
                }
              },
              { name: "stubborn" },
            );
            yield* form.wait(sleep(1));
            task.cancel();
            yield* form.wait(sleep(1));
          }),
        );
        assert.equal(records.length, 1);
        assert.match(records[0]!.message, /^task "stubborn" was asked to cancel and returned normally/);
      });
    });

  it("DB-01 names a callback, and where it was scheduled", async () => {
    const records = await logged(async (busy) => {
      getRunningLoop().callSoon(function crunch() {
        busy(300);
      });
      getRunningLoop().callLater(10, function later() {
        busy(400);
      });
      const future = new Future<void>();
      future.addDoneCallback(function whenDone() {
        busy(500);
      });
      getRunningLoop().callLater(20, () => future.setResult());
      await sleep(2000);
    });
    assert.deepEqual(messages(records), [
      "callback crunch took 300 ms without waiting",
      "callback later took 400 ms without waiting",
      "callback whenDone took 500 ms without waiting",
    ]);
    for (const { context } of records) {
      assert.match(context.sourceTraceback!, THIS_FILE);
      assert.ok(context.handle !== undefined);
    }
  });

  it("DB-01 where several async functions could have been it, it names them", async () => {
    const records = await logged(async (busy) => {
      const gate = new Future<void>();
      const work = async (): Promise<void> => {
        await gate;
        busy(60);
        // Nothing of the runtime's: it cannot see where the one ends and the other begins.
        await nodeSleep(1);
      };
      const workers = ["a", "b"].map((name) => createTask(work, { name }));
      await sleep(1);
      gate.setResult();
      await gather(workers);
    });
    assert.deepEqual(messages(records), [
      'one of task "a" (work), task "b" (work) took 120 ms without waiting',
    ]);
  });

  it("DB-02 handles record where they were made, in debug mode alone", async () => {
    const failing = async (): Promise<void> => {
      getRunningLoop().callSoon(() => {
        throw new Error("mine");
      });
      await sleep(1);
    };
    const [inDebug] = await logged(failing);
    assert.match(inDebug!.context.sourceTraceback!, THIS_FILE);
    const [without] = await logged(failing, { debug: false });
    assert.equal(without!.context.sourceTraceback, undefined);
  });

  it("is switched on by ASYNC_DEBUG=1, by run and by the loop", async () => {
    const source = `
      import { EventLoop, getRunningLoop, run } from "asyncscope";
      console.log(await run(async () => getRunningLoop().debug));
      console.log(await run(async () => getRunningLoop().debug, { debug: true }));
      const loop = new EventLoop();
      loop.debug = true;
      console.log(await run(async () => getRunningLoop().debug, { loopFactory: () => loop }));
    `;
    assert.equal((await runProgram(source)).stdout, "false\ntrue\ntrue\n");
    assert.equal((await runProgram(source, { env: { ASYNC_DEBUG: "1" } })).stdout, "true\ntrue\ntrue\n");
  });
});

describe("The logger", () => {
  it("is a diagnostics channel; while nobody listens there, reports are printed", async () => {
    const { stdout, stderr } = await runProgram(`
      import { subscribe, unsubscribe } from "node:diagnostics_channel";
      import { EventLoop, getRunningLoop, run, sleep } from "asyncscope";
      const fail = async () => {
        getRunningLoop().callSoon(function mine() { throw new Error("an error of mine"); });
        await sleep(1);
      };
      const listener = (record, name) =>
        console.log(name, record.level, record.message, record.context.exception.message, record.loop instanceof EventLoop);
      subscribe("asyncscope:log", listener);
      await run(fail);
      unsubscribe("asyncscope:log", listener);
      await run(fail);
    `);
    assert.equal(stdout, "asyncscope:log error Exception in callback mine an error of mine true\n");
    assert.equal(stderr.match(/Exception in callback mine/g)?.length, 1);
    assert.match(stderr, /an error of mine/);
  });

  it("gets what a program's exception handler does not take", async () => {
    const records = await logged(async () => {
      getRunningLoop().setExceptionHandler(() => {
        throw new Error("broken handler");
      });
      getRunningLoop().callSoon(() => {
        throw new Error("mine");
      });
      await sleep(1);
    });
    assert.deepEqual(messages(records), ["Unhandled error in exception handler"]);
  });

  it("prints warnings of debug mode too, in a line", async () => {
    const { stderr } = await runProgram(`
      import { coro, run, sleep } from "asyncscope";
      await run(coro(function* main() {
        const end = performance.now() + 150;
        while (performance.now() < end);
        yield* sleep(1);
      }), { debug: true });
    `);
    assert.match(
      stderr,
      /^task "Task-1" \(main\) took 1\d\d ms without waiting, up to .*main.*program\.mjs:\d+:\d+/m,
    );
  });

  it("works also where the program has its own idea of stacks", async () => {
    for (const prepare of ["() => { throw new Error('hostile'); }", "(error, sites) => sites"]) {
      const { code, stderr } = await runProgram(`
        import { coro, createTask, EventLoop, Future, run, sleep } from "asyncscope";
        Error.prepareStackTrace = ${prepare};
        await run(coro(function* () {
          createTask(coro(function* () { throw 5; })());
          coro(function* never() {})();
          yield* sleep(1);
        }), { debug: true });
        new EventLoop({ debug: true }).createTask(async () => new Future());
      `);
      assert.equal(code, 0, stderr);
      for (const report of [/^Task exception was never/m, /^coroutine never was/m, /^Task was destroyed/m])
        assert.match(stderr, report);
    }
  });
});
