// The workloads on Effect, as its documentation writes them.
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Queue from "effect/Queue";
import * as Semaphore from "effect/Semaphore";
import { usedMemory } from "../lib/used-memory.mjs";

/** Takes the time of `body`, which runs as the main fiber. */
const timed = (body) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const start = performance.now();
      yield* body();
      return performance.now() - start;
    }),
  );

const forkMany = function* (count, make) {
  const all = [];
  for (let i = 0; i < count; i++) all.push(yield* Effect.forkChild(make(i)));
  return all;
};

const join = function* (fibers) {
  for (const fiber of fibers) yield* Fiber.join(fiber);
};

const switcher = (times) =>
  Effect.gen(function* () {
    for (let i = 0; i < times; i++) yield* Effect.yieldNow;
  });

const visitor = (semaphore, times) =>
  Effect.gen(function* () {
    for (let i = 0; i < times; i++) yield* Semaphore.withPermit(semaphore, Effect.yieldNow);
  });

const descend = (depth) =>
  Effect.gen(function* () {
    return depth === 0 ? 0 : 1 + (yield* descend(depth - 1));
  });

const descendAndSwitch = (depth, times) =>
  Effect.gen(function* () {
    if (depth > 0) return yield* descendAndSwitch(depth - 1, times);
    yield* Effect.yieldNow;
    const start = performance.now();
    for (let i = 0; i < times; i++) yield* Effect.yieldNow;
    return performance.now() - start;
  });

export const programs = {
  spawn: ({ tasks }) =>
    timed(function* () {
      yield* join(
        yield* forkMany(tasks, (i) =>
          Effect.gen(function* () {
            return i;
          }),
        ),
      );
    }),

  switch: ({ tasks, times }) =>
    timed(function* () {
      yield* join(yield* forkMany(tasks, () => switcher(times)));
    }),

  "ping-pong": ({ trips }) =>
    timed(function* () {
      const there = yield* Queue.unbounded();
      const back = yield* Queue.unbounded();
      const other = yield* Effect.forkChild(
        Effect.gen(function* () {
          for (let i = 0; i < trips; i++) yield* Queue.offer(back, yield* Queue.take(there));
        }),
      );
      for (let i = 0; i < trips; i++) {
        yield* Queue.offer(there, i);
        yield* Queue.take(back);
      }
      yield* Fiber.join(other);
    }),

  "bounded-queue": ({ pairs, items, bound }) =>
    timed(function* () {
      const queue = yield* Queue.bounded(bound);
      const producers = yield* forkMany(pairs, () =>
        Effect.gen(function* () {
          for (let i = 0; i < items; i++) yield* Queue.offer(queue, i);
        }),
      );
      const consumers = yield* forkMany(pairs, () =>
        Effect.gen(function* () {
          let sum = 0;
          for (let i = 0; i < items; i++) sum += yield* Queue.take(queue);
          return sum;
        }),
      );
      yield* join([...producers, ...consumers]);
    }),

  lock: ({ tasks, times }) =>
    timed(function* () {
      const lock = yield* Semaphore.make(1);
      yield* join(yield* forkMany(tasks, () => visitor(lock, times)));
    }),

  semaphore: ({ tasks, permits }) =>
    timed(function* () {
      const semaphore = yield* Semaphore.make(permits);
      yield* join(yield* forkMany(tasks, () => visitor(semaphore, 1)));
    }),

  sleep: ({ tasks }) =>
    timed(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(Effect.sleep(1 + ((i * 7919) % 4)));
      yield* Effect.all(all, { concurrency: "unbounded" });
    }),

  cancel: ({ tasks }) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const all = yield* forkMany(tasks, () => Effect.sleep(3_600_000));
        yield* Effect.sleep(10);
        const start = performance.now();
        yield* Fiber.interruptAll(all);
        return performance.now() - start;
      }),
    ),

  "deep-call": ({ depth, times }) =>
    timed(function* () {
      for (let i = 0; i < times; i++) yield* descend(depth);
    }),

  "deep-resume": ({ depth, times }) => Effect.runPromise(descendAndSwitch(depth, times)),

  "bytes-100k": ({ tasks }) => suspended(tasks),
  "bytes-1m": ({ tasks }) => suspended(tasks),
};

/** Bytes of so many fibers. Does not end them: the process is over after that. */
const suspended = (tasks) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const gate = yield* Deferred.make();
      yield* Effect.sleep(1);
      const before = usedMemory();
      for (let i = 0; i < tasks; i++)
        yield* Effect.forkDetach(
          Effect.gen(function* () {
            yield* Deferred.await(gate);
          }),
        );
      yield* Effect.sleep(10);
      const bytes = usedMemory() - before;
      // Used once more, so that it is not collected before.
      if (Deferred.isDoneUnsafe?.(gate)) throw new Error("open");
      return bytes;
    }),
  );
