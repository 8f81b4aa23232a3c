import assert from "node:assert/strict";
import { BrokenWorkerError, ExceptionGroup, getRunningLoop, toThread, WorkerPool } from "asyncscope";
import type { CoroutineGenerator } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Form } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { threadModule, threadProgram } from "../../support/threads.js";

class ParseError extends Error {
  declare readonly line: number;
}
const parse = { module: threadModule("work.mjs"), export: "parse" };

describe("errors of threads", function () {
  this.timeout(120_000);
  inBothForms((form) => {
    it("come back as what they were, with message, stack, cause and properties", () =>
      threadProgram(form, function* () {
        const load = (): void => {
          throw Object.assign(new TypeError("no", { cause: new RangeError("why") }), { code: "E_NO" });
        };
        const error = (yield* thrownBy(form, toThread(load))) as NodeJS.ErrnoException;
        assert.ok(error instanceof TypeError);
        assert.equal(error.message, "no");
        assert.equal(error.code, "E_NO");
        assert.ok(error.cause instanceof RangeError);
        assert.match(error.stack!, /thread:load/);
        const group = async (): Promise<never> => {
          throw new AggregateError([new SyntaxError("one"), "two"], "both");
        };
        const both = (yield* thrownBy(form, toThread(group))) as AggregateError;
        assert.ok(both instanceof AggregateError);
        assert.ok(both.errors[0] instanceof SyntaxError);
        assert.equal(both.errors[1], "two");
        const runtime = `data:text/javascript,class ExceptionGroup extends AggregateError {}; export default () => { throw new ExceptionGroup([1], "group") }`;
        assert.ok((yield* thrownBy(form, toThread({ module: runtime }))) instanceof ExceptionGroup);
      }));

    it("of a class of the program come back as that when the pool knows it", () =>
      threadProgram(form, function* () {
        const loop = getRunningLoop();
        const pool = new WorkerPool({ size: 1, errors: { ParseError } });
        const known = yield* thrownBy(form, loop.runInExecutor(pool, parse, 3));
        assert.ok(known instanceof ParseError);
        assert.equal(known.message, "cannot parse line 3");
        assert.equal(known.line, 3);
        assert.ok(known.cause instanceof RangeError);
        yield* form.wait(pool.shutdown());
        const unknown = (yield* thrownBy(form, loop.runInExecutor(null, parse, 4))) as Error;
        assert.equal(Object.getPrototypeOf(unknown), Error.prototype);
        assert.equal(unknown.name, "ParseError");
      }));

    it("may be no errors, or hostile ones", () =>
      threadProgram(form, function* () {
        const plain = (): never => {
          throw { status: 404 };
        };
        assert.deepEqual(yield* thrownBy(form, toThread(plain)), { status: 404 });
        const fn = (): never => {
          throw () => 1;
        };
        assert.match(String(yield* thrownBy(form, toThread(fn))), /a value was thrown that cannot travel/);
        const hostile = (): never => {
          throw Object.defineProperty(new Error("x"), "message", {
            get() {
              throw new Error("no");
            },
          });
        };
        assert.match(
          String(yield* thrownBy(form, toThread(hostile))),
          /an error was thrown that cannot be read/,
        );
        const endless = (): never => {
          const error = new Error("round");
          error.cause = error;
          throw error;
        };
        assert.equal(((yield* thrownBy(form, toThread(endless))) as Error).message, "round");
      }));

    it("process.exit in a thread loses its job alone", () =>
      threadProgram(form, function* () {
        const error = yield* brokenBy(form, () => process.exit(3));
        assert.equal(error.exitCode, 3);
        assert.match(error.message, /worker 1 ended while it ran .*process\.exit\(3\) was called/);
      }));

    it("an error outside the function's own course loses its job alone", () =>
      threadProgram(form, function* () {
        const error = yield* brokenBy(form, () => {
          setTimeout(() => {
            throw new RangeError("from a timer");
          }, 1);
          return new Promise(() => undefined);
        });
        assert.match(error.message, /an error in it was not caught: from a timer/);
        assert.ok(error.cause instanceof RangeError);
      }));

    it("[slow] a thread without memory loses its job alone", () =>
      threadProgram(form, function* () {
        const error = yield* brokenBy(form, () => {
          const kept: unknown[] = [];
          for (;;) kept.push(new Array(10_000).fill(1));
        });
        assert.match(error.message, /it ran out of memory; .*maxOldGenerationSizeMb/);
      }));
  });
});

/** Breaks a thread, with a job queued behind it that must run all the same. */
function* brokenBy(form: Form, work: () => unknown): CoroutineGenerator<BrokenWorkerError> {
  const loop = getRunningLoop();
  const pool = new WorkerPool({
    size: 1,
    workerOptions: { resourceLimits: { maxOldGenerationSizeMb: 24 } },
  });
  const broken = loop.runInExecutor(pool, work);
  const next = loop.runInExecutor(pool, () => "next");
  const error = yield* thrownBy(form, broken);
  assert.ok(error instanceof BrokenWorkerError);
  assert.equal(yield* form.wait(next), "next");
  yield* form.wait(pool.shutdown());
  return error;
}
