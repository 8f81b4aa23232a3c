import assert from "node:assert/strict";
import { ContextVar, createTask, sleep, toThread } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { Gate, threadModule, threadProgram } from "../../support/threads.js";

const module = threadModule("user.mjs");

describe("toThread", function () {
  this.timeout(15_000);
  inBothForms((form) => {
    it("EX-03 passes arguments and result, and runs the function once", () =>
      threadProgram(form, function* () {
        const { cells } = new Gate();
        const count = (given: Int32Array, ...rest: unknown[]): unknown[] => {
          Atomics.add(given, 0, 1);
          return rest;
        };
        const result = yield* form.wait(toThread(count, cells, "a", 2, null));
        assert.deepEqual(result, ["a", 2, null]);
        assert.equal(cells[0], 1);
      }));

    it("EX-03 passes the exception, whose stack shows the thread and who waited", () =>
      threadProgram(form, function* () {
        const fails = (text: string): never => {
          throw new RangeError(text);
        };
        const error = (yield* thrownBy(form, toThread(fails, "out of it"))) as Error;
        assert.ok(error instanceof RangeError);
        assert.equal(error.message, "out of it");
        assert.match(error.stack!, /thread:fails/);
      }));

    it("runs nothing before it is awaited", () =>
      threadProgram(form, function* () {
        const { cells } = new Gate();
        const add = (given: Int32Array): number => Atomics.add(given, 0, 1);
        toThread(add, cells).close();
        yield* form.wait(toThread(() => 1));
        assert.equal(cells[0], 0);
      }));

    it("CV-07 the thread reads the caller's context variables, as they were", () =>
      threadProgram(form, function* () {
        const user = new ContextVar<string>("user");
        user.set("ann");
        const child = form.start(function* () {
          user.set("bob");
          return yield* form.wait(toThread({ module, export: "greet" }));
        });
        assert.equal(yield* form.wait(child), "hello bob");
        assert.equal(yield* form.wait(toThread({ module, export: "greet" })), "hello ann");
      }));

    it("CV-07 what is set in the thread stays there, for that job alone", () =>
      threadProgram(form, function* () {
        const user = new ContextVar<string>("user");
        user.set("ann");
        assert.equal(yield* form.wait(toThread({ module, export: "rename" }, "eve")), "eve");
        assert.equal(user.get(), "ann");
        assert.equal(yield* form.wait(toThread({ module, export: "greet" })), "hello ann");
      }));

    it("CV-07 what cannot be copied, and names that are not unique, have no value there", () =>
      threadProgram(form, function* () {
        new ContextVar<number>("limit").set(1);
        new ContextVar<number>("limit").set(2);
        new ContextVar<unknown>("callback").set(() => 1);
        const read = { module, export: "read" };
        assert.deepEqual(yield* form.wait(toThread(read)), { limit: 10, callback: "none" });
      }));
  });

  it("is typed by the function, or by that of the module", () => {
    const check = async (): Promise<void> => {
      const length: number = await toThread((text: string) => text.length, "abc");
      const half: number = await toThread<(n: number) => Promise<number>>({ module }, 4);
      // @ts-expect-error the function takes a string
      await toThread((text: string) => text.length, 5);
      // @ts-expect-error so does this one
      await toThread<(text: string) => number>({ module }, 5);
      createTask(toThread(() => length + half));
      await sleep(1);
    };
    assert.equal(typeof check, "function");
  });
});
