// npm run bench: measures the runtime beside its peers, prints tables, writes docs/performance.md.
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { performanceDocument } from "./lib/document.mjs";
import { parseOptions } from "./lib/options.mjs";
import { installPeers } from "./lib/peers.mjs";
import { runRounds } from "./lib/rounds.mjs";
import { asyncTable, goalTable, workloadTable } from "./lib/tables.mjs";
import { ensureDependencies } from "../scripts/lib/dependencies.mjs";
import { quietly } from "../scripts/lib/processes.mjs";
import { root } from "../scripts/lib/root.mjs";

const started = Date.now();
const loadBefore = load();
const options = chosenOptions();
if (options.build) {
  await ensureDependencies(progress);
  progress("building the runtime");
  await quietly(process.execPath, ["scripts/build.mjs", "--no-types"], { cwd: root });
}
if (options.peers) await installPeers(progress);

/** @type {Map<string, string>} */
const versions = new Map();
const results = [];
for (const workload of options.chosen) {
  const result = await runRounds(workload, options, { versions, progress });
  results.push(result);
  console.log(`\n## ${workload.title} (${workload.id})\n\n${workloadTable(result)}\n`);
}
const async = asyncTable(results);
if (async !== undefined) console.log(`\n## Async functions, registry on\n\n${async}`);
console.log(`\n## Goals: generators, registry on\n\n${goalTable(results)}\n`);

const failures = results.flatMap(({ workload, failed }) =>
  [...failed].map(([id, why]) => `${workload.id}, ${id}: ${why}`),
);
for (const failure of failures) progress(`failed: ${failure}`);
const output = options.output ?? (options.whole ? join(root, "docs/performance.md") : undefined);
if (output === undefined) progress("docs/performance.md is as it was: only a whole run writes it");
else {
  writeFileSync(
    output,
    performanceDocument(results, {
      ...options,
      versions,
      minutes: Math.round((Date.now() - started) / 60_000),
      load: [loadBefore, load()],
    }),
  );
  progress(`wrote ${output}`);
}
process.exitCode = failures.length > 0 ? 1 : 0;

function chosenOptions() {
  try {
    const parsed = parseOptions(process.argv.slice(2));
    return { ...parsed, output: parsed.output === undefined ? undefined : resolve(parsed.output) };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

/** Of the last minute; 0 on Windows. */
function load() {
  return loadavg()[0] ?? 0;
}

/** On stderr, so that stdout is the tables alone. @param {string} line */
function progress(line) {
  const seconds = Math.round((Date.now() - started) / 1000);
  console.error(`[${String(seconds).padStart(4)} s] ${line}`);
}
