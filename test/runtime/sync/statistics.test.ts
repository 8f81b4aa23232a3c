import assert from "node:assert/strict";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  createTask,
  Event,
  gather,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
} from "asyncscope";
import type { Coroutine, PrimitiveStatistics } from "asyncscope";
import { both } from "../../support/both-forms.js";
import { turns } from "../../support/turns.js";

interface Case {
  readonly primitive: { statistics(): PrimitiveStatistics };
  /** What waits for it. */
  readonly wait: () => Coroutine<unknown>;
  /** Without a waiter, in the state in which `wait` waits. */
  readonly expected: Readonly<Record<string, unknown>>;
  /** What changes in there when two wait. */
  readonly waiting?: Readonly<Record<string, unknown>>;
}

/** One case for each way to wait for each primitive. A condition's lock is its own. */
function* cases(): Generator<Case> {
  const lock = new Lock();
  lock._take();
  const owner = lock.statistics().owner;
  yield { primitive: lock, wait: () => lock.acquire(), expected: { locked: true, owner } };
  const event = new Event();
  yield { primitive: event, wait: () => event.wait(), expected: { isSet: false } };
  const semaphore = new Semaphore(0);
  yield { primitive: semaphore, wait: () => semaphore.acquire(), expected: { value: 0, bound: null } };
  const bounded = new BoundedSemaphore(0);
  yield { primitive: bounded, wait: () => bounded.acquire(), expected: { value: 0, bound: 0 } };
  const condition = new Condition();
  yield {
    primitive: condition,
    wait: () => condition.withLock(() => condition.wait()),
    expected: { locked: false, owner: null, acquiring: 0 },
  };
  const barrier = new Barrier(3);
  yield {
    primitive: barrier,
    wait: () => barrier.wait(),
    expected: { state: "filling", parties: 3, arrived: 0 },
    waiting: { arrived: 2 },
  };
  for (const make of [
    (maxsize: number) => new Queue<number>(maxsize),
    (maxsize: number) => new LifoQueue<number>(maxsize),
    (maxsize: number) => new PriorityQueue<number>(maxsize),
  ]) {
    const nobody = { getters: 0, putters: 0, joiners: 0, shutDown: false };
    const empty = make(0);
    yield {
      primitive: empty,
      wait: () => empty.get(),
      expected: { size: 0, maxsize: 0, unfinished: 0, ...nobody },
      waiting: { getters: 2 },
    };
    const full = make(1);
    full.putNowait(1);
    const expected = { size: 1, maxsize: 1, unfinished: 1, ...nobody };
    yield { primitive: full, wait: () => full.put(2), expected, waiting: { putters: 2 } };
    yield { primitive: full, wait: () => full.join(), expected, waiting: { joiners: 2 } };
  }
}

describe("statistics()", () => {
  both("of every primitive and queue count who waits, and are a snapshot", function* (form) {
    for (const { primitive, wait, expected, waiting } of cases()) {
      const before = primitive.statistics();
      assert.deepEqual(before, { ...expected, waiters: 0 }, primitive.constructor.name);
      const tasks = [1, 2].map(() => createTask(form.body(() => form.wait(wait()))));
      yield* form.wait(turns(4));
      assert.deepEqual(
        primitive.statistics(),
        { ...expected, waiters: 2, ...waiting },
        primitive.constructor.name,
      );
      for (const task of tasks) task.cancel();
      yield* form.wait(gather(tasks, { returnExceptions: true }));
      assert.deepEqual(primitive.statistics(), before, primitive.constructor.name);
    }
  });
});
