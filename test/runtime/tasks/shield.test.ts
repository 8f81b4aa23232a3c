import assert from "node:assert/strict";
import { CancelledError, Future, gather, shield, sleep } from "asyncscope";
import type { ExceptionContext, Task } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { cancellationOf, thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("shield", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    function after<T>(ms: number, result: T): Task<T> {
      return start(function* () {
        yield* wait(sleep(ms));
        return result;
      });
    }

    it("SH-01 passes a result and an error through", () =>
      program(function* () {
        assert.equal(yield* wait(shield(after(10, "x"))), "x");
        const bad = start(function* () {
          yield* wait(sleep(10));
          throw new RangeError("inner");
        });
        assert.match(String(yield* thrownBy(form, shield(bad))), /inner/);
      }));

    it("SH-02 the waiting task is cancelled, what is inside goes on", () =>
      program(function* () {
        const trace = new Trace(form);
        const inner = start(function* () {
          yield* wait(turns(4));
          trace.mark("inner done");
          return 5;
        });
        const outer = start(function* () {
          try {
            yield* wait(shield(inner));
          } catch (error) {
            trace.mark("outer cancelled");
            throw error;
          }
        });
        yield* wait(turns(2));
        outer.cancel();
        trace.mark("cancel");
        yield* thrownBy(form, outer);
        trace.mark("main sees");
        trace.mark(`result ${yield* wait(inner)}`);
        assert.equal(inner.cancelling(), 0);
        trace.stop(["2:cancel", "3:outer cancelled", "4:main sees", "5:inner done", "6:result 5"]);
      }));

    it("SH-03 cancelling what is inside cancels the shield", () =>
      program(function* () {
        const trace = new Trace(form);
        const inner = after(100, 1);
        const outer = start(function* () {
          try {
            yield* wait(shield(inner));
          } catch (error) {
            trace.mark("outer cancelled");
            throw error;
          }
        });
        yield* wait(turns(2));
        inner.cancel("inside");
        trace.mark("cancel");
        yield* thrownBy(form, outer);
        trace.mark("main sees");
        assert.ok(outer.cancelled());
        assert.equal(cancellationOf(outer).message, "inside");
        trace.stop(["2:cancel", "5:outer cancelled", "6:main sees"]);
      }));

    it("SH-04 after the outer was cancelled a result is silent, an error is reported once", async () => {
      const reports: ExceptionContext[] = [];
      const error = new RangeError("late");
      await program(
        function* () {
          const fine = new Future<number>();
          const bad = new Future<number>();
          const shields = [shield(fine), shield(bad), shield(bad)];
          for (const outer of shields) outer.cancel();
          yield* wait(turns(2));
          fine.setResult(1);
          bad.setException(error);
          yield* wait(turns(3));
        },
        { reports },
      );
      assert.equal(reports.length, 1);
      assert.equal(reports[0]!.exception, error);
      assert.match(reports[0]!.message, /shield/);
    });

    it("SH-05 of a future that is done is that future", () =>
      program(function* () {
        const done = new Future<number>();
        done.setResult(3);
        assert.equal(shield(done), done);
        assert.equal(yield* wait(shield(done)), 3);
      }));

    it("SH-06 in a gather keeps the cancel of the gather from the children", () =>
      program(function* () {
        const children = [after(50, 1), after(60, 2)];
        const all = gather(children.map((child) => shield(child)));
        yield* wait(sleep(10));
        all.cancel();
        assert.ok((yield* thrownBy(form, all)) instanceof CancelledError);
        assert.deepEqual(yield* wait(gather(children)), [1, 2]);
      }));

    it("SH-06 around a gather protects all its children", () =>
      program(function* () {
        const children = [after(50, 1), after(60, 2)];
        const inner = gather(children);
        const outer = shield(inner);
        yield* wait(sleep(10));
        outer.cancel();
        assert.ok((yield* thrownBy(form, outer)) instanceof CancelledError);
        assert.deepEqual(yield* wait(inner), [1, 2]);
      }));
  });
});
