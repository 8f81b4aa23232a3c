// The workloads on the trampoline, with primitives that do just what the workload needs.
import { usedMemory } from "../lib/used-memory.mjs";
import { serveRaw } from "./raw-tcp.mjs";
import { cancel, join, Line, runAll, sleep, spawn, TURN, waitIn, wakeUp } from "./trampoline.mjs";

class Queue {
  items = [];
  head = 0;
  getters = new Line();
  putters = new Line();
  constructor(bound = Infinity) {
    this.bound = bound;
  }
  get size() {
    return this.items.length - this.head;
  }
  put(item) {
    this.items.push(item);
    wakeUp(this.getters.shift());
  }
  take() {
    const item = this.items[this.head++];
    if (this.head >= 1024) {
      this.items.splice(0, this.head);
      this.head = 0;
    }
    wakeUp(this.putters.shift());
    return item;
  }
}

class Semaphore {
  waiters = new Line();
  constructor(value) {
    this.value = value;
  }
  release() {
    this.value++;
    wakeUp(this.waiters.shift());
  }
}

async function timed(body) {
  const start = performance.now();
  await runAll(body());
  return performance.now() - start;
}

function* nothing(value) {
  return value;
}

function* switcher(times) {
  for (let i = 0; i < times; i++) yield TURN;
}

function* echoer(there, back, trips) {
  for (let i = 0; i < trips; i++) {
    while (there.size === 0) yield waitIn(there.getters);
    back.put(there.take());
  }
}

function* producer(queue, items) {
  for (let i = 0; i < items; i++) {
    while (queue.size >= queue.bound) yield waitIn(queue.putters);
    queue.put(i);
  }
}

function* consumer(queue, items) {
  let sum = 0;
  for (let i = 0; i < items; i++) {
    while (queue.size === 0) yield waitIn(queue.getters);
    sum += queue.take();
  }
  return sum;
}

function* visitor(semaphore, times) {
  for (let i = 0; i < times; i++) {
    while (semaphore.value === 0) yield waitIn(semaphore.waiters);
    semaphore.value--;
    yield TURN;
    semaphore.release();
  }
}

function* sleeper(ms) {
  yield sleep(ms);
}

function* descend(depth) {
  return depth === 0 ? 0 : 1 + (yield descend(depth - 1));
}

function* descendAndSwitch(depth, times, done) {
  if (depth > 0) return yield descendAndSwitch(depth - 1, times, done);
  yield TURN;
  const start = performance.now();
  for (let i = 0; i < times; i++) yield TURN;
  done(performance.now() - start);
  return undefined;
}

function* waiter(line) {
  yield waitIn(line);
}

export const programs = {
  spawn: ({ tasks }) =>
    timed(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(spawn(nothing(i)));
      for (const task of all) while (!task.done) yield join(task);
    }),

  switch: ({ tasks, times }) =>
    timed(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(spawn(switcher(times)));
      for (const task of all) while (!task.done) yield join(task);
    }),

  "ping-pong": ({ trips }) =>
    timed(function* () {
      const there = new Queue();
      const back = new Queue();
      const other = spawn(echoer(there, back, trips));
      for (let i = 0; i < trips; i++) {
        there.put(i);
        while (back.size === 0) yield waitIn(back.getters);
        back.take();
      }
      while (!other.done) yield join(other);
    }),

  "bounded-queue": ({ pairs, items, bound }) =>
    timed(function* () {
      const queue = new Queue(bound);
      const all = [];
      for (let i = 0; i < pairs; i++) all.push(spawn(producer(queue, items)));
      for (let i = 0; i < pairs; i++) all.push(spawn(consumer(queue, items)));
      for (const task of all) while (!task.done) yield join(task);
    }),

  lock: ({ tasks, times }) =>
    timed(function* () {
      const lock = new Semaphore(1);
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(spawn(visitor(lock, times)));
      for (const task of all) while (!task.done) yield join(task);
    }),

  semaphore: ({ tasks, permits }) =>
    timed(function* () {
      const semaphore = new Semaphore(permits);
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(spawn(visitor(semaphore, 1)));
      for (const task of all) while (!task.done) yield join(task);
    }),

  sleep: ({ tasks }) =>
    timed(function* () {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(spawn(sleeper(1 + ((i * 7919) % 4))));
      for (const task of all) while (!task.done) yield join(task);
    }),

  async cancel({ tasks }) {
    let took = 0;
    await runAll(
      (function* () {
        const all = [];
        for (let i = 0; i < tasks; i++) all.push(spawn(sleeper(3_600_000)));
        yield TURN;
        const start = performance.now();
        for (const task of all) cancel(task);
        for (const task of all) while (!task.done) yield join(task);
        took = performance.now() - start;
      })(),
    );
    return took;
  },

  "deep-call": ({ depth, times }) =>
    timed(function* () {
      for (let i = 0; i < times; i++) yield descend(depth);
    }),

  async "deep-resume"({ depth, times }) {
    let took = 0;
    await runAll(
      descendAndSwitch(depth, times, (ms) => {
        took = ms;
      }),
    );
    return took;
  },

  "tcp-echo": serveRaw,

  "bytes-100k": ({ tasks }) => suspended(tasks),
  "bytes-1m": ({ tasks }) => suspended(tasks),
};

async function suspended(tasks) {
  const gate = new Line();
  const before = usedMemory();
  await runAll(
    (function* () {
      for (let i = 0; i < tasks; i++) spawn(waiter(gate));
    })(),
  );
  const after = usedMemory();
  wakeUp(gate.shift());
  return after - before;
}
