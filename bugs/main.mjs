// npm run bugs: runs programs with real async bugs in two ways, as plain processes whose heap is read, and with
// `asyncscope run`; looks at each, and compares what is said with what is known of the bug (expected.json). Prints a
// table; fails when a line that waits for ever is not shown, or when something is said to be wrong with the corrected
// program.
// Usage: npm run bugs [-- --no-build] [--heap|--run] [NAME…]
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies } from "../scripts/lib/dependencies.mjs";
import { npm, quietly } from "../scripts/lib/processes.mjs";
import { root } from "../scripts/lib/root.mjs";

/**
 * @typedef {{ path: string, line: number }} Place
 * @typedef {{ kind: string, guiltyLine: number, acceptLines: number[], waitingLines: number[], pendingAtExitLines?: number[], control: { program: string } }} Expected
 * @typedef {{ code: string, said: string }} End how a program ended by itself, and what was said of it then
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

const ways = ["heap", "run"].filter(
  (way, _, all) =>
    !all.some((each) => process.argv.includes(`--${each}`)) || process.argv.includes(`--${way}`),
);
const rows = [["bug", "way", "lines that wait", "line to blame", "corrected program", "what is said"]];
let wrong = 0;
for (const name of readdirSync(folder).sort()) {
  if (!existsSync(join(folder, name, "expected.json")) || (names.length > 0 && !names.includes(name)))
    continue;
  /** @type {Expected} */
  const expected = JSON.parse(readFileSync(join(folder, name, "expected.json"), "utf8"));
  for (const way of ways) {
    progress(`${name} (${way})`);
    rows.push([name, way, ...(await judge(name, way === "run", expected))]);
  }
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
 * The cells of a row behind the first two.
 * @param {string} name
 * @param {boolean} underLoader
 * @param {Expected} expected
 */
async function judge(name, underLoader, expected) {
  const seen = await lookAt(join(folder, name, "program.mjs"), SHOWS_MS, underLoader);
  const fixed = await lookAt(join(folder, name, expected.control.program), ENDS_MS, underLoader);
  const complaint = "said" in fixed ? fixed.said : fixed.findings.map(({ text }) => text).join(" ");
  if (complaint !== "") wrong++;
  const control =
    complaint !== ""
      ? `WRONG: ${complaint}`
      : "said" in fixed
        ? `ends by itself (${fixed.code})`
        : "nothing wrong";
  // Without the loader a program that has ended says nothing any more.
  if ("said" in seen && !underLoader) return ["-", "-", control, `ends by itself (${seen.code})`];
  const wanted =
    "said" in seen ? (expected.pendingAtExitLines ?? expected.waitingLines) : expected.waitingLines;
  const { waiting, blamed } = "said" in seen ? compareEnd(seen, expected) : compare(seen, expected);
  const missing = wanted.filter((line) => !waiting.has(line));
  if (missing.length > 0) wrong++;
  const shown = wanted.length - missing.length;
  return [
    wanted.length === 0
      ? "none expected"
      : `${shown} of ${wanted.length}${missing.length > 0 ? ` (not ${missing.join(", ")})` : ""}`,
    blamed,
    control,
    "said" in seen
      ? `ends by itself (${seen.code}): ${seen.said || "-"}`
      : seen.findings.map(({ text }) => text).join(" ") ||
        (seen.blocked ? "the event loop is blocked" : expected.kind.startsWith("hang") ? "" : "-"),
  ];
}

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
 * The same of what was said at the end, by the lines in the text.
 * @param {End} end
 * @param {Expected} expected
 */
function compareEnd({ said }, expected) {
  const lines = Array.from(said.matchAll(/program\.mjs:(\d+)/g), ([, line]) => Number(line));
  const accepted = new Set([expected.guiltyLine, ...expected.acceptLines]);
  const blamed = accepted.has(lines[0] ?? -1)
    ? "said first"
    : lines.some((line) => accepted.has(line))
      ? "said"
      : "not shown";
  return { waiting: new Set(lines), blamed };
}

/**
 * Runs a program and looks at it from outside.
 * @param {string} file
 * @param {number} after milliseconds
 * @param {boolean} underLoader with `asyncscope run`
 * @returns {Promise<Look | End>} or how it ended before
 */
async function lookAt(file, after, underLoader) {
  const args = ["--inspect-port=0", file];
  const child = spawn(process.execPath, underLoader ? [cli, "run", ...args] : args, {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: folder,
  });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += chunk));
  /** @type {Promise<End>} */
  const ended = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      const at = errors.indexOf("asyncscope: ");
      const said = at < 0 ? "" : errors.slice(at).trim().replaceAll("\n", " ");
      resolve({ code: String(code ?? signal), said });
    });
  });
  const timer = new Promise((resolve) => setTimeout(resolve, after));
  const first = await Promise.race([ended, timer]);
  if (first !== undefined) return first;
  const pid = underLoader ? childOf(child.pid ?? 0) : (child.pid ?? 0);
  /** @type {Look | undefined} */
  const look = await new Promise((resolve) => {
    execFile(
      process.execPath,
      [cli, "tree", String(pid), "--snapshot", "--json"],
      { timeout: 120_000, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout) => resolve(error === null ? JSON.parse(stdout) : undefined),
    );
  });
  // One that has just ended could not be looked at.
  if (look === undefined) child.kill("SIGTERM");
  else process.kill(pid, "SIGKILL");
  const end = await ended;
  return look ?? end;
}

/** The program that `asyncscope run` has started; -1 when it has ended. @param {number} pid */
function childOf(pid) {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return Number(child || -1);
}

/** @param {string} line */
function progress(line) {
  process.stderr.write(`bugs: ${line}\n`);
}
