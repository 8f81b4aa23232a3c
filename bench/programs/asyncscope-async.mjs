// The workloads as async functions on the runtime. Each gives the milliseconds it took.
import {
  createSubprocessExec,
  createTask,
  DEVNULL,
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
  run(async () => {
    const start = performance.now();
    await body();
    return performance.now() - start;
  });

async function join(tasks) {
  for (const task of tasks) await task;
}

async function switcher(times) {
  for (let i = 0; i < times; i++) await sleep(0);
}

async function echoer(there, back, trips) {
  for (let i = 0; i < trips; i++) await back.put(await there.get());
}

async function producer(queue, items) {
  for (let i = 0; i < items; i++) await queue.put(i);
}

async function consumer(queue, items) {
  let sum = 0;
  for (let i = 0; i < items; i++) sum += await queue.get();
  return sum;
}

async function locker(lock, times) {
  for (let i = 0; i < times; i++) {
    await lock.acquire();
    try {
      await sleep(0);
    } finally {
      lock.release();
    }
  }
}

async function visitor(semaphore) {
  await semaphore.acquire();
  try {
    await sleep(0);
  } finally {
    semaphore.release();
  }
}

async function descend(depth) {
  return depth === 0 ? 0 : 1 + (await descend(depth - 1));
}

async function descendAndSwitch(depth, times) {
  if (depth > 0) return await descendAndSwitch(depth - 1, times);
  await sleep(0);
  const start = performance.now();
  for (let i = 0; i < times; i++) await sleep(0);
  return performance.now() - start;
}

async function lane(processes) {
  for (let i = 0; i < processes; i++) {
    const process = await createSubprocessExec("true", [], {
      stdin: DEVNULL,
      stdout: DEVNULL,
      stderr: DEVNULL,
    });
    await process.wait();
  }
}

export const programs = {
  spawn: ({ tasks }) =>
    timed(async () => {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(async () => i));
      await join(all);
    }),

  switch: ({ tasks, times }) =>
    timed(async () => {
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(() => switcher(times)));
      await join(all);
    }),

  "ping-pong": ({ trips }) =>
    timed(async () => {
      const there = new Queue();
      const back = new Queue();
      const other = createTask(() => echoer(there, back, trips));
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
      for (let i = 0; i < pairs; i++) all.push(createTask(() => producer(queue, items)));
      for (let i = 0; i < pairs; i++) all.push(createTask(() => consumer(queue, items)));
      await join(all);
    }),

  lock: ({ tasks, times }) =>
    timed(async () => {
      const lock = new Lock();
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(() => locker(lock, times)));
      await join(all);
    }),

  semaphore: ({ tasks, permits }) =>
    timed(async () => {
      const semaphore = new Semaphore(permits);
      const all = [];
      for (let i = 0; i < tasks; i++) all.push(createTask(() => visitor(semaphore)));
      await join(all);
    }),

  sleep: ({ tasks }) =>
    timed(async () => {
      const all = [];
      for (let i = 0; i < tasks; i++) {
        const ms = 1 + ((i * 7919) % 4);
        all.push(async () => {
          await sleep(ms);
        });
      }
      await gather(all);
    }),

  cancel: ({ tasks }) =>
    run(async () => {
      const all = [];
      for (let i = 0; i < tasks; i++)
        all.push(
          createTask(async () => {
            await sleep(3_600_000);
          }),
        );
      await sleep(0);
      const start = performance.now();
      for (const task of all) task.cancel();
      await gather(all, { returnExceptions: true });
      return performance.now() - start;
    }),

  "deep-call": ({ depth, times }) =>
    timed(async () => {
      for (let i = 0; i < times; i++) await descend(depth);
    }),

  "deep-resume": ({ depth, times }) => run(() => descendAndSwitch(depth, times)),

  "tcp-echo": () => listening(),

  subprocess: ({ processes, lanes }) =>
    timed(async () => {
      await gather(Array.from({ length: lanes }, () => () => lane(processes / lanes)));
    }),

  "bytes-100k": ({ tasks }) => suspended(tasks),
  "bytes-1m": ({ tasks }) => suspended(tasks),
};

/** The port of an echo server. It serves until the process is ended. */
const listening = () =>
  new Promise((resolve, reject) => {
    run(async () => {
      const server = await startServer(echo, { host: "127.0.0.1", port: 0 });
      resolve(server.addresses[0].port);
      await server.serveForever();
    }).catch(reject);
  });

async function echo(reader, writer) {
  for (;;) {
    const chunk = await reader.read(65_536);
    if (chunk.length === 0) break;
    writer.write(chunk);
    await writer.drain();
  }
  writer.close();
}

/** Bytes of so many tasks. Does not end them: the process is over after that. */
const suspended = (tasks) =>
  new Promise((resolve, reject) => {
    run(async () => {
      const gate = new Future();
      await sleep(0);
      const before = usedMemory();
      for (let i = 0; i < tasks; i++)
        createTask(async () => {
          await gate;
        });
      await sleep(1);
      await sleep(1);
      resolve(usedMemory() - before);
      await gate;
    }).catch(reject);
  });
