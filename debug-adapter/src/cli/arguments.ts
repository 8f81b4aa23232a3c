import type { TreeOrder } from "@asyncscope/protocol";
import { CliError } from "./cli-error.js";
import type { RecordCommand } from "./record.js";

export const USAGE = `Usage:
  asyncscope run FILE [ARGS]    runs a program so that its plain async functions are tasks too
  asyncscope ps                 Node programs of this user
  asyncscope ps PID             the tasks of a program as a table
  asyncscope tree PID           its tasks as a tree: who waits for whom (also: pstree)
  asyncscope groups PID         how many tasks stand at which line and wait for what, the most first
  asyncscope queues PID         its queues, locks and other primitives: contents, owner, who waits
  asyncscope dump PID           its tasks with await chains, queues and locks as a document (.taskdump)
  asyncscope record PID         what its tasks do for a while, as a file for the timeline (.taskrec)

Options:
  --by await|creation   tree: who waits for whom (default), or who started whom
  --limit N             at most N tasks, groups, or queues and locks (default 200, of a dump 2000)
  --output FILE         dump, record: into this file
  --seconds N           record: so long (default 10), or until Ctrl+C
  --trace               record: as a trace that Perfetto and chrome://tracing open
  --include NAMES       run: packages below node_modules that are watched as well, with commas between; * for all
  --snapshot            of a program without the asyncscope runtime: read its suspended async functions from a heap
                        snapshot without asking. It stops the program for a moment: tree PID says for how long.
                        Of one that "run" has started: find in the heap, too, what is wrong with its waits;
                        queues: limiters of packages (p-queue, p-limit, fastq, async-mutex)
  --json                one JSON document instead of text
  --help, --version

A program whose inspector is closed is sent SIGUSR1, which opens it on 127.0.0.1 for the moment of the look: any
program of this machine's users could connect meanwhile.`;

/** What is to be done. */
export type CliCommand =
  | { readonly kind: "help" | "version" }
  | RecordCommand
  | { readonly kind: "list"; readonly json: boolean }
  | {
      readonly kind: "run";
      /** Arguments of Node itself, the program, and its arguments. */
      readonly args: readonly string[];
      readonly include: string | undefined;
    }
  | {
      readonly kind: "table" | "tree";
      readonly pid: number;
      readonly json: boolean;
      readonly limit: number;
      readonly order: TreeOrder;
      readonly snapshot: boolean;
    }
  | {
      readonly kind: "groups";
      readonly pid: number;
      readonly json: boolean;
      readonly limit: number;
    }
  | {
      readonly kind: "queues";
      readonly pid: number;
      readonly json: boolean;
      readonly limit: number;
      readonly snapshot: boolean;
    }
  | {
      readonly kind: "dump";
      readonly pid: number;
      readonly json: boolean;
      readonly limit: number;
      readonly snapshot: boolean;
      /** Path of the file to write; undefined: standard output. */
      readonly output: string | undefined;
    };

const DEFAULT_LIMIT = 200;
const DEFAULT_DUMP_LIMIT = 2000;
const MOST = 20_000;
const MOST_RESOURCES = 2000;
const MOST_GROUPS = 1000;
const DEFAULT_SECONDS = 10;
const MOST_SECONDS = 86_400;
const COMMANDS = ["ps", "tree", "pstree", "groups", "queues", "dump", "record"];

/** @throws CliError that shows the usage. */
export function parseArguments(args: readonly string[]): CliCommand {
  if (args[0] === "run") return parseRun(args.slice(1));
  const words: string[] = [];
  let json = false;
  let snapshot = false;
  let limit: number | undefined;
  let output: string | undefined;
  let seconds: number | undefined;
  let trace = false;
  let order: TreeOrder | undefined;
  const rest = args.flatMap((arg) => (arg.startsWith("--") ? splitOption(arg) : [arg]));
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--help" || arg === "-h") return { kind: "help" };
    if (arg === "--version") return { kind: "version" };
    if (arg === "--json") json = true;
    else if (arg === "--snapshot") snapshot = true;
    else if (arg === "--limit") limit = wholeNumber(rest.shift(), "--limit", MOST);
    else if (arg === "--seconds") seconds = wholeNumber(rest.shift(), "--seconds", MOST_SECONDS);
    else if (arg === "--trace") trace = true;
    else if (arg === "--output") {
      output = rest.shift();
      if (output === undefined || output === "") throw wrong("--output takes the name of a file.");
    } else if (arg === "--by") {
      const by = rest.shift();
      if (by !== "await" && by !== "creation")
        throw wrong(`--by takes await or creation, not ${by ?? "nothing"}.`);
      order = by;
    } else if (arg.startsWith("-")) throw wrong(`There is no option ${arg}.`);
    else words.push(arg);
  }
  const [command, pid, ...more] = words;
  if (command === undefined) return { kind: "help" };
  if (!COMMANDS.includes(command)) throw wrong(`There is no command ${command}.`);
  if (more.length > 0) throw wrong(`One PID is enough: ${more.join(" ")} is too much.`);
  if (command !== "tree" && command !== "pstree" && order !== undefined)
    throw wrong("--by belongs to the command tree.");
  if (command !== "dump" && command !== "record" && output !== undefined)
    throw wrong("--output belongs to the commands dump and record.");
  if (command !== "record" && (trace || seconds !== undefined))
    throw wrong("--seconds and --trace belong to the command record.");
  if (command === "record") {
    const number = wholeNumber(pid, "PID", 2 ** 31 - 1);
    return { kind: "record", pid: number, seconds: seconds ?? DEFAULT_SECONDS, output, trace };
  }
  if (command === "dump") {
    const number = wholeNumber(pid, "PID", 2 ** 31 - 1);
    return { kind: "dump", pid: number, json, limit: limit ?? DEFAULT_DUMP_LIMIT, snapshot, output };
  }
  if (command === "ps" && pid === undefined) {
    if (snapshot) throw wrong("--snapshot needs a PID.");
    return { kind: "list", json };
  }
  if (command === "queues") {
    const most = Math.min(limit ?? DEFAULT_LIMIT, MOST_RESOURCES);
    return { kind: command, pid: wholeNumber(pid, "PID", 2 ** 31 - 1), json, limit: most, snapshot };
  }
  if (command === "groups") {
    if (snapshot) throw wrong("--snapshot belongs to the commands ps, tree, queues and dump.");
    const most = Math.min(limit ?? DEFAULT_LIMIT, MOST_GROUPS);
    return { kind: command, pid: wholeNumber(pid, "PID", 2 ** 31 - 1), json, limit: most };
  }
  return {
    kind: command === "ps" ? "table" : "tree",
    pid: wholeNumber(pid, "PID", 2 ** 31 - 1),
    json,
    limit: limit ?? DEFAULT_LIMIT,
    snapshot,
    order: order ?? (command === "ps" ? "creation" : "await"),
  };
}

/** What stands behind the program is its own. */
function parseRun(args: readonly string[]): CliCommand {
  const rest = [...args];
  let include: string | undefined;
  if (rest[0]?.startsWith("--include") === true) {
    const [option = "", value] = splitOption(rest.shift()!);
    include = value ?? rest.shift();
    if (option !== "--include" || include === undefined || include === "")
      throw wrong("--include takes the names of packages.");
  }
  if (rest.length === 0) throw wrong("run takes the program to run.");
  return { kind: "run", args: rest, include };
}

function splitOption(arg: string): string[] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

function wholeNumber(text: string | undefined, what: string, most: number): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most)
    throw wrong(`${what} takes a whole number from 1 to ${most}, not ${text ?? "nothing"}.`);
  return value;
}

function wrong(message: string): CliError {
  return new CliError(`${message}\n\n${USAGE}`, 2);
}
