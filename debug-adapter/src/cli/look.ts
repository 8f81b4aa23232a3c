import type {
  FindingNode,
  InspectorHello,
  ResourcesBody,
  TaskDump,
  TreeBody,
  TreeOrder,
} from "@asyncscope/protocol";
import { CdpConnection } from "../backends/node/cdp/connection.js";
import { DebuggerDomain } from "../backends/node/cdp/debugger-domain.js";
import { InspectorAccess, withTimeout } from "../backends/node/inspector-access.js";
import { Scripts } from "../backends/node/scripts.js";
import { NodeTaskBackend } from "../backends/node/task-backend.js";
import { ProgramBlockedError } from "../tasks/backend.js";
import { collectDump } from "../tasks/collect-dump.js";
import { TaskModel } from "../tasks/task-model.js";
import { CliError } from "./cli-error.js";
import { nodeProcess } from "./node-processes.js";
import { openInspector } from "./open-inspector.js";
import type { OpenInspector } from "./open-inspector.js";

/** Reads what is wanted of a program that is being looked at. */
type Question<T> = (model: TaskModel, program: ProgramLooked, backend: NodeTaskBackend) => Promise<T>;

/** The program that is looked at. */
type ProgramLooked = Omit<Look, "tree" | "findings">;

/** What a program looked like at one moment. */
export interface Look {
  readonly pid: number;
  /** Path of the program's main file, or its command line. */
  readonly program: string;
  /** `v20.11.0` */
  readonly node: string;
  /** Version of the asyncscope runtime in it. */
  readonly runtime: string;
  /**
   * False when the tasks were not recorded before this look: then nothing is known of who started whom, and ages are
   * the least that they can be.
   */
  readonly recorded: boolean;
  readonly tree: TreeBody;
  /** What is wrong with its tasks, the worst first. */
  readonly findings: readonly FindingNode[];
}

export interface LookOptions {
  readonly order: TreeOrder;
  /** Most tasks. */
  readonly limit: number;
}

/** What must be known of tasks that were not recorded before. */
export const NOT_RECORDED =
  "Nothing was recorded before this look: who started whom is not known, and ages are at least as shown.";

/** What must be known of queues and locks that were not recorded before. */
export const NOT_RECORDED_QUEUES =
  "Nothing was recorded before this look: only what a task waits for is listed.";

/** No step takes longer. Milliseconds. */
const STEP_MS = 5000;
const SOURCES = { sourceMaps: true, outFiles: [], sourceMapPathOverrides: {}, skipFiles: [], root: "/" };

/**
 * Looks at the tasks of a running program.
 * @throws CliError
 */
export function look(pid: number, { order, limit }: LookOptions, signal: AbortSignal): Promise<Look> {
  return visit(pid, signal, async (model, program) => {
    const tree = await withTimeout(
      model.tree({ order, pages: [{ task: 0, limit: Math.min(limit, 1000) }], deep: true, limit }),
      STEP_MS,
    );
    if (tree.status === "blocked") throw new ProgramBlockedError();
    const { findings } = await withTimeout(model.diagnosis({}), STEP_MS);
    return { ...program, tree, findings };
  });
}

/** The queues, locks and other primitives of a program at one moment. */
export interface QueuesLook extends ProgramLooked {
  readonly resources: ResourcesBody;
}

/**
 * Looks at the queues and locks of a running program.
 * @param limit most of them
 * @throws CliError
 */
export function lookAtQueues(pid: number, limit: number, signal: AbortSignal): Promise<QueuesLook> {
  return visit(pid, signal, async (model, program) => {
    const resources = await withTimeout(model.resources({ limit }), STEP_MS);
    if (resources.status === "blocked") throw new ProgramBlockedError();
    return { ...program, resources };
  });
}

/**
 * Takes a dump of a running program.
 * @param limit most tasks
 * @throws CliError
 */
export function lookForDump(pid: number, limit: number, signal: AbortSignal): Promise<TaskDump> {
  return visit(pid, signal, async (model, { recorded }) => {
    const notes = recorded ? [] : [NOT_RECORDED];
    const dump = await withTimeout(collectDump(model, { limit, notes }), STEP_MS);
    if (dump.status === "blocked") throw new ProgramBlockedError();
    return dump;
  });
}

/**
 * Asks a running program and leaves it as it was: what had to be opened and switched on for it is closed and switched
 * off again, also after `signal` was aborted.
 * @throws CliError
 */
export async function visit<T>(pid: number, signal: AbortSignal, question: Question<T>): Promise<T> {
  const program = await nodeProcess(pid);
  const inspector = await openInspector(program);
  let cdp: CdpConnection;
  try {
    cdp = await withTimeout(CdpConnection.open(inspector.url), STEP_MS);
  } catch {
    throw new CliError(
      `The inspector of process ${pid} takes no connection: the process has just ended, or hangs.`,
    );
  }
  const gone = cdp.closed.then(() => Promise.reject(new CliError(`Process ${pid} ended during the look.`)));
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new CliError("Interrupted."));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  gone.catch(() => undefined);
  stopped.catch(() => undefined);
  try {
    return await Promise.race([ask(cdp, pid, question), gone, stopped]);
  } catch (error) {
    throw error instanceof ProgramBlockedError ? blocked(pid, inspector) : error;
  } finally {
    await leave(cdp, inspector);
  }
}

async function ask<T>(cdp: CdpConnection, pid: number, question: Question<T>): Promise<T> {
  const [answering, node, program] = await evaluate<[number, string, string]>(
    cdp,
    "[process.pid, process.version, process.argv[1] ?? process.title]",
  );
  if (answering !== pid)
    throw new CliError(
      `Another process (${answering}) answers where the inspector of ${pid} should be. Start the program with --inspect-port=0.`,
    );
  const access = new InspectorAccess(cdp);
  await access.probe();
  const { hello, problem } = access;
  if (problem !== undefined) throw new CliError(problem);
  if (hello === undefined)
    throw new CliError(
      `Process ${pid} (${program}, Node ${node}) does not use the asyncscope runtime. Its tasks cannot be seen yet: looking into plain async functions from outside comes in a later version.`,
    );
  return recorded(access, hello, async () => {
    const domain = new DebuggerDomain(cdp);
    const scripts = new Scripts(cdp, domain, SOURCES, () => undefined);
    await scripts.setRuntimeScripts(hello.scripts);
    const model = new TaskModel();
    const backend = new NodeTaskBackend(cdp, scripts, access);
    model.attach(backend);
    const about = { pid, program, node, runtime: hello.runtimeVersion, recorded: hello.enabled };
    return question(model, about, backend);
  });
}

/** Calls `work` while tasks are recorded. */
async function recorded<T>(
  access: InspectorAccess,
  { enabled, protocolVersion }: InspectorHello,
  work: () => Promise<T>,
): Promise<T> {
  if (enabled) return work();
  await access.json("enable", { protocolVersion, captureSites: false });
  try {
    return await work();
  } finally {
    await access.plain("disable").catch(() => undefined);
  }
}

async function evaluate<T>(cdp: CdpConnection, expression: string): Promise<T> {
  const { result } = await withTimeout(
    cdp.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      silent: true,
      disableBreaks: true,
      // Gives `require` to the expression, on every Node.
      includeCommandLineAPI: true,
    }),
    STEP_MS,
  );
  return result.value as T;
}

/** The program closes its inspector when our connection has gone: it waits until all have. */
async function leave(cdp: CdpConnection, { opened }: OpenInspector): Promise<void> {
  if (opened && !cdp.isClosed)
    await evaluate(
      cdp,
      `{ const inspector = require("node:inspector"); require("node:timers").setTimeout(() => inspector.close(), 50).unref(); }`,
    ).catch(() => undefined);
  cdp.close();
  await Promise.race([cdp.closed, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
}

function blocked(pid: number, { opened, url }: OpenInspector): CliError {
  return new CliError(
    `Process ${pid} does not answer: its thread is inside a native call that does not return, such as a synchronous child process.${
      opened ? ` Its inspector stays open on ${new URL(url).host} until it goes on or ends.` : ""
    }`,
  );
}
