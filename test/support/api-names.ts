import { readFileSync } from "node:fs";

/** A row of docs/asyncio-names.md. */
export interface NamesRow {
  /** As asyncio has it: `Task.cancel`. */
  readonly python: string;
  /** What stands for it, as code: `task.cancel(msg)`. Empty when nothing does. */
  readonly here: readonly string[];
  readonly notes: string;
}

/** Something of the package that must exist: an export, or a member of one. */
export interface Claim {
  readonly owner: string | null;
  readonly name: string;
}

/** What the receivers are in the examples of the page. */
const RECEIVERS: Readonly<Record<string, string>> = {
  barrier: "Barrier",
  condition: "Condition",
  context: "Context",
  event: "Event",
  future: "Future",
  group: "TaskGroup",
  handle: "Handle",
  lock: "Lock",
  loop: "EventLoop",
  proc: "Process",
  queue: "Queue",
  reader: "StreamReader",
  runner: "Runner",
  scope: "Timeout",
  semaphore: "Semaphore",
  server: "Server",
  socket: "TransportSocket",
  task: "Task",
  timer: "TimerHandle",
  variable: "ContextVar",
  writer: "StreamWriter",
};
/** Receivers that stand for the class or interface that asyncio's name begins with. */
const OF_ITS_CLASS = ["err", "protocol", "transport"];

/** The rows of the page's tables. */
export function namesRows(path: string): NamesRow[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [, python = "", here = "", notes = ""] = /^\| `([^`]+)` \| (.+?) \| (.*) ?\|$/.exec(line) ?? [];
      const code = [...here.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
      return { python, here: code, notes: notes.trim() };
    });
}

/**
 * What a piece of code says to exist.
 * @returns null for what is no code of the package: a command of the terminal.
 * @throws Error when it cannot be read.
 */
export function claimOf(python: string, code: string): Claim | null {
  if (code.startsWith("asyncscope ")) return null;
  const made = /^await using \w+ = new (\w+)\(\)$/.exec(code)?.[1];
  if (made !== undefined) return { owner: made, name: "@@asyncDispose" };
  const [, receiver, symbol, member, name] =
    /^(?:(\w+)(?:\[Symbol\.(\w+)\]|\.(\w+))|(\w+))(?:<T>)?(?:\(.*\))?$/.exec(code) ?? [];
  if (name !== undefined) return { owner: null, name };
  if (receiver === undefined) throw new Error(`${python}: cannot read "${code}"`);
  const owner = OF_ITS_CLASS.includes(receiver)
    ? python.slice(0, python.indexOf("."))
    : /^[A-Z]/.test(receiver)
      ? receiver
      : RECEIVERS[receiver];
  if (owner === undefined) throw new Error(`${python}: nobody knows what "${receiver}" is in "${code}"`);
  return { owner, name: symbol === undefined ? member! : `@@${symbol}` };
}
