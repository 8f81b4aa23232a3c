// What is measured, and the ways in which it runs.

/**
 * @typedef {object} Way
 * @property {string} id
 * @property {string} title
 * @property {boolean} [loader]
 * @property {boolean} [dependencies] they are rewritten as well
 * @property {"als" | "debugger" | "async stacks"} [watch] what is switched on in the process
 */

/** @type {readonly Way[]} */
export const ways = [
  { id: "untouched", title: "untouched" },
  { id: "loader", title: "loader", loader: true },
  { id: "loader-all", title: "loader, dependencies too", loader: true, dependencies: true },
  { id: "als", title: "async_hooks (AsyncLocalStorage)", watch: "als" },
  { id: "debugger", title: "`Debugger.enable`", watch: "debugger" },
  { id: "async-stacks", title: "async stacks, depth 32", watch: "async stacks" },
];

/**
 * @typedef {object} Workload
 * @property {string} id
 * @property {string} title
 * @property {"time" | "server" | "memory"} kind
 * @property {string} unit
 * @property {number} full how often it is done in a sample
 * @property {number} quick
 * @property {number} goal the most that the loader may cost: a ratio; of memory, the difference
 */

/** @type {readonly Workload[]} */
export const workloads = [
  {
    id: "tight",
    title: "tight awaits",
    kind: "time",
    unit: "ns of CPU an await",
    full: 300_000,
    quick: 50_000,
    goal: 1.15,
  },
  {
    id: "layers",
    title: "three async layers",
    kind: "time",
    unit: "ns of CPU a call",
    full: 100_000,
    quick: 20_000,
    goal: 1.15,
  },
  {
    id: "http",
    title: "HTTP server",
    kind: "server",
    unit: "µs of CPU a request",
    full: 6000,
    quick: 1500,
    goal: 1.03,
  },
  {
    id: "fastify",
    title: "fastify",
    kind: "server",
    unit: "µs of CPU a request",
    full: 6000,
    quick: 1500,
    goal: 1.03,
  },
  {
    id: "pending",
    title: "pending calls",
    kind: "memory",
    unit: "bytes a call",
    full: 100_000,
    quick: 100_000,
    goal: 250,
  },
];
