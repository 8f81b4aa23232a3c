import type { SpawnOptions } from "node:child_process";
import { Stream } from "node:stream";
import { checkOptions as checkIsObject, given } from "../core/arguments.js";
import { ValueError } from "../core/errors.js";

/** As `stdin`, `stdout` or `stderr` of a subprocess: a pipe to this program. */
export const PIPE = "pipe" as const;
/** As `stderr` of a subprocess: wherever its stdout goes, in the order in which it is written. */
export const STDOUT = "stdout" as const;
/** As `stdin`, `stdout` or `stderr` of a subprocess: nothing; what it reads is at its end, what it writes is lost. */
export const DEVNULL = "ignore" as const;

/**
 * What a subprocess has as its stdin, stdout or stderr: {@link PIPE}, {@link DEVNULL}, a file descriptor, a stream of
 * Node's or anything else that has one, or null: what this program has.
 */
export type Stdio = typeof PIPE | typeof DEVNULL | number | Stream | { readonly fd: number } | null;

/** Options of `loop.subprocessExec`, where the three streams default to {@link PIPE}. */
export interface SubprocessOptions {
  /** What it reads. */
  readonly stdin?: Stdio | undefined;
  /** Where its output goes. */
  readonly stdout?: Stdio | undefined;
  /** Where its error output goes; {@link STDOUT}: to the same place as its output. */
  readonly stderr?: Stdio | typeof STDOUT | undefined;
  /** The folder in which it starts. Default: that of this program. */
  readonly cwd?: string | URL | undefined;
  /** All of its environment. Default: that of this program. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** What the program sees as its own name. Default: the program. */
  readonly argv0?: string | undefined;
  /** In a process group and session of its own; the end of the event loop then leaves it running. Default false. */
  readonly detached?: boolean | undefined;
  /** The user that it runs as. Not on Windows. */
  readonly uid?: number | undefined;
  /** The group that it runs as. Not on Windows. */
  readonly gid?: number | undefined;
  /** No console window on Windows. Default false. */
  readonly windowsHide?: boolean | undefined;
  /** No quoting of arguments on Windows. Default false. */
  readonly windowsVerbatimArguments?: boolean | undefined;
}

/** Options of `loop.subprocessShell`. */
export interface SubprocessShellOptions extends SubprocessOptions {
  /** The shell. Default: `/bin/sh`, on Windows what ComSpec names. */
  readonly shell?: string | undefined;
}

/** @internal What is to be started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Undefined: the program itself. */
  readonly shell: string | true | undefined;
}

const KNOWN = new Set([
  ..."stdin stdout stderr cwd env argv0 detached uid gid windowsHide windowsVerbatimArguments".split(" "),
  // Of the streams over it.
  "limit",
]);
const TEXT = new Set(["text", "encoding", "errors", "universalNewlines", "bufsize"]);
/** What Node's own functions take, and what to use here. */
const INSTEAD = new Map([
  ["stdio", "give stdin, stdout and stderr"],
  ["signal", "cancel the task, or kill() the process"],
  ["timeout", "use timeout() or waitFor(), and kill() the process"],
  ["killSignal", "use sendSignal()"],
  ["maxBuffer", "read stdout and stderr, which hold back a process that writes too much"],
  ["input", "give it to communicate()"],
]);

/** @internal @throws ValueError for options that a subprocess of bytes cannot have (rule SP-11); TypeError for unknown ones. */
export function checkOptions(options: SubprocessShellOptions, command: Command): void {
  checkIsObject(options, "a subprocess");
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined || KNOWN.has(name)) continue;
    if (name === "shell" && command.shell !== undefined) continue;
    const instead = INSTEAD.get(name);
    if (TEXT.has(name) || name === "shell") {
      if (value === null || value === false || value === 0) continue;
      throw new ValueError(
        name === "shell"
          ? "shell is no option here: use createSubprocessShell() or loop.subprocessShell()"
          : `the streams of a subprocess carry bytes, ${name} is not supported: decode them with data.toString()`,
      );
    }
    if (instead !== undefined) throw new ValueError(`${name} is no option here: ${instead}`);
    throw new TypeError(`a subprocess has no option ${JSON.stringify(name)}`);
  }
}

/** @internal */
export function checkCommand({ program, args, shell }: Command): void {
  if (typeof program !== "string" || program === "")
    throw new TypeError(
      `${shell === undefined ? "a subprocess needs a program, its name or path" : "a shell needs a command"}; got ${given(program)}`,
    );
  if (!Array.isArray(args) || args.some((arg) => typeof arg !== "string"))
    throw new TypeError(
      `the arguments of a subprocess are an array of strings, none of them quoted; got ${
        Array.isArray(args)
          ? `one that holds ${given(args.find((arg) => typeof arg !== "string"))}`
          : given(args)
      }`,
    );
}

/** @internal The three streams, with what is not given. */
export interface Streams {
  readonly stdin: Stdio;
  readonly stdout: Stdio;
  readonly stderr: Stdio | typeof STDOUT;
}

/** @internal @param fallback for those that are not given. */
export function streamsOf(options: SubprocessOptions, fallback: Stdio): Streams {
  const { stdin = fallback, stdout = fallback, stderr = fallback } = options;
  checkStream(stdin, "stdin");
  checkStream(stdout, "stdout");
  if (stderr !== STDOUT) checkStream(stderr, "stderr");
  return { stdin, stdout, stderr };
}

function checkStream(value: unknown, name: string): void {
  if (value === null || value === PIPE || value === DEVNULL) return;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return;
  if (
    typeof value === "object" &&
    (value instanceof Stream || typeof (value as { fd?: unknown }).fd === "number")
  )
    return;
  if (value === STDOUT) throw new ValueError(`STDOUT is for stderr, not for ${name}`);
  throw new ValueError(
    `${name} of a subprocess is PIPE, DEVNULL, a file descriptor, a stream of Node's that has one, or null; got ${given(value)}`,
  );
}

/** @internal What Node's `spawn` takes. @param merged the end of a socket for both stdout and stderr. */
export function spawnOptions(
  options: SubprocessShellOptions,
  command: Command,
  { stdin, stdout, stderr }: Streams,
  merged: Stream | null,
): SpawnOptions {
  const { cwd, env, argv0, detached, uid, gid, windowsHide, windowsVerbatimArguments } = options;
  const nodes = (value: Stdio, fd: number): Stdio => (value === null ? fd : value);
  const out = merged ?? nodes(stdout, 1);
  const stdio = [nodes(stdin, 0), out, stderr === STDOUT ? out : nodes(stderr, 2)];
  const all = { cwd, env, argv0, detached, uid, gid, windowsHide, windowsVerbatimArguments };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return {
    ...given,
    ...(command.shell === undefined ? {} : { shell: command.shell }),
    stdio: stdio as NonNullable<SpawnOptions["stdio"]>,
  };
}
