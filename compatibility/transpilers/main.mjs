// npm run transpilers: runs a program with `asyncscope run` behind tools that compile it while it loads (tsx, ts-node,
// Babel), and looks whether its tasks and their lines are those of the source; then debugs another one behind them
// (test/transpilers/cli.ts). Installs the tools beside itself.
// Usage: npm run transpilers [-- --no-build]
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies } from "../../scripts/lib/dependencies.mjs";
import { npm, quietly, run } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const cli = join(root, "runtime/dist/cli.cjs");

/** @type {[string, string[], string][]} */
const WAYS = [
  ["tsx", ["--import", "tsx"], "main.ts"],
  ["ts-node", ["--require", "ts-node/register"], "main.ts"],
  ["Babel", ["--require", "@babel/register"], "main.js"],
];

if (!process.argv.includes("--no-build")) {
  await ensureDependencies(progress);
  progress("building");
  await quietly(process.execPath, ["scripts/build.mjs", "--no-types"], { cwd: root });
}
if (!existsSync(join(folder, "node_modules"))) {
  progress("installing the tools");
  const { command, args } = npm();
  await quietly(command, [...args, "ci", "--no-audit", "--no-fund"], { cwd: folder, timeout: 300_000 });
}
let wrong = 0;
for (const [tool, args, file] of WAYS) {
  const lines = readFileSync(join(folder, file), "utf8").split("\n");
  const line = (/** @type {string} */ code) => lines.findIndex((text) => text.includes(code)) + 1;
  const { output } = await run(process.execPath, [cli, "run", ...args, file], {
    cwd: folder,
    timeout: 120_000,
  });
  const expected = [
    `Task load: .* at ${file}:${line("await new Promise")}$`,
    `Task main: waiting: Promise.all: 2 of 2 pending, .* at ${file}:${line("await Promise.all")}$`,
    `^Nothing can wake 2 tasks: task load waits at ${file}:${line("await new Promise")} for `,
  ];
  const missing = expected.filter((pattern) => !new RegExp(pattern, "m").test(output));
  console.log(`${missing.length === 0 ? "ok    " : "WRONG "} ${tool}`);
  if (missing.length > 0) console.log(`${missing.join("\n")}\nin\n${output}`);
  wrong += missing.length;
}
const { code } = await run(process.execPath, [join(root, "out/test/transpilers/cli.js")], {
  cwd: root,
  timeout: 300_000,
  onOutput: (text) => process.stdout.write(text),
});
process.exitCode = wrong > 0 || code !== 0 ? 1 : 0;

/** @param {string} text */
function progress(text) {
  process.stderr.write(`transpilers: ${text}\n`);
}
