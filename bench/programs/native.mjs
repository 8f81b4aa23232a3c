// The workloads with nothing but promises and async functions, and the few lines that a program writes for itself
// where it has no library. Where tasks are spawned, each begins in a `setImmediate`, so that the rest of the process
// gets its turn as it does with the others. ASYNCSCOPE_BENCH_ALS=1: inside an AsyncLocalStorage.
import { AsyncLocalStorage } from "node:async_hooks";
import { spawn as spawnProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { usedMemory } from "../lib/used-memory.mjs";

const storage = process.env.ASYNCSCOPE_BENCH_ALS === "1" ? new AsyncLocalStorage() : null;

const within = (body) => (storage === null ? body() : storage.run({}, body));

const timed = (body) =>
  within(async () => {
    const start = performance.now();
    await body();
    return performance.now() - start;
  });

const spawn = (body) => new Promise((resolve) => setImmediate(resolve)).then(body);

class Queue {
  items = [];
  getters = [];
  putters = [];
  constructor(bound = Infinity) {
    this.bound = bound;
  }
  async put(item) {
    while (this.items.length >= this.bound) await new Promise((resolve) => this.putters.push(resolve));
    this.items.push(item);
    this.getters.shift()?.();
  }
  async get() {
    while (this.items.length === 0) await new Promise((resolve) => this.getters.push(resolve));
    const item = this.items.shift();
    this.putters.shift()?.();
    return item;
  }
}

class Semaphore {
  waiters = [];
  head = 0;
  constructor(value) {
    this.value = value;
  }
  acquire() {
    if (this.value > 0) {
      this.value--;
      return undefined;
    }
    return new Promise((resolve) => this.waiters.push(resolve));
  }
  release() {
    if (this.head === this.waiters.length) this.value++;
    else {
      this.waiters[this.head]();
      this.waiters[this.head++] = undefined;
      if (this.head >= 1024) {
        this.waiters.splice(0, this.head);
        this.head = 0;
      }
    }
  }
}

async function switcher(times) {
  for (let i = 0; i < times; i++) await null;
}

async function visitor(semaphore, times) {
  for (let i = 0; i < times; i++) {
    await semaphore.acquire();
    try {
      await null;
    } finally {
      semaphore.release();
    }
  }
}

async function descend(depth) {
  return depth === 0 ? 0 : 1 + (await descend(depth - 1));
}

async function descendAndSwitch(depth, times) {
  if (depth > 0) return await descendAndSwitch(depth - 1, times);
  const start = performance.now();
  for (let i = 0; i < times; i++) await new Promise((resolve) => setImmediate(resolve));
  return performance.now() - start;
}

export const programs = {
  spawn: ({ tasks }) =>
    timed(async () => {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(spawn(async () => i));
      for (const task of all) await task;
    }),

  switch: ({ tasks, times }) =>
    timed(async () => {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(switcher(times));
      for (const task of all) await task;
    }),

  "ping-pong": ({ trips }) =>
    timed(async () => {
      const there = new Queue();
      const back = new Queue();
      const other = (async () => {
        for (let i = 0; i < trips; i++) await back.put(await there.get());
      })();
      for (let i = 0; i < trips; i++) {
        await there.put(i);
        await back.get();
      }
      await other;
    }),

  "bounded-queue": ({ pairs, items, bound }) =>
    timed(async () => {
      const queue = new Queue(bound);
      const all = [];
      for (let i = 0; i < pairs; i++)
        all.push(
          (async () => {
            for (let k = 0; k < items; k++) await queue.put(k);
          })(),
        );
      for (let i = 0; i < pairs; i++)
        all.push(
          (async () => {
            let sum = 0;
            for (let k = 0; k < items; k++) sum += await queue.get();
            return sum;
          })(),
        );
      await Promise.all(all);
    }),

  lock: ({ tasks, times }) =>
    timed(async () => {
      const lock = new Semaphore(1);
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(visitor(lock, times));
      await Promise.all(all);
    }),

  semaphore: ({ tasks, permits }) =>
    timed(async () => {
      const semaphore = new Semaphore(permits);
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(spawn(() => visitor(semaphore, 1)));
      for (const task of all) await task;
    }),

  sleep: ({ tasks }) =>
    timed(async () => {
      const all = [];
      for (let i = 0; i < tasks; i++) {
        const ms = 1 + ((i * 7919) % 4);
        all.push((async () => await new Promise((resolve) => setTimeout(resolve, ms)))());
      }
      await Promise.all(all);
    }),

  cancel: ({ tasks }) =>
    within(async () => {
      const all = [];
      const controllers = [];
      for (let i = 0; i < tasks; i++) {
        const controller = new AbortController();
        controllers.push(controller);
        all.push((async () => await delay(3_600_000, undefined, { signal: controller.signal }))());
      }
      await null;
      const start = performance.now();
      for (const controller of controllers) controller.abort();
      await Promise.allSettled(all);
      return performance.now() - start;
    }),

  "deep-call": ({ depth, times }) =>
    timed(async () => {
      for (let i = 0; i < times; i++) await descend(depth);
    }),

  "deep-resume": ({ depth, times }) => within(() => descendAndSwitch(depth, times)),

  "tcp-echo": () =>
    new Promise((resolve) => {
      const server = createServer(async (socket) => {
        try {
          for await (const chunk of socket) if (!socket.write(chunk)) await once(socket, "drain");
        } catch {
          // The client went away.
        }
      }).listen(0, "127.0.0.1", () => resolve(server.address().port));
    }),

  async subprocess({ processes, lanes }) {
    const start = performance.now();
    const lane = async () => {
      for (let i = 0; i < processes / lanes; i++)
        await new Promise((resolve, reject) => {
          spawnProcess("true", { stdio: "ignore" }).once("exit", resolve).once("error", reject);
        });
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return performance.now() - start;
  },

  "bytes-100k": ({ tasks }) => suspended(tasks),
  "bytes-1m": ({ tasks }) => suspended(tasks),
};

async function suspended(tasks) {
  let open;
  const gate = new Promise((resolve) => {
    open = resolve;
  });
  const before = usedMemory();
  for (let i = 0; i < tasks; i++)
    void (async () => {
      await gate;
    })();
  await null;
  const after = usedMemory();
  open();
  return after - before;
}
