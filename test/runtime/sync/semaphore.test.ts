import assert from "node:assert/strict";
import { BoundedSemaphore, gather, Semaphore, sleep, ValueError } from "asyncscope";
import type { CoroutineGenerator } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { turns } from "../../support/turns.js";

describe("Semaphore", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    function* takes(semaphore: Semaphore, trace: Trace, name: string): CoroutineGenerator<void> {
      try {
        yield* wait(semaphore.acquire());
        trace.mark(`got ${name} value ${semaphore.value}`);
      } catch (error) {
        trace.mark(`cancelled ${name} value ${semaphore.value}`);
        throw error;
      }
    }

    it("SE-01 lets a newcomer wait behind those who wait, also while a permit is free", () =>
      program(function* () {
        const trace = new Trace(form);
        const semaphore = new Semaphore(1);
        yield* wait(semaphore.acquire());
        const a = start(() => takes(semaphore, trace, "a"));
        yield* wait(turns(2));
        semaphore.release();
        semaphore.release();
        trace.mark(`value ${semaphore.value} locked ${semaphore.locked()}`);
        yield* wait(semaphore.acquire());
        trace.mark(`got main value ${semaphore.value}`);
        yield* wait(a);
        trace.stop(["2:value 1 locked true", "3:got a value 0", "4:got main value 0"]);
      }));

    it("SE-02 hands a released permit to the oldest waiter: it never reads as free", () =>
      program(function* () {
        const trace = new Trace(form);
        const semaphore = new Semaphore(1);
        yield* wait(semaphore.acquire());
        const a = start(() => takes(semaphore, trace, "a"));
        const b = start(() => takes(semaphore, trace, "b"));
        yield* wait(turns(2));
        semaphore.release();
        trace.mark(`value ${semaphore.value} locked ${semaphore.locked()}`);
        yield* wait(a);
        assert.equal(b.done(), false);
        semaphore.release();
        yield* wait(b);
        trace.stop(["2:value 0 locked true", "3:got a value 0", "5:got b value 0"]);
      }));

    it("SE-03 skips a cancelled waiter, and SE-04 a woken one that is cancelled gives its permit back", () =>
      program(function* () {
        const trace = new Trace(form);
        const semaphore = new Semaphore(0);
        const [a, b, c] = ["a", "b", "c"].map((name) => start(() => takes(semaphore, trace, name)));
        yield* wait(turns(2));
        a!.cancel();
        semaphore.release();
        trace.mark(`value ${semaphore.value}`);
        yield* wait(turns(3));
        semaphore.release();
        trace.mark(`value ${semaphore.value}`);
        c!.cancel();
        yield* wait(gather([a!, b!, c!], { returnExceptions: true }));
        trace.mark(`value ${semaphore.value} locked ${semaphore.locked()}`);
        trace.stop([
          "2:value 0",
          "3:cancelled a value 0",
          "3:got b value 0",
          "5:value 0",
          "6:cancelled c value 1",
          "8:value 1 locked false",
        ]);
      }));

    it("SE-04 passes the permit of a woken and cancelled waiter on to the next", () =>
      program(function* () {
        const trace = new Trace(form);
        const semaphore = new Semaphore(0);
        const [a, b] = ["a", "b"].map((name) => start(() => takes(semaphore, trace, name)));
        yield* wait(turns(2));
        semaphore.release();
        a!.cancel();
        yield* wait(gather([a!, b!], { returnExceptions: true }));
        assert.ok(a!.cancelled());
        trace.stop(["3:cancelled a value 0", "4:got b value 0"]);
      }));

    it("SE-05 wakes as many waiters as there were releases, in order", () =>
      program(function* () {
        const trace = new Trace(form);
        const semaphore = new Semaphore(0);
        const tasks = ["a", "b", "c"].map((name) => start(() => takes(semaphore, trace, name)));
        yield* wait(turns(2));
        semaphore.release();
        semaphore.release();
        trace.mark(`value ${semaphore.value}`);
        yield* wait(turns(3));
        semaphore.release();
        yield* wait(gather(tasks));
        trace.stop(["2:value 0", "3:got a value 0", "3:got b value 0", "6:got c value 0"]);
      }));

    it("SE-06 refuses a negative start, and a bounded one a release too many", () =>
      program(function* () {
        assert.throws(() => new Semaphore(-1), ValueError);
        assert.throws(() => new Semaphore(Number.NaN), ValueError);
        assert.throws(() => new BoundedSemaphore(1.5), ValueError);
        const bounded = new BoundedSemaphore(2, { name: "slots" });
        assert.throws(() => bounded.release(), {
          name: "ValueError",
          message: /bounded semaphore "slots" was released too many times/,
        });
        yield* wait(bounded.acquire());
        assert.equal(bounded._inspect().state, "1 of 2 free");
        bounded.release();
        assert.equal(bounded.value, 2);
        const unbounded = new Semaphore(0);
        unbounded.release();
        assert.equal(unbounded.value, 1);
      }));

    it("does not suspend while permits are free", () =>
      program(function* () {
        const trace = new Trace(form);
        const semaphore = new Semaphore(3);
        for (let i = 0; i < 3; i++) {
          assert.equal(yield* wait(semaphore.acquire()), true);
          trace.mark(`value ${semaphore.value}`);
        }
        trace.stop(["0:value 2", "0:value 1", "0:value 0"]);
      }));

    it("lets at most as many through withPermit as it has permits, and gets each one back", () =>
      program(function* () {
        const semaphore = new Semaphore(3);
        let inside = 0;
        let most = 0;
        const work = form.body(function* () {
          most = Math.max(most, ++inside);
          try {
            yield* wait(sleep(10));
          } finally {
            inside--;
          }
        });
        const tasks = Array.from({ length: 10 }, () =>
          start(function* () {
            yield* wait(semaphore.withPermit(work));
          }),
        );
        yield* wait(sleep(5));
        assert.deepEqual(semaphore.statistics(), { value: 0, bound: null, waiters: 7 });
        tasks[0]!.cancel();
        tasks[9]!.cancel();
        yield* wait(gather(tasks, { returnExceptions: true }));
        assert.equal(most, 3);
        assert.deepEqual(semaphore.statistics(), { value: 3, bound: null, waiters: 0 });
      }));
  });
});
