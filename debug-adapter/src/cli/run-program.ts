import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { CliError } from "./cli-error.js";

/** The loader stands beside the command in the npm package. */
const LOADER = join(__dirname, "register.cjs");
/** Read by the loader. */
const INCLUDE_VARIABLE = "ASYNCSCOPE_INCLUDE";

/**
 * Runs a program under the loader, with this terminal; its child processes and threads get the loader too.
 *
 * @returns the exit code, 128 and the signal's number for a program that a signal ended.
 */
export function runProgram(args: readonly string[], include: string | undefined): Promise<number> {
  const given = process.env["NODE_OPTIONS"] ?? "";
  const child = spawn(process.execPath, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      NODE_OPTIONS: `${given}${given === "" ? "" : " "}--require ${quoted(LOADER)}`,
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

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, "\\$&")}"`;
}

function numberOf(signal: NodeJS.Signals): number {
  return constants.signals[signal];
}
