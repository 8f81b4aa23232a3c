// npm run bench:views: what watching very many tasks costs, through the real debug adapter.
// Usage: npm run bench:views [-- --tasks 1000000] [--minutes 10] [--only scale|slowdown|churn] [--no-build]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parseArgs } from "node:util";
import { quietly } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";
import { median } from "../lib/statistics.mjs";
import { viewModels } from "./models.mjs";
import { debug } from "./session.mjs";

const UPDATES = 20;
/** Views ask so often. Milliseconds. */
const INTERVAL = 250;
/** Pairs of seconds, one of them watched. */
const PAIRS = 15;

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000000" },
    minutes: { type: "string", default: "10" },
    only: { type: "string" },
    "no-build": { type: "boolean", default: false },
  },
});
const tasks = Number(values.tasks);
const minutes = Number(values.minutes);
setFlagsFromString("--expose-gc");
const gc = /** @type {() => void} */ (runInNewContext("gc"));
if (!values["no-build"]) await quietly(process.execPath, ["scripts/build.mjs", "--no-types"], { cwd: root });
const { TaskOrders, ResourceModel } = await viewModels();

const parts = { scale, slowdown, churn };
for (const [name, part] of Object.entries(parts))
  if (values.only === undefined || values.only === name) await part();

async function scale() {
  heading(`${tasks.toLocaleString("en-US")} live tasks, something changes all the time`);
  const alone = spawnSync(
    process.execPath,
    ["--expose-gc", "--max-old-space-size=8000", join(root, "bench/programs/views/scale.mjs"), String(tasks)],
    { encoding: "utf8" },
  );
  const plain = Number(/bytes ([\d.]+)/.exec(alone.stdout)?.[1]);
  const session = await debug("scale.mjs", [String(tasks), "stay"]);
  const watched = await session.said("bytes");
  goal("registry, bytes a task", watched - plain, 200, `a task itself takes ${plain.toFixed(0)}`);
  const first = [{ task: 0, limit: 100 }];
  const questions = {
    creation: ["asyncscope/tree", { order: "creation", pages: [...first, { task: 1, limit: 100 }] }],
    await: ["asyncscope/tree", { order: "await", pages: first }],
    location: ["asyncscope/groups", { all: true, limit: 100 }],
    "filter by name": [
      "asyncscope/tree",
      { order: "creation", pages: first, deep: true, limit: 1000, filter: { name: "task-99999" } },
    ],
    futures: ["asyncscope/futures", { limit: 200 }],
  };
  for (const [name, [command, args]] of Object.entries(questions)) {
    const ask = async () => {
      const start = performance.now();
      await session.request(/** @type {string} */ (command), /** @type {object} */ (args));
      return performance.now() - start;
    };
    const took = await ask();
    const { cpu } = session.adapter();
    const later = [];
    for (let i = 0; i < UPDATES; i++) later.push(await ask());
    const adapter = (session.adapter().cpu - cpu) / UPDATES;
    const isOrder = name in { creation: 1, await: 1, location: 1 };
    goal(`first answer, ${name}, ms`, took, isOrder ? 300 : undefined, `later ${median(later).toFixed(0)}`);
    goal(`adapter's time of an update, ${name}, ms`, adapter, 50);
  }
  const view = viewOf(session);
  for (let i = 0; i < 5; i++) await view.refresh();
  gc();
  const [heap, rss] = [process.memoryUsage().heapUsed / 1e6, session.adapter().rss];
  for (let i = 0; i < 100; i++) await view.refresh();
  gc();
  goal("extension host, MB more after 100 refreshes", process.memoryUsage().heapUsed / 1e6 - heap, 5);
  goal(
    "adapter, MB more after 100 refreshes",
    session.adapter().rss - rss,
    undefined,
    `of ${rss.toFixed(0)}`,
  );
  await session.end();
}

async function slowdown() {
  heading("A program that is busy all the time, watched four times a second in every other second");
  const session = await debug("busy.mjs", []);
  const view = viewOf(session);
  await session.said("rate");
  await view.refresh();
  await session.said("rate");
  const [unwatched, watched] = [[NaN], [NaN]];
  for (let i = 0; i < PAIRS; i++) {
    unwatched.push(await session.said("rate"));
    let over = false;
    const rate = session.said("rate").then((value) => ((over = true), value));
    for (let next = performance.now(); !over; next += INTERVAL) {
      await view.refresh();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next + INTERVAL - performance.now())));
    }
    watched.push(await rate);
    // What was asked last ends in a second of its own.
    await session.said("rate");
  }
  // The fastest second of each: what other programs of the machine take is left out.
  const best = (/** @type {number[]} */ list) => Math.max(...list.slice(1));
  const slower = (best(unwatched) / best(watched) - 1) * 100;
  const note = `${Math.round(best(unwatched)).toLocaleString("en-US")} items a second unwatched`;
  goal("slower while watched, %", slower, 3, note);
  await session.end();
}

async function churn() {
  heading(`100,000 live tasks, 10,000 a second come and go, for ${minutes} min`);
  const session = await debug("churn.mjs", []);
  const view = viewOf(session);
  /** @type {{ program: number, adapter: number, host: number }[]} */
  const samples = [];
  for (const end = performance.now() + minutes * 60_000; performance.now() < end;) {
    const heap = session.said("heap");
    let over = false;
    void heap.then(() => (over = true));
    while (!over) {
      const start = performance.now();
      await view.refresh();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + INTERVAL - performance.now())));
    }
    gc();
    samples.push({
      program: await heap,
      adapter: session.adapter().rss,
      host: process.memoryUsage().heapUsed / 1e6,
    });
  }
  await session.end();
  // It takes some time until everything has its size.
  const third = Math.max(1, Math.floor(samples.length / 3));
  for (const who of /** @type {const} */ (["program", "adapter", "host"])) {
    const of = (/** @type {typeof samples} */ list) => median(list.map((sample) => sample[who]));
    const [early, late] = [of(samples.slice(third, 2 * third)), of(samples.slice(-third))];
    goal(
      `${who}, % more in the last third than in the middle one`,
      (late / early - 1) * 100,
      5,
      `${late.toFixed(1)} MB`,
    );
  }
}

/** What the editor's views ask for. @param {import("./session.mjs").Session} session */
function viewOf(session) {
  const scope = {
    id: "bench",
    name: "bench",
    request: session.request,
    variables: async () => [],
  };
  const orders = new TaskOrders(scope);
  const resources = new ResourceModel(scope);
  return {
    async refresh() {
      await orders.refresh();
      // Everything is opened that opens by itself.
      for (const row of await orders.children()) if (orders.isOpen(row)) await orders.children(row);
      await resources.refresh();
    },
  };
}

/** @param {string} text */
function heading(text) {
  console.log(`\n${text}`);
}

/**
 * @param {string} what
 * @param {number} value
 * @param {number | undefined} most the goal
 * @param {string} [note]
 */
function goal(what, value, most, note = "") {
  const verdict =
    most === undefined || Number.isNaN(value) ? "" : value < most ? `ok (< ${most})` : `MISSED (< ${most})`;
  console.log(
    `  ${what.padEnd(58)} ${value.toFixed(1).padStart(9)}  ${verdict}${note === "" ? "" : `  ${note}`}`,
  );
}
