import assert from "node:assert/strict";
import { EVENT_BINDING, type HaltEvent, type LongWaitReply } from "@asyncscope/protocol";
import { CancelledError, coro, createTask, Queue, sleep } from "asyncscope";
import { inspector, watched } from "./support/watched.js";

/** Lets the program go on at each halt, as a debugger does; gives what was told. */
function debuggerThere(): { halts: HaltEvent[]; errors: unknown[]; stop: () => void } {
  const halts: HaltEvent[] = [];
  const errors: unknown[] = [];
  const scope = globalThis as Record<string, unknown>;
  scope[EVENT_BINDING] = (payload: string) => {
    const event = JSON.parse(payload) as HaltEvent;
    if ((event.type as string) !== "halt") return;
    halts.push(event);
    errors.push(inspector.haltedError());
    inspector.goOn(event.halt);
  };
  return { halts, errors, stop: () => Reflect.deleteProperty(scope, EVENT_BINDING) };
}

const failing = coro(function* failing(): Generator<never, never> {
  throw new RangeError("no room");
});
const waiting = coro(function* waiting() {
  yield* sleep(1000);
});

describe("Halts", () => {
  it("come for the tasks whose name or function has the text, with the error they are about", async () => {
    const seen = debuggerThere();
    await watched(async () => {
      inspector.haltAt({ created: "wait", failed: "", cancelled: "waiter" });
      const failed = createTask(failing(), { name: "broken" });
      const waiter = createTask(waiting(), { name: "a waiter" });
      const other = createTask(waiting(), { name: "other" });
      await sleep(1);
      failed.exception();
      waiter.cancel("enough");
      other.cancel();
      await sleep(1);
      assert.ok(waiter.cancelled());
    });
    seen.stop();
    assert.deepEqual(
      seen.halts.map(({ kind, name, message, by }) => [kind, name, message, by]),
      [
        ["created", "task a waiter", "", undefined],
        ["created", "task other", "", undefined],
        ["failed", "task broken", "RangeError: no room", undefined],
        ["cancelled", "task a waiter", "enough", "task main"],
      ],
    );
    assert.ok(seen.errors[2] instanceof RangeError);
    assert.equal(seen.errors[0], undefined);
    assert.equal(inspector.haltedError(), undefined);
  });

  it("come once for all that one request cancels, and not for a cancel from the debugger", async () => {
    const seen = debuggerThere();
    await watched(async () => {
      inspector.haltAt({ cancelled: "" });
      const tasks = [1, 2, 3].map((n) => createTask(waiting(), { name: `waiter-${n}` }));
      await sleep(1);
      for (const task of tasks) task.cancel();
      const last = createTask(waiting(), { name: "last" });
      await sleep(1);
      inspector.cancel(
        JSON.parse(
          inspector.tree({ order: "creation", pages: [{ task: 0 }], deep: true, filter: { text: "last" } }),
        ).tasks.find(({ name }: { name: string }) => name === "last").id,
        "",
      );
      await assert.rejects(async () => last, CancelledError);
    });
    seen.stop();
    assert.deepEqual(
      seen.halts.map(({ name }) => name),
      ["task waiter-1"],
    );
  });

  it("do not hold a program to which no debugger listens", async () => {
    await watched(async () => {
      inspector.haltAt({ created: "" });
      await createTask(async () => sleep(1));
    });
  });
});

describe("Long waits", () => {
  const ask = (query: Parameters<typeof inspector.longWaits>[0]): LongWaitReply =>
    JSON.parse(inspector.longWaits(query)) as LongWaitReply;

  it("are told once each, those that wait for no other task first", async () => {
    await watched(async () => {
      const jobs = new Queue<number>();
      const patient = coro(function* patient() {
        yield* jobs.get();
      });
      const behind = coro(function* behind() {
        yield* createTask(patient(), { name: "patient" });
      });
      const first = createTask(behind(), { name: "behind" });
      createTask(waiting(), { name: "late" });
      await sleep(400);
      assert.equal(ask({ longerThan: 500 }).total, 0);
      await sleep(200);
      const reply = ask({ longerThan: 500 });
      assert.deepEqual(
        reply.tasks.map(({ name }) => name),
        ["late", "patient", "behind"],
      );
      assert.equal(ask({ longerThan: 500, asked: reply.now }).total, 0);
      assert.deepEqual(
        ask({ longerThan: 500, text: "QUEUE" }).tasks.map(({ name }) => name),
        ["patient"],
      );
      const capped = ask({ longerThan: 500, limit: 1 });
      assert.deepEqual([capped.total, capped.tasks.length], [3, 1]);
      first.cancel();
    });
  });
});
