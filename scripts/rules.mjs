// Which rules of the asyncio semantics have a test: a test names its rule at the start of its title.
// Usage: node scripts/rules.mjs [--check]
//   --check  exit code 1 when a rule has neither a test nor an entry in test/runtime/rules-not-applicable.json
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/root.mjs";

/** Sections of the rules whose features exist. */
const SECTIONS = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
  30, 31, 32,
];
/** Lies beside the project where it is developed; users of the project do not have it. */
const RULES = join(root, "../shared/spec/asyncio-semantics.md");
const TESTS = join(root, "test/runtime");

if (!existsSync(RULES)) {
  console.log(`The rules are not on this machine (${RULES}): nothing to compare with.`);
  process.exit(0);
}

const rules = readRules();
const tested = testedRules();
/** @type {Record<string, { when: "never" | "later", reason: string }>} */
const excused = JSON.parse(readFileSync(join(TESTS, "rules-not-applicable.json"), "utf8"));

const missing = [];
for (const { id, text } of rules) {
  const count = tested.get(id) ?? 0;
  const excuse = excused[id];
  if (count > 0) console.log(`${id}  ${count === 1 ? "1 test" : `${count} tests`}`);
  else if (excuse) console.log(`${id}  ${excuse.when}: ${excuse.reason}`);
  else {
    missing.push(id);
    console.log(`${id}  MISSING: ${text}`);
  }
}
const known = new Set(readRules(true).map((rule) => rule.id));
const problems = [
  ...missing.map((id) => `${id} has no test`),
  ...[...tested.keys()].filter((id) => !known.has(id)).map((id) => `${id} is named by a test and is no rule`),
  ...Object.keys(excused)
    .filter((id) => !known.has(id))
    .map((id) => `${id} is excused and is no rule`),
  ...Object.keys(excused)
    .filter((id) => tested.has(id))
    .map((id) => `${id} is excused and has a test`),
];
const covered = rules.filter((rule) => tested.has(rule.id)).length;
console.log(`\n${covered} of ${rules.length} rules have a test, ${missing.length} are missing.`);
for (const problem of problems) console.log(problem);
if (process.argv.includes("--check") && problems.length > 0) process.exit(1);

/** @param {boolean} all also of the sections whose features do not exist yet */
function readRules(all = false) {
  const found = [];
  let section = 0;
  for (const line of readFileSync(RULES, "utf8").split("\n")) {
    const heading = /^## (\d+)\. /.exec(line);
    if (heading) section = Number(heading[1]);
    const rule = /^- \*\*([A-Z]+-\d+)\*\* (.*)$/.exec(line);
    if (rule && (all || SECTIONS.includes(section)))
      found.push({ id: rule[1] ?? "", text: (rule[2] ?? "").slice(0, 100) });
  }
  return found;
}

/** How many titles begin with each rule. A title may be the first argument of any function that registers tests. */
function testedRules() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const file of readdirSync(TESTS, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".test.ts")) continue;
    const source = readFileSync(join(TESTS, file), "utf8");
    for (const [, ids = ""] of source.matchAll(
      /\w\(\s*["'`](?:\[slow\] )?((?:[A-Z]{2}-\d\d(?:, | and | |: ))+)/g,
    ))
      for (const [id] of ids.matchAll(/[A-Z]{2}-\d\d/g)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
