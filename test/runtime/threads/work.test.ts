import assert from "node:assert/strict";
import { getRunningLoop, toThread, transfer, WorkerPool } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { threadModule, threadProgram } from "../../support/threads.js";

const work = threadModule("work.mjs");

class ParseError extends Error {}

describe("what a thread can run", function () {
  this.timeout(15_000);
  inBothForms((form) => {
    it("a module's default export, one by name, and one that is async", () =>
      threadProgram(form, function* () {
        assert.equal(yield* form.wait(toThread(work, "hey")), "HEY!");
        assert.equal(yield* form.wait(toThread({ module: work }, "hey")), "HEY!");
        assert.equal(yield* form.wait(toThread({ module: work.pathname, export: "later" }, 7)), 7);
      }));

    it("a function of its own source: arrow, method, async, with imports of its own", () =>
      threadProgram(form, function* () {
        const methods = {
          twice(n: number) {
            return n * 2;
          },
          async half(n: number) {
            await Promise.resolve();
            return n / 2;
          },
        };
        const cores = async (): Promise<number> => (await import("node:os")).cpus().length;
        assert.equal(yield* form.wait(toThread((a: number, b: number) => a + b, 1, 2)), 3);
        // eslint-disable-next-line @typescript-eslint/unbound-method -- needs no object
        const { twice, half } = methods;
        assert.equal(yield* form.wait(toThread(twice, 4)), 8);
        assert.equal(yield* form.wait(toThread(half, 4)), 2);
        assert.equal(typeof (yield* form.wait(toThread(cores))), "number");
      }));

    it("a function is compiled once in a thread, also where it is made anew for each call", () =>
      threadProgram(form, function* () {
        const pool = new WorkerPool({ size: 1 });
        const loop = getRunningLoop();
        const compiled = () =>
          loop.runInExecutor(pool, function self(): number {
            const seen = ((globalThis as { seen?: Set<unknown> }).seen ??= new Set());
            return seen.add(self).size;
          });
        assert.equal(yield* form.wait(compiled()), 1);
        assert.equal(yield* form.wait(compiled()), 1);
        // So many that neither side can remember them all.
        for (let i = 0; i < 1100; i++) {
          // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a new function each time
          const made = new Function(`return ${i}`) as () => number;
          assert.equal(yield* form.wait(loop.runInExecutor(pool, made)), i);
        }
        assert.equal(yield* form.wait(compiled()), 2);
        yield* form.wait(pool.shutdown());
      }));

    it("a function that closes over something says so, and what to do", () =>
      threadProgram(form, function* () {
        const factor = 3;
        const scaled = (n: number): number => n * factor;
        const error = (yield* thrownBy(form, toThread(scaled, 2))) as Error;
        assert.ok(error instanceof ReferenceError);
        assert.match(
          error.message,
          /^factor is not defined in the thread: of scaled only its source text travels.*import\.meta\.url/,
        );
        assert.match(error.stack!, /thread:scaled/);
      }));

    it("a ReferenceError of a module is left as it is", () =>
      threadProgram(form, function* () {
        const module = `data:text/javascript,export default () => missing`;
        const error = (yield* thrownBy(form, toThread({ module }))) as Error;
        assert.equal(error.message, "missing is not defined");
      }));

    it("what cannot be found is named, with what is there", () =>
      threadProgram(form, function* () {
        const noExport = (yield* thrownBy(form, toThread({ module: work, export: "hash" }))) as Error;
        assert.ok(noExport instanceof TypeError);
        assert.match(noExport.message, /work\.mjs exports no function hash; its exports: .*later, parse/);
        const noModule = yield* thrownBy(form, toThread(threadModule("missing.mjs")));
        assert.equal((noModule as NodeJS.ErrnoException).code, "ERR_MODULE_NOT_FOUND");
        assert.throws(() => toThread({ module: "./work.mjs" }), /ValueError|relative.*import\.meta\.url/);
      }));

    it("arguments and results are copied; what cannot be is told", () =>
      threadProgram(form, function* () {
        const date = new Date(0);
        const copy = yield* form.wait(
          toThread((value: { at: Date; tags: Set<string> }) => value, {
            at: date,
            tags: new Set(["a"]),
          }),
        );
        assert.deepEqual(copy, { at: date, tags: new Set(["a"]) });
        const call = toThread(
          (callback: () => void) => callback(),
          () => undefined,
        );
        const argument = (yield* thrownBy(form, call)) as Error;
        assert.ok(argument instanceof TypeError);
        assert.match(
          argument.message,
          /an argument of \(anonymous\) cannot travel to a thread.*transfer\(\)/,
        );
        const back = (): unknown => () => 1;
        const result = (yield* thrownBy(form, toThread(back))) as Error;
        assert.ok(result instanceof TypeError);
        assert.match(result.message, /the result of back cannot travel between threads/);
        // The thread goes on.
        assert.equal(yield* form.wait(toThread(() => 1)), 1);
      }));

    it("transfer hands a buffer over, there and back", () =>
      threadProgram(form, function* () {
        const bytes = new Uint8Array([1, 2, 3]);
        const fill = (given: Uint8Array): unknown => {
          given.fill(9);
          return { [Symbol.for("asyncscope.transfer")]: { value: given, list: [given.buffer] } };
        };
        const filled = yield* form.wait(toThread(fill, transfer(bytes)));
        assert.deepEqual(filled, new Uint8Array([9, 9, 9]));
        assert.equal(bytes.length, 0, "it is not here any more");
      }));

    it("options that no thread can start with fail the job, not the program", () =>
      threadProgram(form, function* () {
        const pool = new WorkerPool({ workerOptions: { execArgv: ["--no-such-option"] } });
        const error = yield* thrownBy(
          form,
          getRunningLoop().runInExecutor(pool, () => 1),
        );
        assert.equal((error as NodeJS.ErrnoException).code, "ERR_WORKER_INVALID_EXEC_ARGV");
        assert.equal(yield* form.wait(pool.shutdown()), true);
      }));
  });

  it("functions without a source are refused", () => {
    for (const fn of [Math.max, (() => 1).bind(null), ParseError])
      assert.throws(() => toThread(fn as () => void), TypeError);
  });
});
