// npm run compatibility: runs the own test suites of well-known packages untouched and with the loader, compares, and
// writes docs/compatibility.md. Fails when a test comes out differently with the loader.
// Usage: npm run compatibility [-- --no-build] [--anew] [NAME…]. What was compared with this very loader and this Node is
// not compared again, unless it is named, or all are `--anew`; with `--document` nothing is.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compatibilityDocument, table } from "./lib/document.mjs";
import { install } from "./lib/install.mjs";
import { counts, differing, judge } from "./lib/outcomes.mjs";
import { keep, kept } from "./lib/results.mjs";
import { rewrittenFunctions, runTests } from "./lib/run-tests.mjs";
import { packages } from "./packages.mjs";
import { ensureDependencies } from "../scripts/lib/dependencies.mjs";
import { quietly } from "../scripts/lib/processes.mjs";
import { root } from "../scripts/lib/root.mjs";

/** How often tests run again that came out differently. */
const AGAIN = 2;

const names = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const unknown = names.filter((name) => !packages.some((each) => each.name === name));
if (unknown.length > 0)
  throw new Error(`No such package in compatibility/packages.mjs: ${unknown.join(", ")}`);
const options = new Set(process.argv.slice(2).filter((arg) => arg.startsWith("--")));
if (!options.has("--no-build")) {
  await ensureDependencies(progress);
  progress("building");
  await quietly(process.execPath, ["scripts/build.mjs", "--no-types"], { cwd: root });
}

/** @type {import("./lib/document.mjs").Result[]} */
const results = [];
/** @type {string[]} */
const failed = [];
for (const tested of packages) {
  const named = names.includes(tested.name);
  const before = named || options.has("--anew") ? undefined : kept(tested);
  if (before !== undefined) results.push(before);
  else if (named || (names.length === 0 && !options.has("--document")))
    try {
      const result = await compare(tested);
      keep(result);
      results.push(result);
    } catch (error) {
      failed.push(tested.name);
      progress(`${tested.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
}
console.log(table(results));
for (const { tested, differences, unsteady } of results) {
  for (const text of differences) console.log(`DIFFERENT ${tested.name}, ${text}`);
  for (const text of unsteady) console.log(`unsteady  ${tested.name}, ${text}`);
}
const missing = packages.filter((each) => !results.some(({ tested }) => tested === each));
if (results.length > 0)
  writeFileSync(
    join(root, "docs/compatibility.md"),
    compatibilityDocument(
      results,
      missing.map(({ name, version }) => `${name} ${version}`),
    ),
  );
for (const { name } of missing) progress(`${name} has not been compared with this loader and this Node`);
process.exitCode = failed.length > 0 || results.some(({ differences }) => differences.length > 0) ? 1 : 0;

/**
 * @param {import("./packages.mjs").Package} tested
 * @returns {Promise<import("./lib/document.mjs").Result>}
 */
async function compare(tested) {
  const folder = await install(tested, progress);
  const go = async (/** @type {boolean} */ loader, /** @type {Set<string> | undefined} */ only) => {
    const ran = await runTests(tested, folder, { loader, ...(only === undefined ? {} : { only }) });
    const how = `${loader ? "with the loader" : "untouched"}${only === undefined ? "" : ", again"}`;
    progress(
      `${tested.name} ${how}: ${ran.outcomes.size} tests, code ${ran.code}, ${Math.round(ran.seconds)} s`,
    );
    if (ran.outcomes.size === 0) throw new Error(`No test ran.\n${ran.output.slice(-4000)}`);
    return ran;
  };
  const untouched = [await go(false, undefined)];
  const loaded = [await go(true, undefined)];
  const [before, after] = [untouched[0], loaded[0]];
  if (before === undefined || after === undefined) throw new Error("Nothing was run.");
  const ids = differing(before.outcomes, after.outcomes);
  const files = new Set(
    ids.map((id) => (before.outcomes.get(id) ?? after.outcomes.get(id))?.file ?? "").filter(Boolean),
  );
  for (let n = 0; n < AGAIN && ids.length > 0; n++) {
    const only = files.size > 0 ? files : undefined;
    untouched.push(await go(false, only));
    loaded.push(await go(true, only));
  }
  const outcomes = (/** @type {import("./lib/run-tests.mjs").TestRun[]} */ runs) =>
    runs.map((each) => each.outcomes);
  const judged = judge(ids, outcomes(untouched), outcomes(loaded));
  if (ids.length === 0 && before.code !== after.code)
    judged.differences.push(`exit code: untouched ${before.code}; with the loader ${after.code}`);
  const functions = rewrittenFunctions(folder);
  return {
    tested,
    functions,
    untouched: { ...counts(before.outcomes), code: before.code },
    loaded: { ...counts(after.outcomes), code: after.code },
    ...judged,
  };
}

/** @param {string} line */
function progress(line) {
  process.stderr.write(`compatibility: ${line}\n`);
}
