import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { createTask, EventReader, fromCallback, iterate, once, sleep, type Startable } from "asyncscope";
import { waits, watched } from "./support/watched.js";

class Door extends EventEmitter {}

describe("What a task waits for: bridges", () => {
  it("an event with the class of its emitter, a callback by the function's name, an item of a source", () =>
    watched(function* () {
      const door = new Door();
      const waiters: [string, Startable<unknown>, string][] = [
        ["once", async () => once(door, "bell"), "other: event bell of Door"],
        ["reader", new EventReader(door, "knock").next(), "other: event knock of Door"],
        ["callback", async () => fromCallback(function stat() {}), "other: callback of stat"],
        ["nameless", async () => fromCallback(() => undefined), "other: callback"],
        ["items", iterate(new PassThrough()).next(), "other: item of PassThrough"],
      ];
      for (const [name, what] of waiters) createTask(what, { name });
      yield* sleep(1);
      for (const [name, , label] of waiters) assert.deepEqual(waits(name), [label]);
    }));
});
