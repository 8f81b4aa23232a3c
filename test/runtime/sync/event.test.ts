import assert from "node:assert/strict";
import { Event, gather, sleep } from "asyncscope";
import type { CoroutineGenerator } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { turns } from "../../support/turns.js";

describe("Event", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    function* waits(event: Event, trace: Trace, name: string): CoroutineGenerator<true> {
      const result = yield* wait(event.wait());
      trace.mark(`woke ${name}`);
      return result;
    }

    it("EV-01 wakes all waiters in order; a later wait does not suspend", () =>
      program(function* () {
        const trace = new Trace(form);
        const event = new Event();
        const tasks = ["a", "b", "c"].map((name) => start(() => waits(event, trace, name)));
        yield* wait(turns(2));
        assert.equal(event.isSet(), false);
        event.set();
        trace.mark("set");
        event.set();
        assert.deepEqual(yield* wait(gather(tasks)), [true, true, true]);
        trace.mark("again");
        assert.equal(yield* wait(event.wait()), true);
        trace.mark("at once");
        trace.stop(["2:set", "3:woke a", "3:woke b", "3:woke c", "5:again", "5:at once"]);
      }));

    it("EV-02 lets a woken waiter return although the event was cleared again", () =>
      program(function* () {
        const trace = new Trace(form);
        const event = new Event();
        const tasks = ["a", "b"].map((name) => start(() => waits(event, trace, name)));
        yield* wait(turns(2));
        event.set();
        event.clear();
        trace.mark("cleared");
        const late = start(() => waits(event, trace, "late"));
        yield* wait(gather(tasks));
        yield* wait(turns(2));
        assert.equal(late.done(), false);
        assert.equal(event.isSet(), false);
        trace.mark("set again");
        event.set();
        yield* wait(late);
        trace.stop(["2:cleared", "3:woke a", "3:woke b", "7:set again", "8:woke late"]);
      }));

    it("EV-03 forgets a waiter that is cancelled", () =>
      program(function* () {
        const trace = new Trace(form);
        const event = new Event();
        const [a, b] = ["a", "b"].map((name) => start(() => waits(event, trace, name)));
        yield* wait(turns(2));
        assert.equal(event.statistics().waiters, 2);
        a!.cancel();
        assert.deepEqual(event.statistics(), { isSet: false, waiters: 1 });
        yield* wait(turns(2));
        assert.ok(a!.cancelled());
        event.set();
        yield* wait(b!);
        assert.deepEqual(event.statistics(), { isSet: true, waiters: 0 });
        trace.stop(["5:woke b"]);
      }));

    it("says who waits since when", () =>
      program(function* () {
        const event = new Event({ name: "ready" });
        const task = start(function* () {
          yield* wait(sleep(15));
          yield* wait(event.wait());
        });
        yield* wait(sleep(20));
        const [waiting] = [...event._waiters()];
        assert.equal(waiting!.since, 15);
        assert.deepEqual({ ...waiting!.future._origin }, { kind: "event", resource: event });
        assert.equal(event._inspect().state, "not set");
        event.set();
        assert.equal(event._inspect().state, "set");
        yield* wait(task);
      }));
  });
});
