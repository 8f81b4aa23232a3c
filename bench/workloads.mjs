// What is measured. `sizes` are handed to the programs as they are; `operations` says by how many operations a time
// is divided. Goals are factors of CPython asyncio's time in the same run, for generators with the inspector's
// registry on.

/**
 * @typedef {Record<string, number>} Size
 * @typedef {"full" | "quick" | "smoke"} Scale
 * @typedef {object} Workload
 * @property {string} id for `--only`
 * @property {string} title
 * @property {string} operation what one operation is
 * @property {"us" | "ms" | "bytes" | "ratio"} unit of a result
 * @property {Record<Scale, Size>} sizes
 * @property {(size: Size) => number} operations
 * @property {{ to: string, factor: number } | { atMost: number }} [goal]
 *   `to`: the contestant whose median is the measure
 * @property {string} [against] the contestant named beside the goal, and how it is fair there
 * @property {string} [native] how native promises do it here
 * @property {boolean} [once] measured once a process: memory
 */

/** @param {string} key @returns {(size: Size) => number} */
const count = (key) => (size) => size[key] ?? 1;
/** @param {string} a @param {string} b @returns {(size: Size) => number} */
const product = (a, b) => (size) => (size[a] ?? 1) * (size[b] ?? 1);

/** @param {number} factor */
const ofAsyncio = (factor) => ({ to: "asyncio", factor });

/** @type {readonly Workload[]} */
export const workloads = [
  {
    id: "spawn",
    title: "Spawn and join 100,000 tasks",
    operation: "task made, run and joined",
    unit: "us",
    sizes: { full: { tasks: 100_000 }, quick: { tasks: 20_000 }, smoke: { tasks: 20 } },
    operations: count("tasks"),
    goal: ofAsyncio(0.1),
    against: "native",
    native: "each begins in a `setImmediate`",
  },
  {
    id: "switch",
    title: "1,000 tasks switch 1,000 times each",
    operation: "`sleep(0)`",
    unit: "us",
    sizes: {
      full: { tasks: 1000, times: 1000 },
      quick: { tasks: 1000, times: 100 },
      smoke: { tasks: 5, times: 5 },
    },
    operations: product("tasks", "times"),
    goal: ofAsyncio(0.06),
    against: "native",
    native: "`await null`",
  },
  {
    id: "ping-pong",
    title: "Ping-pong of two tasks over two queues",
    operation: "round trip",
    unit: "us",
    sizes: { full: { trips: 50_000 }, quick: { trips: 10_000 }, smoke: { trips: 20 } },
    operations: count("trips"),
    goal: ofAsyncio(0.045),
    against: "native",
    native: "a queue of promises by hand",
  },
  {
    id: "bounded-queue",
    title: "Bounded queue, 10 producers and 10 consumers",
    operation: "item put and got",
    unit: "us",
    sizes: {
      full: { pairs: 10, items: 20_000, bound: 100 },
      quick: { pairs: 10, items: 4000, bound: 100 },
      smoke: { pairs: 2, items: 10, bound: 3 },
    },
    operations: product("pairs", "items"),
    goal: ofAsyncio(0.15),
    against: "native",
    native: "a queue of promises by hand",
  },
  {
    id: "lock",
    title: "A lock that 100 tasks want",
    operation: "lock taken, `sleep(0)`, released",
    unit: "us",
    sizes: {
      full: { tasks: 100, times: 500 },
      quick: { tasks: 100, times: 100 },
      smoke: { tasks: 3, times: 3 },
    },
    operations: product("tasks", "times"),
    goal: ofAsyncio(0.045),
    against: "native",
    native: "a lock of promises by hand",
  },
  {
    id: "semaphore",
    title: "100,000 tasks through a semaphore of 100",
    operation: "task made, permit taken, `sleep(0)`, released, joined",
    unit: "us",
    sizes: {
      full: { tasks: 100_000, permits: 100 },
      quick: { tasks: 20_000, permits: 100 },
      smoke: { tasks: 20, permits: 3 },
    },
    operations: count("tasks"),
    goal: ofAsyncio(0.1),
    against: "native",
    native: "a semaphore of promises by hand, each task begins in a `setImmediate`",
  },
  {
    id: "sleep",
    title: "10,000 sleepers gathered",
    operation: "task made, sleeps 1 to 4 ms, gathered",
    unit: "us",
    sizes: { full: { tasks: 10_000 }, quick: { tasks: 10_000 }, smoke: { tasks: 20 } },
    operations: count("tasks"),
    goal: ofAsyncio(0.08),
    against: "native",
    native: "a promise on `setTimeout`",
  },
  {
    id: "cancel",
    title: "Cancel 100,000 sleepers",
    operation: "sleeping task cancelled and joined",
    unit: "us",
    sizes: { full: { tasks: 100_000 }, quick: { tasks: 20_000 }, smoke: { tasks: 20 } },
    operations: count("tasks"),
    goal: ofAsyncio(0.35),
    against: "native",
    native: "an AbortController each, `timers/promises`",
  },
  {
    id: "deep-call",
    title: "Await chain 1,000 deep: the calls",
    operation: "coroutine called, awaited and returned from",
    unit: "us",
    sizes: {
      full: { depth: 1000, times: 200 },
      quick: { depth: 1000, times: 50 },
      smoke: { depth: 10, times: 2 },
    },
    operations: product("depth", "times"),
    goal: ofAsyncio(0.5),
    against: "native",
    native: "async functions",
  },
  {
    id: "deep-resume",
    title: "Await chain 1,000 deep: resumes at its bottom",
    operation: "`sleep(0)`",
    unit: "us",
    sizes: {
      full: { depth: 1000, times: 10_000 },
      quick: { depth: 1000, times: 2000 },
      smoke: { depth: 10, times: 5 },
    },
    operations: count("times"),
    goal: ofAsyncio(0.02),
    against: "native",
    native: "`setImmediate`",
  },
  {
    id: "bytes-100k",
    title: "Memory of 100,000 suspended tasks",
    operation: "task that awaits a future",
    unit: "bytes",
    sizes: { full: { tasks: 100_000 }, quick: { tasks: 100_000 }, smoke: { tasks: 100 } },
    operations: count("tasks"),
    once: true,
  },
  {
    id: "bytes-1m",
    title: "Memory of 1,000,000 suspended tasks",
    operation: "task that awaits a future",
    unit: "bytes",
    sizes: { full: { tasks: 1_000_000 }, quick: { tasks: 300_000 }, smoke: { tasks: 100 } },
    operations: count("tasks"),
    goal: { atMost: 400 },
    against: "native",
    native: "async functions that await a promise each",
    once: true,
  },
];
