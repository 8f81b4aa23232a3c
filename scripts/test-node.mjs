// Runs the suites that need no editor with other versions of Node, which are fetched from npm and kept in out/node.
// Usage: npm run test:node -- 22 24 [--only AREA[,AREA]]
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { npm, quietly, run } from "./lib/processes.mjs";
import { root } from "./lib/root.mjs";

const AREAS = "protocol,runtime,inspect,loader,cli,debug-adapter";
/** Milliseconds for the suites of one version; they have their own limits, too. */
const LIMIT = 35 * 60_000;

const { versions, only } = parse(process.argv.slice(2));
/** @type {string[]} */
const outcomes = [];
for (const version of versions) {
  const node = await fetchNode(version);
  const name = (await quietly(node, ["--version"])).trim();
  console.log(`\n══ Node ${name} ${"═".repeat(66 - name.length)}`);
  const { code, output } = await run(node, ["scripts/test.mjs", "--only", only], {
    cwd: root,
    // Programs under test are started as `node`.
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}` },
    timeout: LIMIT,
    onOutput: (text) => process.stdout.write(text),
  });
  const counts = /^\d+ passed, \d+ failed$/m.exec(output.trimEnd().split("\n").at(-1) ?? "")?.[0];
  outcomes.push(`Node ${name}: ${counts ?? `ended with code ${code}`}`);
  if (code !== 0) process.exitCode = 1;
}
console.log(`\n${outcomes.join("\n")}`);

/** The binary of a version (`22`, `22.11.0`), installed now if need be. @param {string} version */
async function fetchNode(version) {
  const folder = join(root, "out/node", version);
  const binary = join(folder, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(binary)) return binary;
  console.error(`fetching Node ${version}`);
  const { command, args } = npm();
  const options = ["--prefix", folder, "--no-save", "--no-audit", "--no-fund"];
  await quietly(command, [...args, "install", ...options, `node@${version}`], { cwd: root });
  if (!existsSync(binary)) throw new Error(`npm's package node@${version} has brought no ${binary}.`);
  return binary;
}

/** @param {readonly string[]} args */
function parse(args) {
  const rest = [...args];
  const found = [];
  let areas = AREAS;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--only") areas = rest.shift() ?? "";
    else if (/^\d+(?:\.\d+){0,2}$/.test(arg)) found.push(arg);
    else fail(`${arg} is no version of Node.`);
  }
  if (found.length === 0) fail("Name the versions of Node to test with.");
  return { versions: found, only: areas };
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`${message} Usage: npm run test:node -- 22 24 [--only AREA[,AREA]]`);
  process.exit(2);
}
