import { accessSync, constants, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command, SubprocessOptions } from "./options.js";

/** The process has ended: no signal can be sent to it (rule SP-10). */
export class ProcessLookupError extends Error {
  override name = "ProcessLookupError";
  /** As the system's own error has it. */
  readonly code = "ESRCH";
}

/** Whoever is to read a pipe has closed it (rule SP-03). */
export class BrokenPipeError extends Error {
  override name = "BrokenPipeError";
  /** As the system's own error has it. */
  readonly code = "EPIPE";
}

/** @internal Node's error with the reason in words: for a bad cwd, the system blames the program. */
export function spawnFailure(
  error: NodeJS.ErrnoException,
  command: Command,
  options: SubprocessOptions,
): Error {
  const { code, errno, syscall, path } = error;
  // What Node says of its arguments is plain enough.
  if (typeof errno !== "number") return error;
  const name = command.shell === undefined ? command.program : "the shell";
  const reason = reasonOf(code, command, options);
  return Object.assign(
    new Error(`cannot start ${name}: ${reason ?? error.message}${reason === null ? "" : ` (${code})`}`, {
      cause: error,
    }),
    { code, errno, syscall, path },
  );
}

function reasonOf(code: string | undefined, { program, shell }: Command, options: SubprocessOptions) {
  const folder =
    code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" ? folderProblem(options.cwd) : null;
  if (folder !== null) return folder;
  switch (code) {
    case "ENOENT":
      if (shell !== undefined) return null;
      if (!/[\\/]/.test(program)) return "no program of that name is in the PATH of its environment";
      return exists(program)
        ? "the interpreter that its first line names does not exist"
        : "there is no such file";
    case "EACCES":
      return "it is no program that this user may run";
    case "E2BIG":
      return "its arguments and environment are too long";
    case "EMFILE":
    case "ENFILE":
      return "too many files are open: run fewer processes at a time, a Semaphore holds the others back";
    case "EAGAIN":
      return "there are too many processes: run fewer at a time, a Semaphore holds the others back";
    default:
      return null;
  }
}

function folderProblem(cwd: string | URL | undefined): string | null {
  if (cwd === undefined) return null;
  const folder = typeof cwd === "string" ? cwd : fileURLToPath(cwd);
  try {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) return `its working directory ${folder} does not exist`;
    if (!stat.isDirectory()) return `its working directory ${folder} is a file`;
    accessSync(folder, constants.X_OK);
    return null;
  } catch {
    return `its working directory ${folder} cannot be entered`;
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
