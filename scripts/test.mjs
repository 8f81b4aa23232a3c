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

/** Milliseconds for the whole run, twice what it takes on two cores; what has not started by then fails. */
const BUDGET = 30 * 60_000;
const SECOND = 1000;
/** Milliseconds for one check; ten times what it takes, since the machine may be busy with other things. */
const LIMIT = 5 * 60_000;

/**
 * Areas of test/ in their order, fast first; a folder not named here comes before those that need the editor. Two run
 * side by side, but for those of the editor, which take both cores.
 */
const AREAS = new Map([
  ["protocol", { limit: LIMIT }],
  ["runtime", { limit: 2 * LIMIT, node: ["--expose-gc"] }],
  ["inspect", { limit: LIMIT, node: ["--expose-gc"] }],
  ["debug-adapter", { limit: 3 * LIMIT }],
  ["packages", { limit: LIMIT }],
  ["editor", { limit: 4 * LIMIT }],
  ["person", { limit: 4 * LIMIT }],
]);
/** What runs in the real VS Code. */
const IN_THE_EDITOR = new Set(["editor", "person"]);

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
    limit: LIMIT,
  },
  { name: "format", command: [...bin("prettier/bin/prettier.cjs"), "--check", "."], limit: LIMIT },
  { name: "types", command: [...npmRun("types")], limit: LIMIT },
  { name: "unused", command: [...npmRun("unused")], limit: LIMIT },
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
    limit: LIMIT,
  },
];

if (!(await step("set-up", () => ensureDependencies(note)))) finish();

const areas = areasToTest();
// Compiling VS Code's native modules takes a minute of one core: it goes on beside the first stages.
const editor = areas.some((area) => IN_THE_EDITOR.has(area))
  ? Promise.all([ensureEditor(note), ensureChromium(note)]).then(
      () => undefined,
      (/** @type {unknown} */ error) => String(error),
    )
  : Promise.resolve(undefined);

await sideBySide(
  checks.filter((check) => wanted(check.name)),
  async ({ command: [command = "", ...args], limit }) =>
    await run(command, args, { cwd: root, timeout: within(limit) }),
  ({ name }, { code, timedOut, output }) => {
    heading(name);
    process.stdout.write(output);
    if (timedOut) note(`${name} took too long and was ended`);
    record(code === 0, name);
  },
);

const buildIsWanted = wanted("build") || areas.length > 0;
if (buildIsWanted && (await stage("build", bin("../scripts/build.mjs"), LIMIT))) {
  await suites(areas.filter((area) => !IN_THE_EDITOR.has(area)));
  const inTheEditor = areas.filter((area) => IN_THE_EDITOR.has(area));
  const problem = await editor;
  // One after the other: an editor takes both cores.
  if (problem === undefined) for (const area of inTheEditor) await suites([area]);
  else {
    note(problem);
    for (const area of inTheEditor) record(false, `test/${area}`);
  }
}
finish();

/**
 * Does the work of all items, two at a time; each is shown when it is its turn.
 * @template T, R @param {readonly T[]} items @param {(item: T) => Promise<R>} work
 * @param {(item: T, result: R) => void} show
 */
async function sideBySide(items, work, show) {
  const results = items.map((item) => ({ item, result: /** @type {typeof later<R>} */ (later)() }));
  const queue = [...results];
  const lanes = [0, 1].map(async () => {
    for (let next = queue.shift(); next; next = queue.shift()) next.result.resolve(await work(next.item));
  });
  for (const { item, result } of results) show(item, await result.promise);
  await Promise.all(lanes);
}

/** Runs two of them at a time and counts their tests. @param {readonly string[]} some */
async function suites(some) {
  await sideBySide(
    some,
    async (area) => {
      let output = "";
      const result = await suite(area, (text) => (output += text));
      return { result, output };
    },
    (area, { result, output }) => {
      heading(`test/${area}`);
      process.stdout.write(output);
      judge(area, result);
    },
  );
}

/** One mocha suite. @param {string} area @param {(text: string) => void} onOutput */
async function suite(area, onOutput) {
  const { limit, node = [] } = /** @type {{ limit: number, node?: string[] }} */ (
    AREAS.get(area) ?? { limit: LIMIT }
  );
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
    { cwd: root, env: { ...process.env, ASYNCSCOPE_REPORT: report }, timeout: within(limit), onOutput },
  );
  /** @type {import("./lib/test-results.mjs").Report} */
  const counted = existsSync(report)
    ? JSON.parse(readFileSync(report, "utf8"))
    : { tests: [], finished: false };
  return { ...result, counted };
}

/** Counts the tests of a suite that has run. @param {string} area @param {Awaited<ReturnType<typeof suite>>} result */
function judge(area, { code, timedOut, leftovers, counted }) {
  const failures = counted.tests.filter((test) => test.state === "failed").length;
  passed += counted.tests.filter((test) => test.state === "passed").length;
  failed += failures;
  if (timedOut) record(false, `test/${area} took longer than its limit and was ended`);
  else if (!counted.finished) record(false, `test/${area} ended before its last test (code ${code})`);
  else if (code !== 0 && failures === 0) record(false, `test/${area} ended with code ${code}`);
  if (counted.finished && counted.tests.length === 0) record(false, `test/${area} has no test`);
  if (leftovers.length > 0) {
    for (const line of leftovers) note(line);
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
    order.includes(name) ? order.indexOf(name) : order.length - IN_THE_EDITOR.size - 0.5;
  return folders
    .sort((a, b) => rank(a) - rank(b))
    .filter((name) => wanted(name) && !(fast && IN_THE_EDITOR.has(name)));
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

/** A promise to be settled from outside. @template R */
function later() {
  /** @type {(value: R) => void} */
  let resolve = () => {};
  /** @type {Promise<R>} */
  const promise = new Promise((r) => {
    resolve = r;
  });
  return { promise, resolve };
}
