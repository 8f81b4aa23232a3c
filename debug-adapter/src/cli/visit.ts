import { CdpConnection } from "../backends/node/cdp/connection.js";
import { DebuggerDomain } from "../backends/node/cdp/debugger-domain.js";
import { withTimeout } from "../backends/node/inspector-access.js";
import { nodeProcess } from "../backends/node/processes/node-processes.js";
import { CLOSE_WHEN_GONE, openInspector } from "../backends/node/processes/open-inspector.js";
import type { OpenInspector } from "../backends/node/processes/open-inspector.js";
import { Scripts } from "../backends/node/scripts.js";
import { ProgramBlockedError } from "../tasks/backend.js";
import { CliError } from "./cli-error.js";

/** A program that is being looked at. */
export interface Visited {
  readonly cdp: CdpConnection;
  readonly domain: DebuggerDomain;
  readonly scripts: Scripts;
  readonly pid: number;
  /** Path of its main file, or its title. */
  readonly program: string;
  /** `v20.11.0` */
  readonly node: string;
}

/** No step takes longer. Milliseconds. */
export const STEP_MS = 5000;
const SOURCES = { sourceMaps: true, outFiles: [], sourceMapPathOverrides: {}, skipFiles: [], root: "/" };

/**
 * Connects to a running program and leaves it as it was: what had to be opened for it is closed again, also after
 * `signal` was aborted.
 * @throws CliError
 */
export async function visit<T>(
  pid: number,
  signal: AbortSignal,
  look: (program: Visited) => Promise<T>,
): Promise<T> {
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
    return await Promise.race([meet(cdp, pid).then(look), gone, stopped]);
  } catch (error) {
    throw error instanceof ProgramBlockedError ? blocked(pid, inspector) : error;
  } finally {
    await leave(cdp, inspector);
  }
}

async function meet(cdp: CdpConnection, pid: number): Promise<Visited> {
  const [answering, node, program] = await evaluate<[number, string, string]>(
    cdp,
    "[process.pid, process.version, process.argv[1] ?? process.title]",
  );
  if (answering !== pid)
    throw new CliError(
      `Another process (${answering}) answers where the inspector of ${pid} should be. Start the program with --inspect-port=0.`,
    );
  const domain = new DebuggerDomain(cdp);
  const scripts = new Scripts(cdp, domain, SOURCES, () => undefined);
  return { cdp, domain, scripts, pid, program, node };
}

/** The value of an expression in the program. */
export async function evaluate<T>(cdp: CdpConnection, expression: string): Promise<T> {
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
  if (opened && !cdp.isClosed) await evaluate(cdp, CLOSE_WHEN_GONE).catch(() => undefined);
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
