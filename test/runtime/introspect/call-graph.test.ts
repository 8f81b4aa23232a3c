import assert from "node:assert/strict";
import {
  captureCallGraph,
  coro,
  createTask,
  currentTask,
  EventLoop,
  formatCallGraph,
  Future,
  futureAddToAwaitedBy,
  futureDiscardFromAwaitedBy,
  gather,
  getRunningLoop,
  isFuture,
  printCallGraph,
  run,
  RuntimeError,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "asyncscope";
import type { Awaitable, FrameCallGraphEntry, FutureCallGraph, Startable, Task } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const loopFactory = (): EventLoop => new EventLoop({ clock: new VirtualClock() });

/** `name` or `kind name`, innermost first. */
function stack(graph: FutureCallGraph | null): string[] {
  return graph!.callStack.map(({ kind, functionName }) =>
    kind === "coroutine" || kind === "function" ? functionName : `${kind} ${functionName}`,
  );
}

function awaiters(graph: FutureCallGraph | null): string[] {
  return graph!.awaitedBy.map(({ future }) => nameOf(future)).sort();
}

function nameOf(future: unknown): string {
  return (future as { readonly name: string }).name;
}

/** Line of whoever calls it, as V8 runs it. */
function thisLine(): number {
  return Number(/:(\d+):\d+\)?$/.exec(new Error().stack!.split("\n")[2]!)![1]);
}

/** The names of tasks, by whether their coroutines are written with `yield*` or with `await`. */
interface Bodies {
  /** Calls `act` in the function `inner`, which `outer` awaits. */
  readonly outer: (act: () => void) => Startable<unknown>;
  /** Waits for `future` in a function `waiter`. */
  readonly waiter: (future: () => Awaitable<unknown>) => Startable<unknown>;
  readonly tag: "" | "async function ";
}

const bodies: Record<string, Bodies> = {
  "yield*": {
    outer: (act) => {
      const innerCoroutine = coro(function* inner() {
        yield* sleep(1);
        act();
      });
      return coro(function* outer() {
        yield* innerCoroutine();
      })();
    },
    waiter: (future) =>
      coro(function* waiter() {
        yield* future();
      })(),
    tag: "",
  },
  await: {
    outer: (act) => {
      // Bundlers rename a function whose name is taken in an outer scope.
      async function inner(): Promise<void> {
        await sleep(1);
        act();
      }
      return async function outer() {
        await inner();
      };
    },
    waiter: (future) =>
      async function waiter() {
        await future();
      },
    tag: "async function ",
  },
};

async function cancelAll(tasks: Iterable<Task<unknown>>): Promise<void> {
  for (const task of tasks) task.cancel();
  await wait(new Set(tasks));
}

describe("Call graph", () => {
  for (const [name, { outer, waiter, tag }] of Object.entries(bodies))
    describe(`with ${name}`, () => {
      it("DB-03 of the current task: functions on the stack, then coroutines down to the task's root", async () => {
        let graph: FutureCallGraph | null = null;
        let task: Task<unknown> | null = null;
        let line = 0;
        const helper = (): void => {
          task = currentTask();
          line = thisLine();
          graph = captureCallGraph();
        };
        await run(() => createTask(outer(helper)), { loopFactory });
        assert.deepEqual(
          stack(graph),
          ["helper", "act", `${tag}inner`, `${tag}outer`].filter((n) => n !== "act"),
        );
        assert.equal(graph!.future, task);
        assert.equal(graph!.callStack[0]!.line, line + 1);
        for (const { url, line: at } of graph!.callStack) {
          assert.match(url!, /call-graph\.test\.js$/);
          assert.ok(at! > 0);
        }
      });

      it("DB-04 one entry for each that waits, with its own chain", () =>
        run(
          async () => {
            const job = createTask(sleep(1000), { name: "job" });
            const tasks = [
              createTask(
                waiter(() => job),
                { name: "one" },
              ),
              createTask(
                waiter(() => job),
                { name: "two" },
              ),
              createTask(
                async function group() {
                  await taskGroup(function* body(g) {
                    g.createTask(
                      waiter(() => job),
                      { name: "in the group" },
                    );
                  });
                },
                { name: "group" },
              ),
            ];
            await sleep(1);
            const graph = captureCallGraph(job);
            assert.deepEqual(awaiters(graph), ["in the group", "one", "two"]);
            for (const by of graph!.awaitedBy) assert.equal(stack(by).at(-1), `${tag}waiter`);
            const inGroup = graph!.awaitedBy.find(({ future }) => nameOf(future) === "in the group");
            assert.deepEqual(awaiters(inGroup!), ["group"]);
            assert.deepEqual(stack(inGroup!.awaitedBy[0]!), ["runtime taskGroup", "async function group"]);
            await cancelAll([job, ...tasks]);
          },
          { loopFactory },
        ));

      for (const [how, over] of Object.entries({
        gather: (job: Task<unknown>) => gather(job, sleep(500)),
        shield: (job: Task<unknown>) => shield(job),
        wait: (job: Task<unknown>) => wait([job]),
        "a gather of a gather": (job: Task<unknown>) => gather(gather(job), sleep(500)),
        waitFor: (job: Task<unknown>) => waitFor(job, 5000),
      }))
        it(`DB-05 ${how} makes its caller an awaiter of what it was given`, () =>
          run(
            async () => {
              const job = createTask(sleep(1000), { name: "job" });
              const task = createTask(
                waiter(() => over(job)),
                { name: "caller" },
              );
              await sleep(1);
              assert.deepEqual(awaiters(captureCallGraph(job)), ["caller"]);
              await cancelAll([job, task]);
            },
            { loopFactory },
          ));

      it("DB-06 a timeout makes no task: what runs in it is its caller's stack", () =>
        run(
          async () => {
            let graph: FutureCallGraph | null = null;
            const task = createTask(
              waiter(() =>
                timeout(1000, function* block() {
                  yield* sleep(1);
                  graph = captureCallGraph();
                }),
              ),
              { name: "caller" },
            );
            await task;
            assert.equal(graph!.future, task);
            assert.deepEqual(stack(graph), ["block", "runtime timeout", `${tag}waiter`]);
          },
          { loopFactory },
        ));

      it("DB-08 a plain future has no stack and all its awaiters", () =>
        run(
          async () => {
            const future = new Future<void>();
            const tasks = ["one", "two"].map((each) =>
              createTask(
                waiter(() => future),
                { name: each },
              ),
            );
            const third = createTask(
              waiter(() => gather(future)),
              { name: "three" },
            );
            await sleep(1);
            const graph = captureCallGraph(future);
            assert.deepEqual(graph!.callStack, []);
            assert.deepEqual(awaiters(graph), ["one", "three", "two"]);
            future.setResult();
            await gather(...tasks, third);
          },
          { loopFactory },
        ));

      it("DB-09 tasks that wait for each other in a circle are told as a cycle", () =>
        run(
          async () => {
            const ring: Task<unknown>[] = [];
            for (let i = 0; i < 3; i++)
              ring.push(
                createTask(
                  waiter(() => ring[(i + 1) % 3]!),
                  { name: `ring-${i}` },
                ),
              );
            await sleep(1);
            const graph = captureCallGraph(ring[0])!;
            const third = graph.awaitedBy[0]!;
            const second = third.awaitedBy[0]!;
            assert.deepEqual(
              [...awaiters(graph), ...awaiters(third), ...awaiters(second)],
              ["ring-2", "ring-1", "ring-0"],
            );
            assert.deepEqual(
              [graph, third, second].map(({ cycle }) => cycle),
              [false, false, false],
            );
            const closing = second.awaitedBy[0]!;
            assert.deepEqual([closing.future, closing.cycle, closing.awaitedBy], [ring[0], true, []]);
            assert.match(formatCallGraph(ring[0]), /Task "ring-0" \(cycle/);
            await cancelAll(ring);
          },
          { loopFactory },
        ));

      it("the stack of a suspended task is that of its coroutines", () =>
        run(
          async () => {
            const task = createTask(
              waiter(() =>
                coro(function* middle() {
                  yield* coro(function* leaf() {
                    yield* sleep(1000);
                  })();
                })(),
              ),
            );
            await sleep(1);
            const graph = captureCallGraph(task)!;
            assert.deepEqual(stack(graph), ["leaf", "middle", `${tag}waiter`]);
            const [first, second] = graph.callStack as [FrameCallGraphEntry, FrameCallGraphEntry];
            assert.match(first.url!, /call-graph\.test\.js$/);
            assert.equal(first.line, second.line! + 1);
            await cancelAll([task]);
          },
          { loopFactory },
        ));
    });

  it("DB-07 an async generator has its own tag", async () => {
    let graph: FutureCallGraph | null = null;
    await run(
      async function main() {
        async function* numbers(): AsyncGenerator<number> {
          await sleep(1);
          graph = captureCallGraph();
          yield 1;
        }
        const of = {
          async *method(): AsyncGenerator<number> {
            await sleep(1);
            yield* numbers();
          },
        };
        for await (const _ of of.method());
      },
      { loopFactory },
    );
    assert.deepEqual(stack(graph), [
      "async generator numbers",
      "async generator method",
      "async function main",
    ]);
  });

  it("DB-09 a future that is said to await itself is told as a cycle", () =>
    run(
      async () => {
        const future = new Future<void>();
        futureAddToAwaitedBy(future, future);
        const graph = captureCallGraph(future)!;
        assert.deepEqual(
          graph.awaitedBy.map((by) => [by.future === future, by.cycle]),
          [[true, true]],
        );
        futureDiscardFromAwaitedBy(future, future);
        assert.deepEqual(captureCallGraph(future)!.awaitedBy, []);
        assert.throws(() => futureAddToAwaitedBy(future, {} as never), TypeError);
      },
      { loopFactory },
    ));

  it("is null in a callback, a RuntimeError outside a loop, a TypeError for what is no future", async () => {
    assert.throws(() => captureCallGraph(), RuntimeError);
    assert.throws(() => captureCallGraph({} as never), TypeError);
    let inCallback: unknown = "not called";
    await run(
      async () => {
        getRunningLoop().callSoon(() => (inCallback = captureCallGraph()));
        await sleep(1);
      },
      { loopFactory },
    );
    assert.equal(inCallback, null);
  });

  it("limit keeps the innermost or the outermost functions, 0 only who awaits; depth leaves out callers", () =>
    run(
      async () => {
        const captured: Record<string, string[]> = {};
        const helper = (): void => {
          captured["all"] = stack(captureCallGraph());
          captured["inner"] = stack(captureCallGraph(null, { limit: 1 }));
          captured["outer"] = stack(captureCallGraph(null, { limit: -1 }));
          captured["none"] = stack(captureCallGraph(null, { limit: 0 }));
          captured["deeper"] = stack(captureCallGraph(null, { depth: 2 }));
        };
        const task = createTask(bodies["yield*"]!.outer(helper));
        await task;
        assert.deepEqual(captured, {
          all: ["helper", "inner", "outer"],
          inner: ["helper"],
          outer: ["outer"],
          none: [],
          deeper: ["inner", "outer"],
        });
      },
      { loopFactory },
    ));

  it("reads as text, names of the program made harmless", () =>
    run(
      async () => {
        const job = createTask(
          coro(function* work() {
            yield* sleep(1000);
          })(),
          { name: "evil \u001b[2J" },
        );
        const bossTask = createTask(
          coro(function* boss() {
            yield* job;
          })(),
          { name: "boss" },
        );
        await sleep(1);
        let text = "";
        printCallGraph(job, { stream: { write: (part: string) => (text += part) } });
        assert.equal(text, `${formatCallGraph(job)}\n`);
        const place = String.raw`\(file:.*call-graph\.test\.js:\d+:\d+\)`;
        const expected = [
          String.raw`\* Task "evil ·\[2J"`,
          String.raw`  \+ Call stack:`,
          String.raw`  \|   at work ${place}`,
          String.raw`  \+ Awaited by:`,
          String.raw`     \* Task "boss"`,
          String.raw`       \+ Call stack:`,
          String.raw`       \|   at boss ${place}`,
        ];
        assert.match(text, new RegExp(`^${expected.join("\n")}\n$`));
        await cancelAll([job, bossTask]);
      },
      { loopFactory },
    ));

  it("a chain of 20,000 tasks is captured up to its cap, and says that more is hidden", () =>
    run(
      async () => {
        const first = new Future<void>();
        let last: Future<unknown> = first;
        for (let i = 0; i < 20_000; i++) {
          const before = last;
          last = createTask(
            coro(function* link() {
              yield* before;
            })(),
          );
        }
        await sleep(1);
        try {
          const graph = captureCallGraph(first, { limit: 1 })!;
          let length = 1;
          let end = graph;
          for (; end.awaitedBy.length > 0; end = end.awaitedBy[0]!) length++;
          assert.equal(length, 5000);
          assert.equal(end.hidden, 1);
          assert.ok(formatCallGraph(first).includes("1 more"));
        } finally {
          first.setResult();
          await last;
        }
      },
      { loopFactory },
    ));

  it("works in a worker thread and in CommonJS", async () => {
    const file = resolve("test/fixtures/introspect/in-thread.cjs");
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 10_000 });
    const url = pathToFileURL(file).href;
    assert.deepEqual(JSON.parse(stdout), [
      ["coroutine", "napper", url, 6],
      ["async function", "main", url, 13],
    ]);
  });

  it("leaves nothing behind: no global, no open inspector, no handle", async () => {
    const before = Reflect.ownKeys(globalThis);
    await run(async () => {
      const task = createTask(bodies["yield*"]!.outer(() => undefined));
      await sleep(0);
      assert.ok(isFuture(captureCallGraph(task)!.future));
      await task;
    });
    assert.deepEqual(Reflect.ownKeys(globalThis), before);
    const { url } = await import("node:inspector");
    assert.equal(url(), undefined);
  });
});
