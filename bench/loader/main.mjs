// npm run bench:loader: measures what the loader costs beside other ways to watch async functions, prints tables, and
// writes docs/loader-cost.md.
// Usage: npm run bench:loader [-- --quick] [--rounds N] [--only WORKLOAD,…] [--no-build]; only a whole run writes.
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { costDocument, costTable, goalTable, startTable } from "./lib/document.mjs";
import { largeProgram, measure, measureStart } from "./lib/measure.mjs";
import { ways, workloads } from "./ways.mjs";
import { installPeers, isInstalled } from "../lib/peers.mjs";
import { ensureDependencies } from "../../scripts/lib/dependencies.mjs";
import { quietly } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    "no-build": { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const chosen = workloads.filter(
  ({ id }) => options.only === undefined || options.only.split(",").includes(id),
);
const before = load();
if (!options["no-build"]) {
  await ensureDependencies(progress);
  progress("building");
  await quietly(process.execPath, ["scripts/build.mjs", "--no-types"], { cwd: root });
}
await installPeers(progress);

/** @type {import("./lib/document.mjs").Result[]} */
const results = chosen
  .filter(({ id }) => id !== "fastify" || isInstalled("fastify"))
  .map((workload) => ({ workload, samples: new Map() }));
/** @type {import("./lib/document.mjs").Samples} */
const starts = new Map();
const large = largeProgram();
try {
  await measureStart(large.program, "cold", large.cache); // files are read once before
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    for (const { workload, samples } of results)
      for (const way of ways) {
        // There is nothing of others in the rest, and memory is a matter of the loader alone.
        if (way.dependencies && workload.id !== "fastify") continue;
        if (workload.kind === "memory" && way.watch !== undefined) continue;
        add(samples, way.id, await measure(workload, way, times(workload, way)));
      }
    if (options.only === undefined)
      for (const how of /** @type {const} */ (["untouched", "cold", "warm"]))
        add(starts, how, await measureStart(large.program, how, large.cache));
  }
} finally {
  large.remove();
}
const tables = [
  costTable(results),
  ...(starts.size > 0 ? [startTable(starts)] : []),
  goalTable(results, starts),
];
console.log(tables.join("\n\n"));
if (options.only === undefined && !options.quick) {
  writeFileSync(
    join(root, "docs/loader-cost.md"),
    costDocument(results, starts, { rounds, load: [before, load()] }),
  );
  progress("wrote docs/loader-cost.md");
}

/** How often: what is many times as slow is done less often. @param {import("./ways.mjs").Workload} workload @param {import("./ways.mjs").Way} way */
function times({ kind, full, quick }, { watch }) {
  if (kind !== "time" || watch === undefined) return options.quick ? quick : full;
  return watch === "async stacks" ? quick / 10 : quick;
}

/** @param {import("./lib/document.mjs").Samples} samples @param {string} id @param {number} value */
function add(samples, id, value) {
  const list = samples.get(id);
  if (list === undefined) samples.set(id, [value]);
  else list.push(value);
}

/** Of the last minute; 0 on Windows. */
function load() {
  return loadavg()[0] ?? 0;
}

/** @param {string} line */
function progress(line) {
  console.error(`bench:loader: ${line}`);
}
