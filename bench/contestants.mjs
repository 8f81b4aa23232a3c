// Who is measured, in the order of the tables.

/**
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} title
 * @property {string} [program] the module in programs/
 * @property {boolean} [registry] with the inspector's registry on
 * @property {boolean} [python]
 * @property {boolean} [uvloop]
 * @property {Record<string, string>} [env]
 * @property {string} [package] the package of bench/package.json that it needs
 * @property {readonly string[]} [only] the workloads that it fits
 * @property {readonly string[]} [except]
 * @property {Record<string, import("./workloads.mjs").Size>} [smaller] sizes for `full` where it
 *   would take up the time of the whole run
 */

/** The one that the goals are for. */
export const MEASURED = "generators-registry";

/** What a library that limits concurrency is for. */
const limiting = ["lock", "semaphore"];

/** @type {readonly Contestant[]} */
export const contestants = [
  { id: "floor", title: "floor (trampoline)", program: "floor", except: ["subprocess"] },
  { id: "generators", title: "asyncscope, generators", program: "asyncscope-generators" },
  {
    id: MEASURED,
    title: "asyncscope, generators, registry on",
    program: "asyncscope-generators",
    registry: true,
  },
  { id: "async", title: "asyncscope, async", program: "asyncscope-async" },
  {
    id: "async-registry",
    title: "asyncscope, async, registry on",
    program: "asyncscope-async",
    registry: true,
  },
  { id: "native", title: "native promises", program: "native" },
  {
    id: "native-als",
    title: "native promises, AsyncLocalStorage",
    program: "native",
    env: { ASYNCSCOPE_BENCH_ALS: "1" },
    only: ["spawn", "switch", "ping-pong", "bounded-queue", "lock", "semaphore", "deep-call", "deep-resume"],
  },
  {
    id: "thenables",
    title: "bare thenables, AsyncLocalStorage",
    program: "thenables",
    only: ["switch"],
  },
  {
    id: "effect",
    title: "Effect",
    program: "effect",
    package: "effect",
    smaller: {
      semaphore: { tasks: 10_000, permits: 100 },
    },
  },
  {
    id: "effection",
    title: "Effection",
    program: "effection",
    package: "effection",
    smaller: {
      spawn: { tasks: 10_000 },
      switch: { tasks: 1000, times: 100 },
      semaphore: { tasks: 5000, permits: 100 },
      cancel: { tasks: 10_000 },
      "bytes-100k": { tasks: 10_000 },
    },
    except: ["bytes-1m"],
  },
  { id: "p-queue", title: "p-queue", program: "p-queue", package: "p-queue", only: limiting },
  { id: "p-limit", title: "p-limit", program: "p-limit", package: "p-limit", only: limiting },
  {
    id: "async-mutex",
    title: "async-mutex",
    program: "async-mutex",
    package: "async-mutex",
    only: limiting,
    smaller: {
      semaphore: { tasks: 10_000, permits: 100 },
    },
  },
  { id: "fastq", title: "fastq", program: "fastq", package: "fastq", only: limiting },
  { id: "asyncio", title: "CPython asyncio", python: true },
  { id: "uvloop", title: "CPython asyncio, uvloop", python: true, uvloop: true },
];

/** @param {Contestant} contestant @param {string} workload */
export const fits = ({ only, except }, workload) =>
  (only?.includes(workload) ?? true) && !(except?.includes(workload) ?? false);

/** @param {string} id */
export const titleOf = (id) => contestants.find((contestant) => contestant.id === id)?.title ?? id;
