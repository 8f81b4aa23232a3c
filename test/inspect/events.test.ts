import assert from "node:assert/strict";
import { EVENT_BINDING, type InspectorEvent } from "@asyncscope/protocol";
import { createTask, Future, Queue, sleep } from "asyncscope";
import { inspector, listen, resources, task, tree, watched } from "./support/watched.js";

describe("What a debug adapter is told", () => {
  it("is one change for each time that it asked, whatever happens in between", async () => {
    await watched(function* () {
      const { events, stop } = listen();
      for (let i = 0; i < 10; i++) createTask(sleep(0));
      assert.equal(events.length, 0, "nobody has asked");
      const { version } = tree();
      for (let i = 0; i < 10; i++) createTask(sleep(0));
      yield* sleep(1);
      assert.equal(events.length, 1);
      const [event] = [...events];
      assert.equal(event!.type, "changed");
      assert.ok((event as { version: number }).version > version);
      assert.notEqual(tree().version, version);
      resources();
      createTask(sleep(0));
      assert.equal(events.length, 2);
      stop();
    });
  });

  it("is a change when something happens to a queue", async () => {
    await watched(function* () {
      const queue = new Queue<number>();
      const { events, stop } = listen();
      resources();
      queue.putNowait(1);
      assert.equal(events.length, 1);
      resources();
      queue.getNowait();
      assert.equal(events.length, 2);
      stop();
      yield* sleep(0);
    });
  });

  it("has an equal version only when nothing has changed", async () => {
    await watched(function* () {
      assert.equal(tree().version, tree().version);
      const before = tree().version;
      yield* sleep(0);
      assert.notEqual(tree().version, before);
    });
  });

  it("is each change of a watched task, once until it asks again", async () => {
    await watched(function* () {
      const gates = Array.from({ length: 3 }, () => new Future<void>());
      createTask(
        function* () {
          for (const gate of gates) yield* gate;
        },
        { name: "pinned" },
      );
      createTask(sleep(5), { name: "not pinned" });
      yield* sleep(1);
      const { id } = task("pinned");
      const { events, stop } = listen();
      const told = () =>
        events
          .splice(0)
          .flatMap((event) => (event.type === "task" ? [`${event.task - id} ${event.state}`] : []));
      inspector.watch([id]);
      gates[0]!.setResult();
      assert.deepEqual(told(), ["0 scheduled"]);
      yield* sleep(1);
      assert.deepEqual(told(), [], "it was suspended again, and nobody has asked");
      assert.equal(task("pinned").state, "suspended");
      gates[1]!.setResult();
      assert.deepEqual(told(), ["0 scheduled"]);
      tree();
      yield* sleep(1);
      assert.deepEqual(told(), ["0 running"]);
      tree();
      inspector.watch([]);
      gates[2]!.setResult();
      yield* sleep(10);
      assert.deepEqual(told(), [], "it is no longer watched");
      stop();
    });
  });

  it("is the end of a watched task", async () => {
    await watched(function* () {
      createTask(sleep(5), { name: "pinned" });
      yield* sleep(1);
      const { id } = task("pinned");
      const { events, stop } = listen();
      inspector.watch([id, 4711]);
      yield* sleep(3);
      const told = () =>
        events
          .splice(0)
          .flatMap((event) => (event.type === "task" ? [`${event.task - id} ${event.state}`] : []));
      assert.deepEqual(told(), []);
      // From the moment at which it is woken each change is told, as somebody asks after each.
      const states: string[] = [];
      const ask = inspector.tree.bind(inspector, { order: "creation", pages: [] });
      (globalThis as Record<string, unknown>)[EVENT_BINDING] = (payload: string) => {
        const event = JSON.parse(payload) as InspectorEvent;
        if (event.type === "task") states.push(event.state);
        ask();
      };
      yield* sleep(10);
      assert.deepEqual(states, ["scheduled", "running", "done"]);
      assert.equal(task("pinned").state, "done");
      stop();
    });
  });

  it("does not reach the program when the listener throws", async () => {
    await watched(function* () {
      const { stop } = listen();
      (globalThis as Record<string, unknown>)[EVENT_BINDING] = () => {
        throw new Error("gone");
      };
      tree();
      createTask(sleep(0));
      yield* sleep(1);
      stop();
    });
  });
});
