// npm run bugs: runs programs with real async bugs as plain processes, attaches to each, and compares what it says with
// what is known of the bug (expected.json). Prints a table; fails when a line that waits for ever is not shown, or when
// something is said to be wrong with the corrected program.
// Usage: npm run bugs [-- --no-build] [NAME…]
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies } from "../scripts/lib/dependencies.mjs";
import { npm, quietly } from "../scripts/lib/processes.mjs";
import { root } from "../scripts/lib/root.mjs";

/**
 * @typedef {{ path: string, line: number }} Place
 * @typedef {{ kind: string, guiltyLine: number, acceptLines: number[], waitingLines: number[], control: { program: string } }} Expected
 * @typedef {{ blocked?: { location?: Place }[], chains?: Record<string, { frames: { location?: Place }[] }>, tree: { tasks: { location?: Place }[] }, findings: { text: string, locations: Place[] }[] }} Look
 */

const folder = fileURLToPath(new URL(".", import.meta.url));
const cli = join(root, "runtime/dist/cli.cjs");
/** A program shows its bug within this time, milliseconds. */
const SHOWS_MS = 2500;
/** What a corrected program may take to end by itself, milliseconds. */
const ENDS_MS = 6000;

const names = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
if (!process.argv.includes("--no-build")) {
  await ensureDependencies(progress);
  progress("building");
  await quietly(process.execPath, ["scripts/build.mjs", "--no-types"], { cwd: root });
}
if (!existsSync(join(folder, "node_modules"))) {
  progress("installing what the programs need");
  const { command, args } = npm();
  await quietly(command, [...args, "ci", "--no-audit", "--no-fund"], { cwd: folder, timeout: 120_000 });
}

const rows = [["bug", "lines that wait", "line to blame", "corrected program", "what is said"]];
let wrong = 0;
for (const name of readdirSync(folder).sort()) {
  if (!existsSync(join(folder, name, "expected.json")) || (names.length > 0 && !names.includes(name)))
    continue;
  progress(name);
  /** @type {Expected} */
  const expected = JSON.parse(readFileSync(join(folder, name, "expected.json"), "utf8"));
  const seen = await lookAt(join(folder, name, "program.mjs"), SHOWS_MS);
  const fixed = await lookAt(join(folder, name, expected.control.program), ENDS_MS);
  const control =
    typeof fixed === "string"
      ? fixed
      : fixed.findings.length > 0
        ? `WRONG: ${fixed.findings[0]?.text}`
        : "nothing wrong";
  if (control.startsWith("WRONG")) wrong++;
  if (typeof seen === "string") {
    rows.push([name, "-", "-", control, seen]);
    continue;
  }
  const { waiting, blamed } = compare(seen, expected);
  const missing = expected.waitingLines.filter((line) => !waiting.has(line));
  if (missing.length > 0) wrong++;
  const shown = expected.waitingLines.length - missing.length;
  rows.push([
    name,
    expected.waitingLines.length === 0
      ? "none expected"
      : `${shown} of ${expected.waitingLines.length}${missing.length > 0 ? ` (not ${missing.join(", ")})` : ""}`,
    blamed,
    control,
    seen.findings.map(({ text }) => text).join(" ") ||
      (seen.blocked ? "the event loop is blocked" : expected.kind.startsWith("hang") ? "" : "-"),
  ]);
}
const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
for (const row of rows)
  console.log(
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  "),
  );
process.exitCode = wrong > 0 ? 1 : 0;

/**
 * @param {Look} seen
 * @param {Expected} expected
 */
function compare(seen, expected) {
  const lines = (/** @type {(Place | undefined)[]} */ places) =>
    places.flatMap((place) => (place === undefined ? [] : [place.line]));
  const chains = Object.values(seen.chains ?? {});
  const waiting = new Set([
    ...lines(chains.flatMap(({ frames }) => frames.map(({ location }) => location))),
    ...lines(seen.tree.tasks.map(({ location }) => location)),
  ]);
  const accepted = new Set([expected.guiltyLine, ...expected.acceptLines]);
  const said = lines(seen.findings.flatMap(({ locations }) => locations));
  const stack = lines((seen.blocked ?? []).map(({ location }) => location));
  const innermost = lines(chains.map(({ frames }) => frames[0]?.location));
  const has = (/** @type {number[]} */ list) => list.some((line) => accepted.has(line));
  const blamed = accepted.has(said[0] ?? stack[0] ?? -1)
    ? "said first"
    : has([...said, ...stack])
      ? "said"
      : has(innermost)
        ? "where a task stands"
        : has([...waiting])
          ? "in an await chain"
          : "not shown";
  return { waiting, blamed };
}

/**
 * Runs a program as a plain process and looks at it from outside.
 * @param {string} file
 * @param {number} after milliseconds
 * @returns {Promise<Look | string>} or how it ended before
 */
async function lookAt(file, after) {
  const child = spawn(process.execPath, ["--inspect-port=0", file], { stdio: "ignore", cwd: folder });
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    child.on("exit", (code, signal) => resolve(`ends by itself (${code ?? signal})`));
  });
  const timer = new Promise((resolve) => setTimeout(resolve, after));
  const first = await Promise.race([ended, timer]);
  if (typeof first === "string") return first;
  try {
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        [cli, "tree", String(child.pid), "--snapshot", "--json"],
        { timeout: 120_000, maxBuffer: 256 * 1024 * 1024 },
        (error, stdout, stderr) => resolve(error === null ? JSON.parse(stdout) : `no look: ${stderr.trim()}`),
      );
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** @param {string} line */
function progress(line) {
  process.stderr.write(`bugs: ${line}\n`);
}
