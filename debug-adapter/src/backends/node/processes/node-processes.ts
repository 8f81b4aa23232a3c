/** The Node programs on this machine, as the system tells: nothing is sent to any of them. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";
import { ProcessError } from "./process-error.js";
import { listeningPorts } from "./listening-ports.js";

/** A Node program of this user. */
export interface NodeProcess {
  readonly pid: number;
  /** Its command line. */
  readonly command: readonly string[];
  /**
   * `open`: a debugger could connect now. `closed`: SIGUSR1 opens it. `off`: the program does not take that signal,
   * which would end it.
   */
  readonly inspector: "open" | "closed" | "off";
  /** Where its inspector listens, or would: the port named by its options, 9229 otherwise. */
  readonly port: number;
  /** The system has stopped it (SIGSTOP, Ctrl+Z): it answers nobody. */
  readonly stopped: boolean;
}

const DEFAULT_PORT = 9229;
const PS_TIMEOUT_MS = 5000;
/** SIGUSR1 in the masks of /proc. */
const SIGUSR1 = 1n << 9n;

/** All that belong to this user, oldest first; without this program itself. */
export async function nodeProcesses(): Promise<NodeProcess[]> {
  const pids =
    process.platform === "linux"
      ? readdirSync("/proc")
          .filter((name) => /^\d+$/.test(name))
          .map(Number)
      : (await psTable()).filter(({ uid }) => uid === process.getuid?.()).map(({ pid }) => pid);
  const found = await Promise.all(
    pids.filter((pid) => pid !== process.pid).map((pid) => nodeProcess(pid).catch(() => undefined)),
  );
  return found.filter((each) => each !== undefined).sort((a, b) => a.pid - b.pid);
}

/** @throws ProcessError when there is none, when it is another user's or when it is not Node. */
export async function nodeProcess(pid: number): Promise<NodeProcess> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPERM") throw foreign(pid);
    throw new ProcessError(
      `There is no process ${pid}. \`asyncscope ps\` lists the programs that can be looked into.`,
    );
  }
  if (process.platform === "linux") return fromProc(pid);
  if (process.platform === "win32")
    return { pid, command: [], inspector: "closed", port: DEFAULT_PORT, stopped: false };
  const row = (await psTable()).find((each) => each.pid === pid);
  if (row === undefined) throw new ProcessError(`Process ${pid} has ended.`);
  if (row.uid !== process.getuid?.()) throw foreign(pid);
  const command = row.command.split(/\s+/);
  if (!isNode(command[0] ?? "")) throw notNode(pid, command[0] ?? "");
  const port = portOf(command, "");
  const open = (await listeningPorts(pid)).some((each) => each.port === port);
  return { pid, command, inspector: open ? "open" : "closed", port, stopped: row.state.startsWith("T") };
}

async function fromProc(pid: number): Promise<NodeProcess> {
  let executable: string;
  let command: string[];
  let status: string;
  let environment = "";
  try {
    if (
      process.getuid !== undefined &&
      process.getuid() !== 0 &&
      statSync(`/proc/${pid}`).uid !== process.getuid()
    )
      throw foreign(pid);
    executable = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    status = readFileSync(`/proc/${pid}/status`, "utf8");
    environment = readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch (error) {
    if (error instanceof ProcessError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") throw foreign(pid);
    throw new ProcessError(`Process ${pid} has ended.`);
  }
  if (!isNode(executable)) throw notNode(pid, executable);
  const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  const options = environment.split("\0").find((each) => each.startsWith("NODE_OPTIONS=")) ?? "";
  const port = portOf(command, options);
  const open = (await listeningPorts(pid)).some((each) => each.port === port);
  return {
    pid,
    command,
    inspector: open ? "open" : (caught & SIGUSR1) === 0n ? "off" : "closed",
    port,
    stopped: /^State:\s*[Tt]/m.test(status),
  };
}

function isNode(executable: string): boolean {
  return /^(?:node|nodejs)(?:[-_.]?v?\d[\d.]*)?(?:\.exe)?$/i.test(basename(executable));
}

/** The port that `--inspect=…` or `--inspect-port=…` names. */
function portOf(command: readonly string[], options: string): number {
  let port = DEFAULT_PORT;
  for (const word of [...options.split(/[\s=]+/), ...command.slice(1)]) {
    if (!word.startsWith("-") && command.includes(word)) break;
    const named = /^--(?:inspect(?:-brk|-wait|-port)?|debug-port)=(?:.*:)?(\d+)$/.exec(word)?.[1];
    if (named !== undefined) port = Number(named);
  }
  return port;
}

interface PsRow {
  readonly pid: number;
  readonly uid: number;
  readonly state: string;
  readonly command: string;
}

async function psTable(): Promise<PsRow[]> {
  if (process.platform === "win32")
    throw new ProcessError("On Windows programs are not listed yet. Name the PID: asyncscope ps PID.");
  const { stdout } = await promisify(execFile)("ps", ["-axo", "pid=,uid=,state=,args="], {
    timeout: PS_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, uid, state = "", command = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), uid: Number(uid), state, command }];
  });
}

function foreign(pid: number): ProcessError {
  return new ProcessError(`Process ${pid} belongs to another user. Run asyncscope as that user.`);
}

function notNode(pid: number, executable: string): ProcessError {
  return new ProcessError(`Process ${pid} is no Node program (${basename(executable)}).`);
}
