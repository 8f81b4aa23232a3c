import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { RUN_VARIABLE, type RunReport } from "../preload/options.js";
import { CliError } from "./cli-error.js";
import { reportText } from "./run-report.js";

/** Both stand beside the command in the npm package. */
const LOADER = join(__dirname, "register.cjs");
const PRELOAD = join(__dirname, "run-preload.cjs");
/** Read by the loader. */
const INCLUDE_VARIABLE = "ASYNCSCOPE_INCLUDE";

/**
 * Runs a program under the loader, with this terminal; its child processes and threads get the loader too. When it has
 * ended, what it left undone is said on standard error.
 *
 * @returns the exit code, 128 and the signal's number for a program that a signal ended.
 */
export async function runProgram(args: readonly string[], include: string | undefined): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "asyncscope-run-"));
  const report = join(folder, "end.json");
  try {
    const code = await run(args, include, report);
    process.stderr.write(await textOf(report));
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[], include: string | undefined, report: string): Promise<number> {
  const given = process.env["NODE_OPTIONS"] ?? "";
  const own = [LOADER, PRELOAD].map((file) => `--require ${quoted(file)}`).join(" ");
  const child = spawn(process.execPath, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      NODE_OPTIONS: `${given}${given === "" ? "" : " "}${own}`,
      [RUN_VARIABLE]: report,
      ...(include === undefined ? {} : { [INCLUDE_VARIABLE]: include }),
    },
  });
  // The terminal sends its signals to the program as well, which decides what becomes of them.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  }
  return new Promise((done, failed) => {
    child.on("error", (error) => failed(new CliError(`The program could not be started: ${error.message}`)));
    child.on("exit", (code, signal) => done(code ?? 128 + (signal === null ? 0 : numberOf(signal))));
  });
}

/** What the program has left to be said; "" for most. */
async function textOf(report: string): Promise<string> {
  try {
    const text = await reportText(JSON.parse(await readFile(report, "utf8")) as RunReport);
    return text === "" ? "" : `\nasyncscope: ${text}`;
  } catch {
    // It had nothing to report, or was killed while it wrote.
    return "";
  }
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, "\\$&")}"`;
}

function numberOf(signal: NodeJS.Signals): number {
  return constants.signals[signal];
}
