import assert from "node:assert/strict";
import type { FutureQuery, FutureReply } from "@asyncscope/protocol";
import { coro, createTask, Future, gather, Queue, sleep } from "asyncscope";
import { inspector, task, watched } from "./support/watched.js";

function futures(query: FutureQuery = {}): FutureReply {
  return JSON.parse(inspector.futures(query)) as FutureReply;
}

function outline({ futures: list, tasks }: FutureReply): string[] {
  const nameOf = (id: number): string => tasks.find((info) => info.id === id)?.name ?? "";
  return list.map(({ label, awaiters }) => `${label} ← ${awaiters.map(nameOf).join(", ")}`);
}

describe("Awaited futures", () => {
  it("are told with who waits and since when; timers, queues and tasks are counted only", async () => {
    await watched(function* () {
      const answer = new Future<number>();
      const newReader = coro(function* reader() {
        yield* answer;
      });
      createTask(newReader(), { name: "a" });
      yield* sleep(3);
      const b = createTask(newReader(), { name: "b" });
      createTask(new Queue().get(), { name: "getter" });
      createTask(
        (function* () {
          yield* b;
        })(),
        { name: "joiner" },
      );
      createTask(sleep(1000));
      yield* sleep(4);
      const reply = futures();
      assert.deepEqual(outline(reply), ["future ← a, b"]);
      const [only] = reply.futures;
      assert.equal(reply.now - only!.since, 7);
      assert.equal(only!.awaiterCount, 2);
      assert.equal(reply.otherWaits, 3);
      assert.equal(futures().futures[0]!.id, only!.id);
      answer.setResult(1);
      yield* sleep(1);
      assert.deepEqual(futures().futures, []);
    });
  });

  it("are found behind a gather", async () => {
    await watched(function* () {
      const [left, right] = [new Future<number>(), new Future<number>()];
      const both = coro(function* both() {
        yield* gather(left, right);
      });
      createTask(both(), { name: "both" });
      yield* sleep(1);
      assert.deepEqual(outline(futures()), [
        "gather: 2 of 2 pending ← both",
        "future ← both",
        "future ← both",
      ]);
      assert.deepEqual(outline(futures({ text: "GATHER" })), ["gather: 2 of 2 pending ← both"]);
    });
  });

  it("know the task and the line that made them", async () => {
    await watched(
      function* () {
        const made: Future<void>[] = [];
        const newMaker = coro(function* maker() {
          made.push(new Future<void>());
          yield* made[0]!;
        });
        createTask(newMaker(), { name: "maker" });
        yield* sleep(1);
        const reply = futures();
        const [only] = reply.futures;
        assert.equal(only!.creator, task("maker").id);
        const site = reply.sites.find(({ id }) => id === only!.created);
        assert.equal(site?.functionName, "maker");
      },
      { captureSites: true },
    );
  });

  it("are capped, and counted in all", async () => {
    const newWaiting = coro(function* waiting() {
      yield* new Future<void>();
    });
    await watched(function* () {
      for (let i = 0; i < 30; i++) createTask(newWaiting());
      yield* sleep(1);
      const reply = futures({ offset: 20, limit: 5 });
      assert.deepEqual([reply.futures.length, reply.total], [5, 30]);
    });
  });
});
