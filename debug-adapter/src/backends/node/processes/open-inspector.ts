import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { inspectorUrl } from "../launch/attach.js";
import { ProcessError } from "./process-error.js";
import { listeningPorts } from "./listening-ports.js";
import type { NodeProcess } from "./node-processes.js";

/** How long a program may take to open its inspector, in milliseconds. */
const PATIENCE_MS = 5000;
/** How long it takes when all is well (2 to 11 ms measured), with much to spare. */
const USUAL_MS = 1000;
const POLL_MS = 20;

/** The inspector of a running program. */
export interface OpenInspector {
  readonly url: string;
  /** It was closed before: whoever is done closes it again. */
  readonly opened: boolean;
}

/**
 * Finds the inspector of a program, and opens it when it is closed.
 * @throws ProcessError that says what stands in the way.
 */
export async function openInspector(program: NodeProcess): Promise<OpenInspector> {
  const { pid, port } = program;
  if (program.stopped)
    throw new ProcessError(
      `Process ${pid} is stopped and answers nobody. Let it go on first: kill -CONT ${pid}`,
    );
  if (program.inspector === "open") return { url: await urlAt(port), opened: false };
  if (program.inspector === "off")
    throw new ProcessError(
      `Process ${pid} does not open its inspector on SIGUSR1 (started with --disable-sigusr1, or about to end). Start it with --inspect.`,
    );
  if (isInRead(pid))
    throw new ProcessError(
      `Process ${pid} is blocked in a synchronous read, which the signal that opens its inspector would end with an error. Try again when it goes on.`,
    );
  const before = await listeningPorts(pid);
  sendSignal(pid);
  const start = performance.now();
  let doubtful = true;
  while (performance.now() < start + PATIENCE_MS) {
    const now = await listeningPorts(pid);
    const fresh = now.filter((each) => !before.some((old) => old.port === each.port));
    // Where the system does not tell, the port is the one that it would be.
    for (const candidate of process.platform === "win32" ? [port] : fresh.map((each) => each.port)) {
      const url = await urlAt(candidate).catch(() => undefined);
      if (url !== undefined) return { url, opened: true };
    }
    if (doubtful && performance.now() > start + USUAL_MS) {
      doubtful = false;
      // Perhaps it was open all the time, on a port that nothing named.
      for (const { port: candidate } of before.filter((each) => each.loopback)) {
        const url = await urlAt(candidate).catch(() => undefined);
        if (url !== undefined) return { url, opened: false };
      }
      if (!now.some((each) => each.port === port) && (await isTaken(port)))
        throw new ProcessError(
          `Process ${pid} cannot open its inspector: port ${port} is taken by another program. End that one's debugging, or start this one with --inspect-port=0.`,
        );
    }
    await delay(POLL_MS);
    if (!isAlive(pid)) throw new ProcessError(`Process ${pid} ended during the look.`);
  }
  throw new ProcessError(
    `Process ${pid} did not open its inspector within ${PATIENCE_MS / 1000} s: it is blocked in native code, such as a synchronous child process or file operation. Try again when it goes on.`,
  );
}

/**
 * For whoever opened an inspector and leaves: an expression that has the program close it when the connection of whoever
 * asks has gone, as it waits until all have. It needs the command line API.
 */
export const CLOSE_WHEN_GONE = `{ const inspector = require("node:inspector"); require("node:timers").setTimeout(() => inspector.close(), 50).unref(); }`;

/** The numbers of the system call read(). */
const READ: Readonly<Record<string, string>> = { x64: "0", arm64: "63" };

/**
 * Whether the main thread stands in a synchronous read, of a pipe or terminal say. Any signal ends that with EINTR
 * (measured; all other calls of Node's go on), and with it most programs.
 */
function isInRead(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/syscall`, "utf8").split(" ")[0] === READ[process.arch];
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Whether somebody listens there. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: USUAL_MS });
    const end = (taken: boolean) => (): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

function urlAt(port: number): Promise<string> {
  return inspectorUrl({ websocketUrl: undefined, address: "127.0.0.1", port });
}

function sendSignal(pid: number): void {
  try {
    // On Windows, where there are no signals, Node has another way for the same.
    (process as typeof process & { _debugProcess(pid: number): void })._debugProcess(pid);
  } catch (error) {
    throw new ProcessError(
      `The inspector of process ${pid} could not be opened (${error instanceof Error ? error.message : String(error)}): it has ended, or belongs to another user.`,
    );
  }
}
