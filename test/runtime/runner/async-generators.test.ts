import assert from "node:assert/strict";
import { asyncGen, createTask, currentTask, EventLoop, getRunningLoop, run, sleep } from "asyncscope";
import type { ExceptionContext } from "asyncscope";
import { collectGarbageUntil } from "../../support/runtime-gc.js";
import { virtualLoop } from "../../support/runtime-loop.js";

/** Counts up; writes down when its cleaning up begins and ends. */
function counting(log: string[]): () => AsyncGenerator<number, void, undefined> {
  return asyncGen(async function* count() {
    try {
      for (let n = 0; ; n++) {
        await sleep(1);
        yield n;
      }
    } finally {
      log.push("closing");
      await sleep(5);
      log.push("closed");
    }
  });
}

describe("Async generators", () => {
  it("RU-04 those left open are closed at the end of run, with their awaits", async () => {
    const log: string[] = [];
    const count = counting(log);
    const result = await run(
      async () => {
        const first = count();
        const second = count();
        assert.deepEqual(
          [await first.next(), await second.next(), await first.next()],
          [
            { done: false, value: 0 },
            { done: false, value: 0 },
            { done: false, value: 1 },
          ],
        );
        return [first, second].length;
      },
      { loopFactory: virtualLoop },
    );
    assert.equal(result, 2);
    assert.deepEqual(log, ["closing", "closing", "closed", "closed"]);
  });

  it("RU-04 also after leftover tasks that failed; errors of the closing are reported, main's outcome stays", async () => {
    const reports: ExceptionContext[] = [];
    const loop = virtualLoop();
    loop.setExceptionHandler((_loop, context) => reports.push(context));
    const late = new Error("late");
    const broken = asyncGen(async function* fragile() {
      try {
        yield 1;
      } finally {
        throw late;
      }
    });
    const log: string[] = [];
    await assert.rejects(
      run(
        async () => {
          createTask(async () => {
            try {
              await sleep(1000);
            } catch {
              throw new Error("leftover");
            }
          });
          await counting(log)().next();
          await broken().next();
          throw new Error("main");
        },
        { loopFactory: () => loop },
      ),
      /^Error: main$/,
    );
    assert.deepEqual(log, ["closing", "closed"]);
    assert.deepEqual(
      reports.map(({ message }) => message),
      [
        "unhandled exception during run() shutdown",
        "an error occurred while the async generator fragile was closed",
      ],
    );
    assert.equal(reports[1]!.exception, late);
  });

  it("one that was iterated to its end, or left with break, is closed once", async () => {
    const log: string[] = [];
    await run(
      async () => {
        for await (const n of counting(log)()) if (n === 2) break;
        const short = asyncGen(async function* () {
          yield 1;
          log.push("end");
        });
        const seen = [];
        for await (const n of short()) seen.push(n);
        assert.deepEqual(seen, [1]);
      },
      { loopFactory: virtualLoop },
    );
    assert.deepEqual(log, ["closing", "closed", "end"]);
  });

  it("one that was never begun has nothing to close", async () => {
    const log: string[] = [];
    await run(async () => void counting(log)(), { loopFactory: virtualLoop });
    assert.deepEqual(log, []);
  });

  it("belongs to the task that iterates it, and takes values, errors and arguments as any other", async () => {
    const seen: unknown[] = [];
    let main: unknown;
    const talk = asyncGen(async function* talker(this: { me: string }, first: string) {
      seen.push(this.me, currentTask() === main);
      try {
        seen.push(yield first);
        yield "second";
      } catch (error) {
        seen.push((error as Error).message);
        yield "after the error";
      }
      return "last";
    });
    assert.equal(talk.name, "talker");
    assert.equal(talk.length, 1);
    await run(
      async () => {
        main = currentTask();
        const talking = talk.call({ me: "this" }, "argument");
        assert.equal(Object.prototype.toString.call(talking), "[object AsyncGenerator]");
        assert.deepEqual(await talking.next(), { done: false, value: "argument" });
        assert.deepEqual(await talking.next("sent"), { done: false, value: "second" });
        assert.deepEqual(await talking.throw(new Error("thrown")), { done: false, value: "after the error" });
        assert.deepEqual(await talking.next(), { done: true, value: "last" });
        assert.deepEqual(await talking.return("x"), { done: true, value: "x" });
      },
      { loopFactory: virtualLoop },
    );
    assert.deepEqual(seen, ["this", true, "sent", "thrown"]);
  });

  it("DB-10 one that is dropped half-way is closed in the loop when it is collected", async () => {
    const log: string[] = [];
    await run(async () => {
      const count = counting(log);
      const begin = async (): Promise<void> => {
        await count().next();
      };
      await begin();
      await collectGarbageUntil(() => log.includes("closed"), "the generator was not closed");
      assert.deepEqual(log, ["closing", "closed"]);
    });
    assert.deepEqual(log, ["closing", "closed"], "and not again");
  });

  it("shutdownAsyncGens can be waited for, in both forms; what is begun afterwards is warned of", async () => {
    const log: string[] = [];
    const loop: EventLoop = virtualLoop();
    const printed: unknown[] = [];
    const { error } = console;
    console.error = (...args: unknown[]) => printed.push(args.join(" "));
    try {
      await run(
        async () => {
          const count = counting(log);
          await count().next();
          await getRunningLoop().shutdownAsyncGens();
          assert.deepEqual(log, ["closing", "closed"]);
          const late = count();
          await late.next();
          await late.return();
          await createTask(function* () {
            yield* getRunningLoop().shutdownAsyncGens();
          });
        },
        { loopFactory: () => loop },
      );
    } finally {
      console.error = error;
    }
    assert.deepEqual(printed, [
      "async generator count was begun after loop.shutdownAsyncGens(): nobody will close it",
    ]);
  });

  it("asyncGen refuses what is no async generator function", () => {
    for (const wrong of [async () => undefined, function* () {}, () => undefined, null])
      assert.throws(() => asyncGen(wrong as never), TypeError);
  });
});
