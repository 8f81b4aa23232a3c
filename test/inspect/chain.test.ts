import assert from "node:assert/strict";
import { coro, type Coroutine, createTask, Future, Lock, sleep, taskGroup, timeout } from "asyncscope";
import { chain, inspector, task, waits, watched } from "./support/watched.js";

const inner = coro(function* innermost() {
  yield* new Future<void>();
});
const between = coro(function* middle() {
  yield* inner();
});
const outer = coro(function* outermost() {
  yield* between();
});
const deep: (levels: number) => Coroutine<void> = coro(function* level(levels: number) {
  if (levels > 1) yield* deep(levels - 1);
  else yield* inner();
});

/** Name and kind of each frame. */
function frames(name: string, limit?: number): string[] {
  return chain(name, limit).frames.map(({ functionName, kind }) => `${functionName} (${kind})`);
}

describe("The await chain of a task", () => {
  it("lists its frames, innermost first", async () => {
    await watched(function* () {
      createTask(outer(), { name: "t" });
      yield* sleep(0);
      assert.deepEqual(frames("t"), ["innermost (generator)", "middle (generator)", "outermost (generator)"]);
      assert.equal(task("t").depth, 3);
      assert.equal(task("t").coroutine, "outermost");
    });
  });

  it("names operations of the runtime as such", async () => {
    await watched(function* () {
      const lock = new Lock();
      createTask(
        function* worker() {
          yield* timeout(1000, function* limited() {
            yield* lock.withLock(function* locked() {
              yield* taskGroup(function* group() {
                yield* inner();
              });
            });
          });
        },
        { name: "t" },
      );
      yield* sleep(0);
      assert.deepEqual(frames("t"), [
        "innermost (generator)",
        "group (generator)",
        "taskGroup (native)",
        "locked (generator)",
        "withLock (native)",
        "limited (generator)",
        "timeout (native)",
        "worker (generator)",
      ]);
    });
  });

  it("is followed by one generator object for each frame, in the same order", async () => {
    await watched(function* () {
      createTask(
        async function outside() {
          await timeout(1000, async function inside() {
            await between();
          });
        },
        { name: "t" },
      );
      yield* sleep(1);
      const { id } = task("t");
      const { frames: infos } = chain("t");
      const objects = inspector.frameObjects(id);
      assert.deepEqual(frames("t"), [
        "innermost (generator)",
        "middle (generator)",
        "inside (async)",
        "timeout (native)",
        "outside (async)",
      ]);
      assert.equal(task("t").depth, 5);
      assert.deepEqual(waits("t"), ["future: future"]);
      assert.equal(objects.length, infos.length);
      for (const [i, { kind }] of infos.entries()) {
        const isGenerator = Object.prototype.toString.call(objects[i]) === "[object Generator]";
        assert.equal(isGenerator, kind !== "async", `frame ${i} is ${kind}`);
      }
    });
  });

  it("shows an async function, and the coroutine that it awaits above it", async () => {
    await watched(function* () {
      createTask(
        async function handler() {
          await between();
        },
        { name: "t" },
      );
      yield* sleep(1);
      assert.deepEqual(frames("t"), ["innermost (generator)", "middle (generator)", "handler (async)"]);
      assert.equal(task("t").depth, 3);
    });
  });

  it("shows an async function that a generator runs", async () => {
    await watched(function* () {
      createTask(
        function* worker() {
          yield* taskGroup(async function body() {
            await sleep(1000);
          });
        },
        { name: "t" },
      );
      yield* sleep(1);
      assert.deepEqual(frames("t").slice(0, 2), ["sleep (native)", "body (async)"]);
      assert.equal(frames("t").at(-1), "worker (generator)");
      assert.deepEqual(waits("t"), ["sleep: timer"]);
    });
  });

  it("keeps the innermost frames of a long one and counts the rest", async () => {
    await watched(function* () {
      createTask(deep(100_000), { name: "t" });
      yield* sleep(0);
      const reply = chain("t", 10);
      assert.equal(reply.frames.length, 10);
      assert.equal(reply.frames[0]!.functionName, "innermost");
      assert.equal(reply.hidden, 99_991);
      assert.equal(task("t").depth, 100_001);
      assert.equal(chain("t").frames.length, 50);
      assert.equal(inspector.frameObjects(reply.task).length, 50);
      assert.equal(chain("t", 1_000_000).frames.length, 1000);
    });
  });

  it("is empty for a task that has ended or never was", async () => {
    await watched(function* () {
      createTask(sleep(0), { name: "t" });
      yield* sleep(1);
      assert.deepEqual(
        { ...chain("t"), sites: [] },
        {
          task: task("t").id,
          found: false,
          frames: [],
          hidden: 0,
          sites: [],
        },
      );
      assert.equal((JSON.parse(inspector.chain(4711)) as { found: boolean }).found, false);
      assert.deepEqual(inspector.frameObjects(4711), []);
      assert.equal(inspector.taskObject(4711), undefined);
    });
  });

  it("gives the innermost generator of the program's own code for many tasks at once", async () => {
    await watched(function* () {
      const generator = (function* handMade() {
        yield* sleep(1000);
      })();
      createTask(generator, { name: "hand made" });
      createTask(timeout(1000, inner), { name: "limited" });
      createTask(async () => new Promise(() => undefined), { name: "async" });
      yield* sleep(0);
      const ids = ["async", "hand made", "limited"].map((name) => task(name).id);
      const objects = inspector.topFrameObjects([...ids, 4711]);
      assert.equal(objects.length, 4);
      assert.equal(objects[0], null);
      assert.equal(objects[1], generator);
      assert.equal(objects[2], inspector.frameObjects(ids[2]!)[0]);
      assert.equal(objects[3], null);
    });
  });
});
