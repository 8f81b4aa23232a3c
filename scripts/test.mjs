// Checks everything, from a bare clone: sets itself up, then lint, format, types, unused code, API docs, build, and the
// test suites, fast ones first. The last line on stdout is `N passed, M failed`.
// Usage: npm test [-- --only AREA[,AREA]] [--fast]
//   --only  lint, format, types, unused, docs, build, or the name of a folder of test/ (which is then built first)
//   --fast  without the editor
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDependencies } from "./lib/dependencies.mjs";
import { npm, run } from "./lib/processes.mjs";
import { root } from "./lib/root.mjs";
import { ensureChromium } from "./setup-chromium.mjs";
import { ensureEditor } from "./setup-editor.mjs";

/** Milliseconds for the whole run; what has not started by then fails. */
const BUDGET = 14 * 60_000;
const SECOND = 1000;

/** Areas of test/ in their order, fast first; a folder not named here comes last but before the editor. */
const AREAS = new Map([
  ["protocol", { limit: 60 * SECOND }],
  ["runtime", { limit: 180 * SECOND, node: ["--expose-gc"] }],
  ["inspect", { limit: 120 * SECOND, node: ["--expose-gc"] }],
  ["debug-adapter", { limit: 300 * SECOND }],
  ["packages", { limit: 180 * SECOND }],
  ["editor", { limit: 540 * SECOND }],
]);

const started = Date.now();
process.chdir(root);
const { only, fast } = parse(process.argv.slice(2));
const work = mkdtempSync(join(tmpdir(), "asyncscope-test-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
let passed = 0;
let failed = 0;

const bin = (/** @type {string} */ path) => [process.execPath, join(root, "node_modules", path)];

/** @type {{ name: string, command: string[], limit: number }[]} */
const checks = [
  {
    name: "lint",
    command: [...bin("eslint/bin/eslint.js"), ".", "--max-warnings", "0"],
    limit: 180 * SECOND,
  },
  { name: "format", command: [...bin("prettier/bin/prettier.cjs"), "--check", "."], limit: 90 * SECOND },
  { name: "types", command: [...npmRun("types")], limit: 120 * SECOND },
  { name: "unused", command: [...npmRun("unused")], limit: 120 * SECOND },
  {
    // What is exported and has no comment, and links that lead nowhere. Types are checked above.
    name: "docs",
    command: [
      ...bin("typedoc/bin/typedoc"),
      "--emit",
      "none",
      "--skipErrorChecking",
      "--treatWarningsAsErrors",
    ],
    limit: 120 * SECOND,
  },
];

if (!(await step("set-up", () => ensureDependencies(note)))) finish();

const areas = areasToTest();
// Compiling VS Code's native modules takes a minute of one core: it goes on beside the first stages.
const editor = areas.includes("editor")
  ? Promise.all([ensureEditor(note), ensureChromium(note)]).then(
      () => undefined,
      (/** @type {unknown} */ error) => String(error),
    )
  : Promise.resolve(undefined);

// Two at a time; each prints its own output when it is its turn.
const results = checks.filter((check) => wanted(check.name)).map((check) => ({ check, result: later() }));
const queue = [...results];
const lanes = [0, 1].map(async () => {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [command = "", ...args] = next.check.command;
    next.result.resolve(await run(command, args, { cwd: root, timeout: within(next.check.limit) }));
  }
});
for (const { check, result } of results) {
  heading(check.name);
  const { code, timedOut, output } = await result.promise;
  process.stdout.write(output);
  if (timedOut) note(`${check.name} took too long and was ended`);
  record(code === 0, check.name);
}
await Promise.all(lanes);

const buildIsWanted = wanted("build") || areas.length > 0;
if (buildIsWanted && (await stage("build", bin("../scripts/build.mjs"), 180 * SECOND)))
  for (const area of areas) {
    const problem = area === "editor" ? await editor : undefined;
    if (problem === undefined) await suite(area);
    else {
      heading(`test/${area}`);
      note(problem);
      record(false, `test/${area}`);
    }
  }
finish();

/** One mocha suite: its own output, its tests counted. @param {string} area */
async function suite(area) {
  const { limit, node = [] } = /** @type {{ limit: number, node?: string[] }} */ (
    AREAS.get(area) ?? { limit: 180 * SECOND }
  );
  heading(`test/${area}`);
  const report = join(work, `${area}.json`);
  const result = await run(
    process.execPath,
    [
      ...node,
      join(root, "node_modules/mocha/bin/mocha.js"),
      "--reporter",
      join(root, "scripts/lib/counting-reporter.mjs"),
      `out/test/${area}/**/*.test.js`,
    ],
    {
      cwd: root,
      env: { ...process.env, ASYNCSCOPE_REPORT: report },
      timeout: within(limit),
      onOutput: (text) => process.stdout.write(text),
    },
  );
  /** @type {import("./lib/test-results.mjs").Report} */
  const counted = existsSync(report)
    ? JSON.parse(readFileSync(report, "utf8"))
    : { tests: [], finished: false };
  const failures = counted.tests.filter((test) => test.state === "failed").length;
  passed += counted.tests.filter((test) => test.state === "passed").length;
  failed += failures;
  if (result.timedOut) record(false, `test/${area} took longer than its limit and was ended`);
  else if (!counted.finished) record(false, `test/${area} ended before its last test (code ${result.code})`);
  else if (result.code !== 0 && failures === 0) record(false, `test/${area} ended with code ${result.code}`);
  if (counted.finished && counted.tests.length === 0) record(false, `test/${area} has no test`);
  if (result.leftovers.length > 0) {
    for (const line of result.leftovers) note(line);
    record(false, `test/${area} left these processes behind`);
  }
}

/** @param {string} name @param {string[]} command @param {number} limit */
async function stage(name, [command = "", ...args], limit) {
  heading(name);
  const { code, timedOut } = await run(command, args, {
    cwd: root,
    timeout: within(limit),
    onOutput: (text) => process.stdout.write(text),
  });
  if (timedOut) note(`${name} took too long and was ended`);
  return record(code === 0, name);
}

/** @param {string} name @param {() => Promise<unknown>} work */
async function step(name, work) {
  try {
    await work();
    return true;
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    return record(false, name);
  }
}

/** @param {boolean} good @param {string} what */
function record(good, what) {
  if (good) passed += 1;
  else failed += 1;
  console.log(good ? `ok: ${what}` : `FAILED: ${what}`);
  return good;
}

/** @returns {never} */
function finish() {
  const good = failed === 0 && passed > 0;
  console.log(`\n${Math.round((Date.now() - started) / SECOND)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(good ? 0 : 1);
}

/** What is left of the budget, at most `limit`. @param {number} limit */
function within(limit) {
  return Math.max(1, Math.min(limit, started + BUDGET - Date.now()));
}

function areasToTest() {
  const folders = readdirSync("test", { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["fixtures", "support", "artefacts"].includes(entry.name))
    .filter((entry) => hasTests(join("test", entry.name)))
    .map((entry) => entry.name);
  const order = [...AREAS.keys()];
  const rank = (/** @type {string} */ name) =>
    order.includes(name) ? order.indexOf(name) : order.length - 1.5;
  return folders
    .sort((a, b) => rank(a) - rank(b))
    .filter((name) => wanted(name) && !(fast && name === "editor"));
}

/** @param {string} folder */
function hasTests(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).some((file) => file.endsWith(".test.ts"));
}

/** @param {string} name */
function wanted(name) {
  return only === undefined || only.includes(name);
}

/** @param {readonly string[]} args */
function parse(args) {
  /** @type {string[] | undefined} */
  let only;
  let fast = false;
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? "";
    if (arg === "--fast") fast = true;
    else if (arg === "--only") only = (args[(i += 1)] ?? "").split(",");
    else if (arg.startsWith("--only=")) only = arg.slice("--only=".length).split(",");
    else {
      console.error(`Unknown argument ${arg}. Usage: npm test [-- --only AREA[,AREA]] [--fast]`);
      process.exit(2);
    }
  }
  const known = [...readdirSync(join(root, "test")), "lint", "format", "types", "unused", "docs", "build"];
  const wrong = only?.filter((name) => !known.includes(name)) ?? [];
  if (wrong.length > 0) {
    console.error(`There is no area ${wrong.join(", ")}. Areas: ${known.join(", ")}`);
    process.exit(2);
  }
  return { only, fast };
}

/** @param {string} name */
function npmRun(name) {
  const { command, args } = npm();
  return [command, ...args, "run", "--silent", name];
}

/** @param {string} text */
function heading(text) {
  console.log(`\n── ${text} ${"─".repeat(Math.max(2, 76 - text.length))}`);
}

/** @param {string} line */
function note(line) {
  console.log(line);
}

/** A promise to be settled from outside. */
function later() {
  /** @type {(value: Awaited<ReturnType<typeof run>>) => void} */
  let resolve = () => {};
  /** @type {Promise<Awaited<ReturnType<typeof run>>>} */
  const promise = new Promise((r) => {
    resolve = r;
  });
  return { promise, resolve };
}
