// The workloads on Effection. It has no turn, lock or bounded queue of its own: a turn is a `setImmediate`, the others
// are its queue with permits in it.
import { action, all, createQueue, run, sleep, spawn, suspend } from "effection";
import { usedMemory } from "../lib/used-memory.mjs";

const timed = (body) =>
  run(function* () {
    const start = performance.now();
    yield* body();
    return performance.now() - start;
  });

const turn = () =>
  action((resolve) => {
    const immediate = setImmediate(resolve);
    return () => clearImmediate(immediate);
  });

function* spawnMany(count, make) {
  const tasks = [];
  for (let i = 0; i < count; i++) tasks.push(yield* spawn(() => make(i)));
  return tasks;
}

function* join(tasks) {
  for (const task of tasks) yield* task;
}

function permitsOf(count) {
  const permits = createQueue();
  for (let i = 0; i < count; i++) permits.add(i);
  return permits;
}

function* visitor(permits, times) {
  for (let i = 0; i < times; i++) {
    yield* permits.next();
    try {
      yield* turn();
    } finally {
      permits.add(i);
    }
  }
}

function* descend(depth) {
  return depth === 0 ? 0 : 1 + (yield* descend(depth - 1));
}

function* descendAndSwitch(depth, times) {
  if (depth > 0) return yield* descendAndSwitch(depth - 1, times);
  yield* turn();
  const start = performance.now();
  for (let i = 0; i < times; i++) yield* turn();
  return performance.now() - start;
}

export const programs = {
  spawn: ({ tasks }) =>
    timed(function* () {
      yield* join(
        yield* spawnMany(tasks, function* (i) {
          return i;
        }),
      );
    }),

  switch: ({ tasks, times }) =>
    timed(function* () {
      yield* join(
        yield* spawnMany(tasks, function* () {
          for (let i = 0; i < times; i++) yield* turn();
        }),
      );
    }),

  "ping-pong": ({ trips }) =>
    timed(function* () {
      const there = createQueue();
      const back = createQueue();
      const other = yield* spawn(function* () {
        for (let i = 0; i < trips; i++) back.add((yield* there.next()).value);
      });
      for (let i = 0; i < trips; i++) {
        there.add(i);
        yield* back.next();
      }
      yield* other;
    }),

  "bounded-queue": ({ pairs, items, bound }) =>
    timed(function* () {
      const queue = createQueue();
      const space = permitsOf(bound);
      const producers = yield* spawnMany(pairs, function* () {
        for (let i = 0; i < items; i++) {
          yield* space.next();
          queue.add(i);
        }
      });
      const consumers = yield* spawnMany(pairs, function* () {
        let sum = 0;
        for (let i = 0; i < items; i++) {
          sum += (yield* queue.next()).value;
          space.add(i);
        }
        return sum;
      });
      yield* join([...producers, ...consumers]);
    }),

  lock: ({ tasks, times }) =>
    timed(function* () {
      const lock = permitsOf(1);
      yield* join(yield* spawnMany(tasks, () => visitor(lock, times)));
    }),

  semaphore: ({ tasks, permits }) =>
    timed(function* () {
      const semaphore = permitsOf(permits);
      yield* join(yield* spawnMany(tasks, () => visitor(semaphore, 1)));
    }),

  sleep: ({ tasks }) =>
    timed(function* () {
      const sleepers = [];
      for (let i = 0; i < tasks; i++) sleepers.push(sleep(1 + ((i * 7919) % 4)));
      yield* all(sleepers);
    }),

  cancel: ({ tasks }) =>
    run(function* () {
      const sleepers = yield* spawnMany(tasks, () => sleep(3_600_000));
      yield* sleep(1);
      const start = performance.now();
      const halting = sleepers.map((task) => task.halt());
      for (const halted of halting) yield* halted;
      return performance.now() - start;
    }),

  "deep-call": ({ depth, times }) =>
    timed(function* () {
      for (let i = 0; i < times; i++) yield* descend(depth);
    }),

  "deep-resume": ({ depth, times }) => run(() => descendAndSwitch(depth, times)),

  "bytes-100k": ({ tasks }) => suspended(tasks),
  "bytes-1m": ({ tasks }) => suspended(tasks),
};

/** Bytes of so many tasks. Does not end them: the process is over after that. */
const suspended = (tasks) =>
  new Promise((resolve, reject) => {
    run(function* () {
      yield* sleep(1);
      const before = usedMemory();
      for (let i = 0; i < tasks; i++)
        yield* spawn(function* () {
          yield* suspend();
        });
      yield* sleep(10);
      resolve(usedMemory() - before);
      yield* suspend();
    }).catch(reject);
  });
