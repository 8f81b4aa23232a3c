import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compare, runSeed, smallest } from "./differential.js";
import type { Outcome } from "./differential.js";
import { findPython, Python } from "./python.js";
import { record } from "./saved-programs.js";

/**
 * Holds the runtime against CPython's asyncio with random programs. Usage: npm run differential -- [options]
 *   --count N   programs, 10000 if not given
 *   --seed N    of the first program, 1 if not given; the next ones follow
 *   --jobs N    processes, each with a Python beside it
 *   --show      the program of --seed with both traces
 *   --record    writes the traces of the saved programs anew
 */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: String(Math.max(1, availableParallelism() >> 1)) },
    show: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
  },
});
const count = wholeNumber("count", values.count);
const first = wholeNumber("seed", values.seed);
const jobs = Math.min(count, wholeNumber("jobs", values.jobs));
/** Differences after which it is clear that something is wrong. */
const ENOUGH = 10;
/** Programs between two reports of a worker. */
const PORTION = 100;

interface Report {
  programs: number;
  operations: number;
  lines: number;
  excused: number;
  differences: { seed: number; text: string }[];
}

const python = await Python.start(
  findPython() ?? fail("Python 3.13 or newer is needed: set ASYNCSCOPE_PYTHON to its command"),
);
try {
  if (values.worker) await work();
  else if (values.show) await show(first);
  else if (values.record) console.log(`${await record(python)} programs recorded, Python ${python.version}`);
  else await lead();
} finally {
  python.stop();
}

/** Runs every `jobs`th program and reports to the process that started this one. */
async function work(): Promise<void> {
  process.once("disconnect", () => process.exit(1));
  const report = newReport();
  for (let seed = first; seed < first + count; seed += jobs) {
    const outcome = await runSeed(seed, python);
    add(report, await reportOf(outcome));
    if (report.programs === PORTION || seed + jobs >= first + count) {
      process.send!(report);
      Object.assign(report, newReport());
    }
  }
  process.disconnect();
}

async function lead(): Promise<void> {
  console.log(`${count} programs from seed ${first}, ${jobs} processes, Python ${python.version}`);
  const started = Date.now();
  const total = newReport();
  const workers = Array.from({ length: jobs }, (_, job) => {
    const worker = fork(fileURLToPath(import.meta.url), [
      "--worker",
      ...["--seed", String(first + job), "--count", String(count - job), "--jobs", String(jobs)],
    ]);
    worker.on("message", (report: Report) => {
      for (const { text } of report.differences) console.log(`\n${text}`);
      const before = total.programs;
      add(total, report);
      if (Math.floor(before / 5000) !== Math.floor(total.programs / 5000))
        console.log(
          `${total.programs} programs, ${total.differences.length} differences, ${seconds(started)} s`,
        );
      if (total.differences.length >= ENOUGH) for (const each of workers) each.kill();
    });
    return worker;
  });
  const codes = await Promise.all(
    workers.map((worker) => new Promise<number | null>((resolve) => worker.once("exit", resolve))),
  );
  console.log(
    `${total.programs} programs, ${total.operations} operations, ${total.lines} lines compared, ` +
      `${total.differences.length} differences, ${seconds(started)} s`,
  );
  console.log(
    `In ${total.excused} programs a difference that docs/coming-from-python.md accepts: nearly all of async functions within an iteration`,
  );
  if (total.differences.length > 0 || codes.some((code) => code !== 0)) process.exitCode = 1;
}

async function reportOf(outcome: Outcome): Promise<Report> {
  const { seed, form, difference, excused, program } = outcome;
  const report = { ...newReport(), ...outcome, programs: 1, excused: excused ? 1 : 0 };
  if (difference === null || excused) return report;
  const small = await smallest(program, form, python);
  const { expected, actual } = await compare(small, form, python);
  const text = [`Seed ${seed} (${form}):`, JSON.stringify(small), ...sideBySide(expected, actual)].join("\n");
  return { ...report, differences: [{ seed, text }] };
}

async function show(seed: number): Promise<void> {
  const { program, form } = await runSeed(seed, python);
  console.log(JSON.stringify(program, null, 1));
  const { expected, actual } = await compare(program, form, python);
  console.log(sideBySide(expected, actual).join("\n"));
}

function sideBySide(expected: readonly string[], actual: readonly string[]): string[] {
  const width = Math.max(...expected.map((line) => line.length), 10);
  return Array.from({ length: Math.max(expected.length, actual.length) }, (_, at) => {
    const [left = "", right = ""] = [expected[at], actual[at]];
    return `${left === right ? " " : "≠"} ${left.padEnd(width)} │ ${right}`;
  });
}

function newReport(): Report {
  return { programs: 0, operations: 0, lines: 0, excused: 0, differences: [] };
}

function add(total: Report, report: Report): void {
  total.programs += report.programs;
  total.operations += report.operations;
  total.lines += report.lines;
  total.excused += report.excused;
  total.differences.push(...report.differences);
}

function seconds(started: number): string {
  return ((Date.now() - started) / 1000).toFixed(1);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0
    ? value
    : fail(`--${name} takes a whole number above 0, got ${text}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
