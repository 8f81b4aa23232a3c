// What is measured. `sizes` are handed to the programs as they are; `operations` says by how many operations a time
// is divided. Goals are factors of CPython asyncio's time in the same run, for generators with the inspector's
// registry on.

/**
 * @typedef {Record<string, number>} Size
 * @typedef {"full" | "quick" | "smoke"} Scale
 * @typedef {"times" | "memory" | "server" | "async stacks"} Kind how it is measured: repeated; once a process; the
 *   CPU time of a server; as a factor that somebody else's async call stacks cost
 * @typedef {object} Workload
 * @property {string} id for `--only`
 * @property {string} title
 * @property {string} operation what one operation is
 * @property {Kind} kind
 * @property {"us" | "ms" | "bytes" | "times"} unit of a result
 * @property {Record<Scale, Size>} sizes
 * @property {(size: Size) => number} operations
 * @property {{ to: string, factor: number } | { atMost: number }} [goal]
 *   `to`: the contestant whose median is the measure
 * @property {string} [floor] what the floor is, when not the trampoline
 * @property {string} [native] how native promises do it here
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
    kind: "times",
    unit: "us",
    sizes: { full: { tasks: 100_000 }, quick: { tasks: 20_000 }, smoke: { tasks: 20 } },
    operations: count("tasks"),
    goal: ofAsyncio(0.1),
    native: "each begins in a `setImmediate`",
  },
  {
    id: "switch",
    title: "1,000 tasks switch 1,000 times each",
    operation: "`sleep(0)`",
    kind: "times",
    unit: "us",
    sizes: {
      full: { tasks: 1000, times: 1000 },
      quick: { tasks: 1000, times: 100 },
      smoke: { tasks: 5, times: 5 },
    },
    operations: product("tasks", "times"),
    goal: ofAsyncio(0.06),
    native: "`await null`",
  },
  {
    id: "ping-pong",
    title: "Ping-pong of two tasks over two queues",
    operation: "round trip",
    kind: "times",
    unit: "us",
    sizes: { full: { trips: 50_000 }, quick: { trips: 10_000 }, smoke: { trips: 20 } },
    operations: count("trips"),
    goal: ofAsyncio(0.045),
    native: "a queue of promises by hand",
  },
  {
    id: "bounded-queue",
    title: "Bounded queue, 10 producers and 10 consumers",
    operation: "item put and got",
    kind: "times",
    unit: "us",
    sizes: {
      full: { pairs: 10, items: 20_000, bound: 100 },
      quick: { pairs: 10, items: 4000, bound: 100 },
      smoke: { pairs: 2, items: 10, bound: 3 },
    },
    operations: product("pairs", "items"),
    goal: ofAsyncio(0.15),
    native: "a queue of promises by hand",
  },
  {
    id: "lock",
    title: "A lock that 100 tasks want",
    operation: "lock taken, `sleep(0)`, released",
    kind: "times",
    unit: "us",
    sizes: {
      full: { tasks: 100, times: 500 },
      quick: { tasks: 100, times: 100 },
      smoke: { tasks: 3, times: 3 },
    },
    operations: product("tasks", "times"),
    goal: ofAsyncio(0.045),
    native: "a lock of promises by hand",
  },
  {
    id: "semaphore",
    title: "100,000 tasks through a semaphore of 100",
    operation: "task made, permit taken, `sleep(0)`, released, joined",
    kind: "times",
    unit: "us",
    sizes: {
      full: { tasks: 100_000, permits: 100 },
      quick: { tasks: 20_000, permits: 100 },
      smoke: { tasks: 20, permits: 3 },
    },
    operations: count("tasks"),
    goal: ofAsyncio(0.1),
    native: "a semaphore of promises by hand, each task begins in a `setImmediate`",
  },
  {
    id: "sleep",
    title: "10,000 sleepers gathered",
    operation: "task made, sleeps 1 to 4 ms, gathered",
    kind: "times",
    unit: "us",
    sizes: { full: { tasks: 10_000 }, quick: { tasks: 10_000 }, smoke: { tasks: 20 } },
    operations: count("tasks"),
    goal: ofAsyncio(0.08),
    native: "a promise on `setTimeout`",
  },
  {
    id: "cancel",
    title: "Cancel 100,000 sleepers",
    operation: "sleeping task cancelled and joined",
    kind: "times",
    unit: "us",
    sizes: { full: { tasks: 100_000 }, quick: { tasks: 20_000 }, smoke: { tasks: 20 } },
    operations: count("tasks"),
    goal: ofAsyncio(0.35),
    native: "an AbortController each, `timers/promises`",
  },
  {
    id: "deep-call",
    title: "Await chain 1,000 deep: the calls",
    operation: "coroutine called, awaited and returned from",
    kind: "times",
    unit: "us",
    sizes: {
      full: { depth: 1000, times: 200 },
      quick: { depth: 1000, times: 50 },
      smoke: { depth: 10, times: 2 },
    },
    operations: product("depth", "times"),
    goal: ofAsyncio(0.5),
    native: "async functions",
  },
  {
    id: "deep-resume",
    title: "Await chain 1,000 deep: resumes at its bottom",
    operation: "`sleep(0)`",
    kind: "times",
    unit: "us",
    sizes: {
      full: { depth: 1000, times: 10_000 },
      quick: { depth: 1000, times: 2000 },
      smoke: { depth: 10, times: 5 },
    },
    operations: count("times"),
    goal: ofAsyncio(0.02),
    native: "`setImmediate`",
  },
  {
    id: "tcp-echo",
    title: "TCP echo, 100 connections",
    operation: "message of 64 bytes: the server's CPU time, the client is another process",
    kind: "server",
    unit: "us",
    sizes: {
      full: { connections: 100, messages: 300, messageBytes: 64 },
      quick: { connections: 100, messages: 100, messageBytes: 64 },
      smoke: { connections: 3, messages: 3, messageBytes: 64 },
    },
    operations: product("connections", "messages"),
    goal: ofAsyncio(0.75),
    floor: "Node's raw socket handle",
    native: "`for await` over a socket",
  },
  {
    id: "bytes-100k",
    title: "Memory of 100,000 suspended tasks",
    operation: "task that awaits a future",
    kind: "memory",
    unit: "bytes",
    sizes: { full: { tasks: 100_000 }, quick: { tasks: 100_000 }, smoke: { tasks: 2000 } },
    operations: count("tasks"),
  },
  {
    id: "bytes-1m",
    title: "Memory of 1,000,000 suspended tasks",
    operation: "task that awaits a future",
    kind: "memory",
    unit: "bytes",
    sizes: { full: { tasks: 1_000_000 }, quick: { tasks: 300_000 }, smoke: { tasks: 2000 } },
    operations: count("tasks"),
    goal: { atMost: 400 },
  },
  {
    id: "subprocess",
    title: "200 subprocesses, 10 at a time",
    operation: "`true` started and waited for",
    kind: "times",
    unit: "ms",
    sizes: {
      full: { processes: 200, lanes: 10 },
      quick: { processes: 100, lanes: 10 },
      smoke: { processes: 4, lanes: 2 },
    },
    operations: count("processes"),
    goal: { to: "native", factor: 1.05 },
    native: "`node:child_process`",
  },
  {
    id: "async-stacks",
    title: "A debugger switches on async call stacks, 32 deep",
    operation: "1,000 tasks switch 50 times each: how many times longer than without",
    kind: "async stacks",
    unit: "times",
    sizes: {
      full: { tasks: 1000, times: 50 },
      quick: { tasks: 1000, times: 50 },
      smoke: { tasks: 5, times: 5 },
    },
    operations: () => 1,
    goal: { atMost: 1.3 },
    native: "`await null`",
  },
];
