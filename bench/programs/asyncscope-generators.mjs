// The workloads as generator coroutines of the runtime. Each gives the milliseconds it took.
import {
  coro,
  createSubprocessExec,
  DEVNULL,
  createTask,
  Future,
  gather,
  Lock,
  Queue,
  run,
  Semaphore,
  sleep,
  startServer,
} from "asyncscope";
import { usedMemory } from "../lib/used-memory.mjs";

/** Takes the time of `body`, which runs as the main task. */
const timed = (body) =>
  run(function* () {
    const start = performance.now();
    yield* coro(body)();
    return performance.now() - start;
  });

const join = coro(function* join(tasks) {
  for (const task of tasks) yield* task;
});

const nothing = coro(function* nothing(value) {
  return value;
});

const switcher = coro(function* switcher(times) {
  for (let i = 0; i < times; i++) yield* sleep(0);
});

const echoer = coro(function* echoer(there, back, trips) {
  for (let i = 0; i < trips; i++) yield* back.put(yield* there.get());
});

const producer = coro(function* producer(queue, items) {
  for (let i = 0; i < items; i++) yield* queue.put(i);
});

const consumer = coro(function* consumer(queue, items) {
  let sum = 0;
  for (let i = 0; i < items; i++) sum += yield* queue.get();
  return sum;
});

const locker = coro(function* locker(lock, times) {
  for (let i = 0; i < times; i++) {
    yield* lock.acquire();
    try {
      yield* sleep(0);
    } finally {
      lock.release();
    }
  }
});

const visitor = coro(function* visitor(semaphore) {
  yield* semaphore.acquire();
  try {
    yield* sleep(0);
  } finally {
    semaphore.release();
  }
});

const sleeper = coro(function* sleeper(ms) {
  yield* sleep(ms);
});

// Their inner names differ from the outer ones: a recursive call must go through `coro`, or it is a plain generator.
const descend = coro(function* calls(depth) {
  return depth === 0 ? 0 : 1 + (yield* descend(depth - 1));
});

const descendAndSwitch = coro(function* resumes(depth, times) {
  if (depth > 0) return yield* descendAndSwitch(depth - 1, times);
  yield* sleep(0);
  const start = performance.now();
  for (let i = 0; i < times; i++) yield* sleep(0);
  return performance.now() - start;
});

const lane = coro(function* lane(processes) {
  for (let i = 0; i < processes; i++) {
    const process = yield* createSubprocessExec("true", [], {
      stdin: DEVNULL,
      stdout: DEVNULL,
      stderr: DEVNULL,
    });
    yield* process.wait();
  }
});

const waiter = coro(function* waiter(gate) {
  yield* gate;
});

export const programs = {
  spawn: ({ tasks }) =>
    timed(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(nothing(i)));
      yield* join(all);
    }),

  switch: ({ tasks, times }) =>
    timed(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(switcher(times)));
      yield* join(all);
    }),

  "ping-pong": ({ trips }) =>
    timed(function* () {
      const there = new Queue();
      const back = new Queue();
      const other = createTask(echoer(there, back, trips));
      for (let i = 0; i < trips; i++) {
        yield* there.put(i);
        yield* back.get();
      }
      yield* other;
    }),

  "bounded-queue": ({ pairs, items, bound }) =>
    timed(function* () {
      const queue = new Queue(bound);
      const all = [];
      for (let i = 0; i < pairs; i++) all.push(createTask(producer(queue, items)));
      for (let i = 0; i < pairs; i++) all.push(createTask(consumer(queue, items)));
      yield* join(all);
    }),

  lock: ({ tasks, times }) =>
    timed(function* () {
      const lock = new Lock();
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(locker(lock, times)));
      yield* join(all);
    }),

  semaphore: ({ tasks, permits }) =>
    timed(function* () {
      const semaphore = new Semaphore(permits);
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(visitor(semaphore)));
      yield* join(all);
    }),

  sleep: ({ tasks }) =>
    timed(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(sleeper(1 + ((i * 7919) % 4)));
      yield* gather(all);
    }),

  cancel: ({ tasks }) =>
    run(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(sleeper(3_600_000)));
      yield* sleep(0);
      const start = performance.now();
      for (const task of all) task.cancel();
      yield* gather(all, { returnExceptions: true });
      return performance.now() - start;
    }),

  "deep-call": ({ depth, times }) =>
    timed(function* () {
      for (let i = 0; i < times; i++) yield* descend(depth);
    }),

  "deep-resume": ({ depth, times }) => run(descendAndSwitch(depth, times)),

  "tcp-echo": () => listening(),

  subprocess: ({ processes, lanes }) =>
    timed(function* () {
      yield* gather(Array.from({ length: lanes }, () => lane(processes / lanes)));
    }),

  "bytes-100k": ({ tasks }) => suspended(tasks),
  "bytes-1m": ({ tasks }) => suspended(tasks),
};

/** The port of an echo server. It serves until the process is ended. */
const listening = () =>
  new Promise((resolve, reject) => {
    run(function* () {
      const server = yield* startServer(echo, { host: "127.0.0.1", port: 0 });
      resolve(server.addresses[0].port);
      yield* server.serveForever();
    }).catch(reject);
  });

function* echo(reader, writer) {
  for (;;) {
    const chunk = yield* reader.read(65_536);
    if (chunk.length === 0) break;
    writer.write(chunk);
    yield* writer.drain();
  }
  writer.close();
}

/** Bytes of so many tasks. Does not end them: the process is over after that. */
const suspended = (tasks) =>
  new Promise((resolve, reject) => {
    run(function* () {
      const gate = new Future();
      yield* sleep(0);
      const before = usedMemory();
      for (let i = 0; i < tasks; i++) createTask(waiter(gate));
      yield* sleep(1);
      yield* sleep(1);
      resolve(usedMemory() - before);
      yield* gate;
    }).catch(reject);
  });
