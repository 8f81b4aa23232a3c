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
 * @property {Record<string, { size: import("./workloads.mjs").Size, why: string }>} [smaller] sizes for `full` of
 *   workloads that it does not get through in time
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
    id: "effect",
    title: "Effect",
    program: "effect",
    package: "effect",
    smaller: {
      semaphore: { size: { tasks: 10_000, permits: 100 }, why: "100,000 tasks take it longer than a minute" },
    },
  },
  {
    id: "effection",
    title: "Effection",
    program: "effection",
    package: "effection",
    smaller: {
      spawn: { size: { tasks: 10_000 }, why: "100,000 tasks take it twenty seconds" },
      switch: { size: { tasks: 1000, times: 100 }, why: "ten times as many take it ten seconds" },
      semaphore: { size: { tasks: 5000, permits: 100 }, why: "100,000 tasks take it longer than a minute" },
      cancel: { size: { tasks: 10_000 }, why: "100,000 tasks take it longer than a minute" },
      "bytes-100k": { size: { tasks: 10_000 }, why: "100,000 tasks take it longer than a minute" },
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
      semaphore: {
        size: { tasks: 10_000, permits: 100 },
        why: "100,000 tasks take it a quarter of a minute",
      },
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
