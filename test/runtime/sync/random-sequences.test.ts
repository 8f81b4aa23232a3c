import assert from "node:assert/strict";
import { CancelledError, Lock, Queue, Semaphore } from "asyncscope";
import type { CoroutineGenerator, Task } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Form } from "../../support/both-forms.js";
import { withSeeds } from "../../support/random.js";
import type { Random } from "../../support/random.js";
import { turns } from "../../support/turns.js";

/** More iterations than any chain of wake-ups in these sequences takes. */
const QUIET = 60;

describe("random sequences of operations and cancellations", () => {
  inBothForms((form) => {
    const run = (sequence: (form: Form, random: Random) => CoroutineGenerator<void>, count: number) =>
      form.program(function* () {
        yield* withSeeds(count, (random) => sequence(form, random));
      });

    it("a queue loses and doubles no item, and leaves nobody waiting for what is there", () =>
      run(queueSequence, 400));

    it("a lock is granted to one at a time, in order, and to everybody in the end", () =>
      run(lockSequence, 300));

    it("a semaphore grants no more than it has, in order, and gets every permit back", () =>
      run(semaphoreSequence, 300));
  });
});

function* queueSequence(form: Form, random: Random): CoroutineGenerator<void> {
  const { wait, start } = form;
  const queue = new Queue<number>(random.below(4));
  const put: number[] = [];
  const got: number[] = [];
  const tasks: Task<void>[] = [];
  let item = 0;
  const check = (): void => {
    const there = queue._items(0, queue.size);
    if (form.name === "yield*") assert.deepEqual([...got, ...there], put, "items in order");
  };
  for (let step = 0; step < 40; step++) {
    const command = random.choose(
      [4, "get"],
      [4, "put"],
      [3, "cancel"],
      [4, "turns"],
      [2, "getNowait"],
      [2, "putNowait"],
    );
    if (command === "get") {
      tasks.push(
        start(function* () {
          got.push(yield* wait(queue.get()));
        }),
      );
    } else if (command === "put") {
      const mine = item++;
      tasks.push(
        start(function* () {
          yield* wait(queue.put(mine));
          put.push(mine);
        }),
      );
    } else if (command === "cancel") random.pick(tasks)?.cancel();
    else if (command === "turns") yield* wait(turns(random.below(3)));
    else if (command === "putNowait" && !queue.full()) {
      queue.putNowait(item);
      put.push(item++);
    } else if (command === "getNowait" && !queue.empty()) got.push(queue.getNowait());
    check();
  }
  yield* wait(turns(QUIET));
  check();
  const { getters, putters, size } = queue.statistics();
  assert.ok(getters === 0 || size === 0, `${getters} getters wait although there are ${size} items`);
  assert.ok(putters === 0 || queue.full(), `${putters} putters wait although there is room`);
  const sorted = [...got, ...(queue._items(0, size) as number[])].sort((a, b) => a - b);
  assert.deepEqual(sorted, inOrder(put), "every item once");
  // Nobody may hang when the queue ends; nothing of those who waited stays behind.
  for (const task of tasks) task.cancel();
  yield* wait(turns(2));
  for (const task of tasks) assert.ok(task.done());
  assert.deepEqual([queue._getters.live, queue._putters.live], [0, 0]);
  assert.deepEqual([...queue._waiters()], []);
}

function* lockSequence(form: Form, random: Random): CoroutineGenerator<void> {
  const { wait, start } = form;
  const lock = new Lock();
  const tasks: Task<void>[] = [];
  const granted: number[] = [];
  let inside = 0;
  let arrived = 0;
  for (let step = 0; step < 30; step++) {
    const command = random.choose([5, "acquire"], [3, "cancel"], [4, "turns"]);
    if (command === "acquire") {
      const hold = random.below(4);
      tasks.push(
        start(function* () {
          const number = arrived++;
          yield* wait(lock.acquire());
          granted.push(number);
          try {
            assert.equal(++inside, 1, "alone inside");
            yield* wait(turns(hold));
          } finally {
            inside--;
            lock.release();
          }
        }),
      );
    } else if (command === "cancel") random.pick(tasks)?.cancel();
    else yield* wait(turns(random.below(4)));
  }
  yield* wait(turns(tasks.length * 6 + QUIET));
  yield* outcomes(tasks);
  assert.deepEqual(granted, inOrder(granted));
  assert.deepEqual(
    { ...lock.statistics(), live: lock._queue.live },
    {
      locked: false,
      owner: null,
      waiters: 0,
      live: 0,
    },
  );
}

function* semaphoreSequence(form: Form, random: Random): CoroutineGenerator<void> {
  const { wait, start } = form;
  let permits = random.below(4);
  const semaphore = new Semaphore(permits);
  const tasks: Task<void>[] = [];
  const granted: number[] = [];
  let inside = 0;
  let arrived = 0;
  for (let step = 0; step < 30; step++) {
    const command = random.choose([5, "acquire"], [3, "cancel"], [4, "turns"], [1, "release"]);
    if (command === "acquire") {
      const hold = random.below(4);
      tasks.push(
        start(function* () {
          const number = arrived++;
          yield* wait(semaphore.acquire());
          granted.push(number);
          try {
            assert.ok(++inside <= permits, "no more inside than permits");
            yield* wait(turns(hold));
          } finally {
            inside--;
            semaphore.release();
          }
        }),
      );
    } else if (command === "cancel") random.pick(tasks)?.cancel();
    else if (command === "turns") yield* wait(turns(random.below(4)));
    else {
      permits++;
      semaphore.release();
    }
    assert.ok(semaphore.value >= 0 && semaphore.value + inside <= permits, "permits are conserved");
  }
  if (permits === 0) {
    permits++;
    semaphore.release();
  }
  yield* wait(turns(tasks.length * 6 + QUIET));
  yield* outcomes(tasks);
  assert.deepEqual(granted, inOrder(granted));
  assert.equal(semaphore.value, permits);
  assert.equal(semaphore.locked(), false);
}

/** All are done, by themselves or by a cancel. */
function* outcomes(tasks: readonly Task<void>[]): CoroutineGenerator<void> {
  for (const task of tasks) {
    assert.ok(task.done(), "nobody hangs");
    try {
      task.result();
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
    }
  }
}

function inOrder(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}
