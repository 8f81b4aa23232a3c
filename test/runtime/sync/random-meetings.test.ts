import assert from "node:assert/strict";
import { Barrier, BrokenBarrierError, CancelledError, Condition, gather } from "asyncscope";
import type { CoroutineGenerator, Task } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Form } from "../../support/both-forms.js";
import { withSeeds } from "../../support/random.js";
import type { Random } from "../../support/random.js";
import { turns } from "../../support/turns.js";

describe("random sequences at a condition and a barrier", () => {
  inBothForms((form) => {
    const run = (sequence: (form: Form, random: Random) => CoroutineGenerator<void>, count: number) =>
      form.program(function* () {
        yield* withSeeds(count, (random) => sequence(form, random));
      });

    it("a condition loses no notification: nobody waits for what is there", () =>
      run(conditionSequence, 300));

    it("a barrier lets full rounds through, and whoever is cancelled or reset", () =>
      run(barrierSequence, 300));
  });
});

/** Consumers take tokens that producers make, one notification for each. */
function* conditionSequence(form: Form, random: Random): CoroutineGenerator<void> {
  const { wait, start } = form;
  const condition = new Condition();
  const tasks: Task<void>[] = [];
  let tokens = 0;
  let made = 0;
  let taken = 0;
  let inside = 0;
  function* withLock(steps: () => CoroutineGenerator<void>): CoroutineGenerator<void> {
    yield* wait(condition.acquire());
    assert.equal(++inside, 1, "alone inside");
    try {
      yield* steps();
    } finally {
      assert.equal(inside--, 1, "alone inside, also after a cancel");
      condition.release();
    }
  }
  for (let step = 0; step < 40; step++) {
    const command = random.choose([5, "consume"], [4, "produce"], [3, "cancel"], [4, "turns"]);
    if (command === "consume")
      tasks.push(
        start(() =>
          withLock(function* () {
            while (tokens === 0) {
              inside--;
              try {
                yield* wait(condition.wait());
              } finally {
                inside++;
              }
            }
            tokens--;
            taken++;
          }),
        ),
      );
    else if (command === "produce") {
      const pause = random.below(3);
      start(() =>
        withLock(function* () {
          tokens++;
          made++;
          condition.notify();
          yield* wait(turns(pause));
        }),
      );
    } else if (command === "cancel") random.pick(tasks)?.cancel();
    else yield* wait(turns(random.below(4)));
  }
  yield* wait(turns(400));
  assert.equal(taken + tokens, made);
  const { waiters, acquiring, locked } = condition.statistics();
  assert.deepEqual([acquiring, locked], [0, false]);
  assert.ok(waiters === 0 || tokens === 0, `${waiters} wait although there are ${tokens} tokens`);
  for (const task of tasks) task.cancel();
  yield* wait(gather(tasks, { returnExceptions: true }));
  assert.deepEqual(condition.statistics(), { locked: false, owner: null, waiters: 0, acquiring: 0 });
  assert.equal(condition._queue.live, 0);
}

function* barrierSequence(form: Form, random: Random): CoroutineGenerator<void> {
  const { wait, start } = form;
  const parties = 1 + random.below(4);
  const barrier = new Barrier(parties);
  const tasks: Task<number>[] = [];
  const arrive = (): void => {
    tasks.push(
      start(function* () {
        return yield* wait(barrier.wait());
      }),
    );
  };
  for (let step = 0; step < 40; step++) {
    const command = random.choose(
      [6, "arrive"],
      [3, "cancel"],
      [4, "turns"],
      [1, "reset"],
      [random.below(2), "abort"],
      [1, "nothing"],
    );
    if (command === "arrive") arrive();
    else if (command === "cancel") random.pick(tasks)?.cancel();
    else if (command === "turns") yield* wait(turns(random.below(4)));
    else if (command === "reset") yield* wait(barrier.reset());
    else if (command === "abort") yield* wait(barrier.abort());
    const { arrived, state } = barrier.statistics();
    assert.ok(arrived < parties && (arrived === 0 || state === "filling"));
  }
  yield* wait(turns(60));
  if (barrier.broken) yield* wait(barrier.reset());
  assert.equal(barrier.statistics().state, "filling");
  assert.equal(barrier.statistics().waiters, tasks.filter((task) => !task.done()).length);
  assert.equal(barrier.nWaiting, barrier.statistics().waiters);
  // The round fills, and a whole one follows.
  const missing = parties - barrier.nWaiting;
  for (let n = 0; n < missing; n++) arrive();
  yield* wait(turns(5));
  const before = tasks.length;
  for (let n = 0; n < parties; n++) arrive();
  const outcomes = yield* wait(gather(tasks, { returnExceptions: true }));
  assert.deepEqual(
    (outcomes.slice(before) as number[]).sort(),
    Array.from({ length: parties }, (_, n) => n),
  );
  for (const outcome of outcomes)
    assert.ok(
      outcome instanceof CancelledError ||
        outcome instanceof BrokenBarrierError ||
        ((outcome as number) >= 0 && (outcome as number) < parties),
    );
  assert.equal(barrier._queue.live, 0);
}
