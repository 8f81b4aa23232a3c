// One run of a package's tests.
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { collect, parseTap } from "./outcomes.mjs";
import { run } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";

const REPORTER = fileURLToPath(new URL("reporter.mjs", import.meta.url));
const LOADER = join(root, "runtime/dist/register.cjs");
/** A run of all tests ends within this time, milliseconds. */
const TIMEOUT = 900_000;
/** One file ends within this time, milliseconds. */
const FILE_TIMEOUT = 120_000;

/** @typedef {{ outcomes: import("./outcomes.mjs").Outcomes, code: number, output: string, seconds: number }} TestRun */

/**
 * @param {import("../packages.mjs").Package} tested
 * @param {string} folder
 * @param {{ loader: boolean, only?: ReadonlySet<string> }} how `only`: some of its files
 * @returns {Promise<TestRun>}
 */
export async function runTests({ files, tap, nodeArgs = [] }, folder, { loader, only }) {
  const started = Date.now();
  const report = `${folder}.report`;
  const env = environment(loader ? `${folder}.loader` : undefined);
  if (tap !== undefined) {
    let text = "";
    const { code, output } = await run(process.execPath, [...nodeArgs, ...tap], {
      cwd: folder,
      env,
      timeout: TIMEOUT,
      onOutput: (piece) => (text += piece),
    });
    return { outcomes: collect(parseTap(text)), code, output, seconds: (Date.now() - started) / 1000 };
  }
  rmSync(report, { force: true });
  const chosen = testFiles(folder, files ?? /^$/).filter((file) => only === undefined || only.has(file));
  const flags = [
    ...["--test", "--test-concurrency=2", `--test-timeout=${FILE_TIMEOUT}`],
    ...[`--test-reporter=${REPORTER}`, `--test-reporter-destination=${report}`],
  ];
  const { code, output } = await run(process.execPath, [...nodeArgs, ...flags, ...chosen], {
    cwd: folder,
    env,
    timeout: TIMEOUT,
  });
  const lines = readFileSync(report, "utf8").split("\n").filter(Boolean);
  const tests = lines.map((line) => {
    /** @type {import("./reporter.mjs").Line} */
    const { file, name, outcome } = JSON.parse(line);
    return {
      file: file === "" ? "" : relative(folder, file),
      name: name.replaceAll(`${folder}/`, ""),
      outcome,
    };
  });
  return { outcomes: collect(tests), code, output, seconds: (Date.now() - started) / 1000 };
}

/** The program's environment without what npm adds. @param {string | undefined} loaderCache none: untouched */
function environment(loaderCache) {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_|^ASYNCSCOPE_/i.test(name));
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...Object.fromEntries(kept), CI: "1", FORCE_COLOR: "0" };
  if (loaderCache === undefined) return env;
  mkdirSync(loaderCache, { recursive: true });
  return {
    ...env,
    NODE_OPTIONS: `--require "${LOADER}"`,
    // What it stands on is rewritten as well.
    ASYNCSCOPE_INCLUDE: "*",
    ASYNCSCOPE_CACHE: loaderCache,
  };
}

/** @param {string} folder @param {RegExp} wanted */
function testFiles(folder, wanted) {
  return readdirSync(join(folder, "test"), { recursive: true, encoding: "utf8" })
    .map((file) => `test/${file.replaceAll("\\", "/")}`)
    .filter((file) => !file.includes("node_modules") && wanted.test(file))
    .sort();
}

/** How many functions the loader has rewritten so far, each source once. @param {string} folder */
export function rewrittenFunctions(folder) {
  let count = 0;
  for (const version of readdirSync(`${folder}.loader`))
    for (const file of readdirSync(join(`${folder}.loader`, version)).filter((name) =>
      name.endsWith(".json"),
    )) {
      const entry = JSON.parse(readFileSync(join(`${folder}.loader`, version, file), "utf8"));
      /** @type {readonly (readonly [number])[]} */
      const points = entry?.points ?? [];
      // The kind of a function's point.
      count += points.filter(([kind]) => kind === 0).length;
    }
  return count;
}
