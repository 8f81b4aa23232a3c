// npm run bench: measures the runtime beside its peers, prints tables, writes docs/performance.md.
import { parseOptions } from "./lib/options.mjs";
import { runRounds } from "./lib/rounds.mjs";
import { goalTable, workloadTable } from "./lib/tables.mjs";
import { quietly } from "../scripts/lib/processes.mjs";
import { ensureDependencies } from "../scripts/lib/dependencies.mjs";
import { root } from "../scripts/lib/root.mjs";

const started = Date.now();
const options = chosenOptions();
if (options.build) {
  await ensureDependencies(progress);
  progress("building the runtime");
  await quietly(process.execPath, ["scripts/build.mjs", "--no-types"], { cwd: root });
}

/** @type {Map<string, string>} */
const versions = new Map();
const results = [];
for (const workload of options.chosen) {
  const result = await runRounds(workload, options, { versions, progress });
  results.push(result);
  console.log(`\n## ${workload.title} (${workload.id})\n\n${workloadTable(result)}`);
}
console.log(`\n## Goals\n\n${goalTable(results)}`);
progress("done");
process.exitCode = results.some(({ failed }) => failed.size > 0) ? 1 : 0;

function chosenOptions() {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

/** On stderr, so that stdout is the tables alone. @param {string} line */
function progress(line) {
  const seconds = Math.round((Date.now() - started) / 1000);
  console.error(`[${String(seconds).padStart(4)} s] ${line}`);
}
