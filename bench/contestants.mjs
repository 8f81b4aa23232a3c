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
 * @property {readonly string[]} [only] the workloads that it fits
 */

/** The one that the goals are for. */
export const MEASURED = "generators-registry";

/** @type {readonly Contestant[]} */
export const contestants = [
  { id: "floor", title: "floor (trampoline)", program: "floor" },
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
  { id: "asyncio", title: "CPython asyncio", python: true },
  { id: "uvloop", title: "CPython asyncio, uvloop", python: true, uvloop: true },
];
