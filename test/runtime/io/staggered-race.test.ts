import assert from "node:assert/strict";
import { CancelledError, getRunningLoop, sleep, staggeredRace, ValueError } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { turns } from "../../support/turns.js";

describe("staggeredRace", () => {
  inBothForms((form) => {
    const { wait, body, program } = form;
    const takes = (ms: number, outcome: string | Error) =>
      body(function* () {
        yield* wait(sleep(ms));
        if (outcome instanceof Error) throw outcome;
        return outcome;
      });

    it("TP-14 starts the next attempt as soon as one fails", () =>
      program(function* () {
        const error = new Error("first");
        const race = staggeredRace([takes(5, error), takes(5, "second"), takes(5, "third")], 1000);
        assert.deepEqual(yield* wait(race), ["second", 1, [error, null]]);
        assert.equal(getRunningLoop().time(), 10);
      }));

    it("TP-14 starts the next attempt after the delay, and cancels the losers", () =>
      program(function* () {
        const [winner, index, exceptions] = yield* wait(
          staggeredRace([takes(1000, "slow"), takes(5, "fast")], 100),
        );
        assert.deepEqual([winner, index], ["fast", 1]);
        assert.ok(exceptions[0] instanceof CancelledError);
        assert.equal(exceptions[1], null);
        assert.equal(getRunningLoop().time(), 105);
      }));

    it("TP-14 of several that succeed at once the first one wins", () =>
      program(function* () {
        const now = (name: string) =>
          body(function* () {
            yield* wait(turns(3));
            return name;
          });
        const [winner, index] = yield* wait(staggeredRace([now("a"), now("b")], 0));
        assert.deepEqual([winner, index], ["a", 0]);
      }));

    it("TP-14 gives no winner when all fail, and none of none", () =>
      program(function* () {
        const errors = [new Error("a"), new Error("b")];
        assert.deepEqual(yield* wait(staggeredRace([takes(1, errors[0]!), takes(1, errors[1]!)], null)), [
          null,
          null,
          errors,
        ]);
        assert.deepEqual(yield* wait(staggeredRace([], 10)), [null, null, []]);
        assert.throws(() => staggeredRace([], -1), ValueError);
      }));

    it("TP-14 waits for the losers to end", () =>
      program(function* () {
        let ended = false;
        const stubborn = body(function* () {
          try {
            yield* wait(sleep(1000));
          } finally {
            yield* wait(sleep(50));
            ended = true;
          }
          return "late";
        });
        const [winner] = yield* wait(staggeredRace([stubborn, takes(5, "fast")], 10));
        assert.equal(winner, "fast");
        assert.ok(ended);
        assert.equal(getRunningLoop().time(), 65);
      }));

    it("TP-14 cancelling it cancels all attempts", () =>
      program(function* () {
        const seen: unknown[] = [];
        const attempt = body(function* () {
          try {
            yield* wait(sleep(1000));
          } catch (error) {
            seen.push(error);
            throw error;
          }
        });
        const task = form.start(function* () {
          yield* wait(staggeredRace([attempt, attempt], 10));
        });
        yield* wait(sleep(20));
        task.cancel();
        assert.ok((yield* thrownBy(form, task)) instanceof CancelledError);
        assert.equal(seen.length, 2);
      }));
  });
});
