// Processes that end when they should: each has a time limit, and ends together with all that it started.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

/**
 * Names, in the environment of what we start, the run it belongs to. A process that left its group and whose
 * parent is gone is still found by it (Linux).
 */
const MARK = "ASYNCSCOPE_RUN_ID";

/** @typedef {{ id: string, pid: number }} Tree */

/** Trees that are alive: ended when this process is. @type {Set<Tree>} */
const live = new Set();

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** Reads /proc; "" where there is none or the process has gone. @param {number} pid @param {string} what */
function proc(pid, what) {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "utf8");
  } catch {
    return "";
  }
}

/**
 * All processes of a tree: those that carry its mark, and their descendants. Nothing else may ever get in, since
 * they will be ended: that is why no process id starts the search, which might mean another process by now.
 * Undefined where there is no /proc: then the group must do.
 * @param {Tree} tree @returns {number[] | undefined}
 */
function members(tree) {
  if (process.platform !== "linux") return undefined;
  /** @type {Map<number, number>} */
  const parents = new Map();
  for (const name of readdirSync("/proc"))
    if (/^\d+$/.test(name)) {
      // The name in parentheses may hold anything; state and parent follow the last one.
      const [state, parent] = proc(Number(name), "stat").split(") ").pop()?.split(" ") ?? [];
      if (parent && state !== "Z") parents.set(Number(name), Number(parent));
    }
  const found = new Set([...parents.keys()].filter((pid) => proc(pid, "environ").includes(tree.id)));
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => pid > 1 && pid !== process.pid);
}

/** Whether anything of a tree is still there. @param {Tree} tree */
function remains(tree) {
  return members(tree)?.some(() => true) ?? (tree.pid > 1 && alive(-tree.pid));
}

/** A line about a process for people. @param {number} pid */
function describeProcess(pid) {
  return `${pid} ${proc(pid, "cmdline").split("\0").join(" ").trim().slice(0, 160)}`;
}

/** @param {Tree} tree @param {NodeJS.Signals} signal */
function signalTree(tree, signal) {
  const pids = members(tree) ?? (tree.pid > 1 ? [-tree.pid] : []);
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
}

/**
 * Asks a tree to end, and makes it end after `grace` milliseconds.
 * @param {Tree} tree
 */
async function endTree(tree, grace = 3000) {
  live.delete(tree);
  signalTree(tree, "SIGTERM");
  const until = Date.now() + grace;
  while (remains(tree) && Date.now() < until) await new Promise((r) => setTimeout(r, 50));
  if (remains(tree)) signalTree(tree, "SIGKILL");
}

let watching = false;
function endAllWithThisProcess() {
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const tree of live) signalTree(tree, "SIGKILL");
  });
  for (const [signal, number] of /** @type {const} */ ([
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ]))
    process.on(signal, () => {
      // Whoever has more to clean up has a listener of its own and ends the process itself.
      if (process.listenerCount(signal) > 1) return;
      void Promise.all([...live].map((tree) => endTree(tree, 2000))).then(() => process.exit(128 + number));
    });
}

/**
 * Starts a process as the head of its own group, with nothing on its stdin.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, stdio?: "inherit" | "pipe", stdin?: "ignore" | "pipe" }} options
 */
export function start(command, args, { cwd, env = process.env, stdio = "pipe", stdin = "ignore" } = {}) {
  endAllWithThisProcess();
  const id = randomUUID();
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    // Marks add up, so that a run within a run still belongs to the outer one.
    env: { ...env, [MARK]: [process.env[MARK], id].filter(Boolean).join(",") },
    stdio: [stdin, stdio, stdio],
    detached: true,
  });
  const tree = { id, pid: child.pid ?? 0 };
  if (child.pid !== undefined) live.add(tree);
  return { child, tree, end: (/** @type {number} */ grace = 3000) => endTree(tree, grace) };
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout: number, onOutput?: (text: string) => void }} options
 *   `timeout` in milliseconds: then the whole tree is killed. `onOutput` sees stdout and stderr as they come.
 * @returns {Promise<{ code: number, timedOut: boolean, output: string, leftovers: string[] }>}
 *   `leftovers`: processes that outlived the command by more than 3 s; they have been ended.
 *   `output` is capped to its last 256 KiB.
 */
export async function run(command, args, { cwd, env, timeout, onOutput }) {
  const { child, tree, end } = start(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  });
  let output = "";
  const take = (/** @type {string} */ text) => {
    output = (output + text).slice(-256 * 1024);
    onOutput?.(text);
  };
  child.stdout?.setEncoding("utf8").on("data", take);
  child.stderr?.setEncoding("utf8").on("data", take);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void end();
  }, timeout);
  const code = await new Promise((resolve) => {
    child.once("error", (error) => {
      take(`${command}: ${error.message}\n`);
      resolve(127);
    });
    // Not "close": a process left behind may hold the pipes open for ever.
    child.once("exit", (status, signal) => resolve(status ?? (signal === "SIGINT" ? 130 : 1)));
  });
  clearTimeout(timer);
  await new Promise((resolve) => setTimeout(resolve, 20)); // what is still in the pipes
  for (const until = Date.now() + 3000; remains(tree) && Date.now() < until;)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const leftovers = (members(tree) ?? []).map(describeProcess);
  if (remains(tree)) await endTree(tree);
  live.delete(tree);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { code: timedOut ? 124 : code, timedOut, output, leftovers };
}

/**
 * Runs a command quietly; what it printed comes out in the error when it fails.
 * @param {string} command @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} options
 */
export async function quietly(command, args, { timeout = 300_000, ...options } = {}) {
  const result = await run(command, args, { ...options, timeout });
  if (result.code === 0) return result.output;
  const why = result.timedOut ? `took longer than ${timeout / 1000} s` : `ended with code ${result.code}`;
  throw new Error(`${command} ${args.join(" ")}\n${why}. Its last output:\n${result.output.slice(-4000)}`);
}

/** npm, however this process was started; never through a shell on systems where it is a script. */
export function npm() {
  const cli = process.env["npm_execpath"];
  return cli?.endsWith(".js")
    ? { command: process.execPath, args: [cli] }
    : { command: process.platform === "win32" ? "npm.cmd" : "npm", args: /** @type {string[]} */ ([]) };
}
