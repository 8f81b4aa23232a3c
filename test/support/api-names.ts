import { readFileSync } from "node:fs";

/** What docs/coming-from-python.md says about a name of asyncio. */
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

/** The rows of the page's tables of names; a row about several that are not there counts for each. */
export function namesRows(path: string): NamesRow[] {
  const rows: NamesRow[] = [];
  let columns = 0;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line.startsWith("| asyncio |")) columns = line.split("|").length - 2;
    else if (!line.startsWith("|")) columns = 0;
    if (columns === 0 || !line.startsWith("| `")) continue;
    if (columns === 2) {
      const [, names = "", notes = ""] = /^\| (.+?) \| (.*) ?\|$/.exec(line) ?? [];
      for (const python of codeIn(names)) rows.push({ python, here: [], notes: notes.trim() });
    } else {
      const [, python = "", here = "", notes = ""] = /^\| `([^`]+)` \| (.+?) \| (.*) ?\|$/.exec(line) ?? [];
      rows.push({ python, here: codeIn(here), notes: notes.trim() });
    }
  }
  return rows;
}

function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
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
