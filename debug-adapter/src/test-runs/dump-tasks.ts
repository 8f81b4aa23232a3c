/** A dump of the program that this code runs in, for test runners and whoever else wants one. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  ACTIVATE_KEY,
  INSPECTOR_KEY,
  PROTOCOL_VERSION,
  type ActivationOptions,
  type Inspector,
} from "@asyncscope/protocol";
import { CdpConnection } from "../backends/node/cdp/connection.js";
import { DebuggerDomain } from "../backends/node/cdp/debugger-domain.js";
import { InspectorAccess } from "../backends/node/inspector-access.js";
import { Scripts } from "../backends/node/scripts.js";
import { NodeTaskBackend } from "../backends/node/task-backend.js";
import { writeDump } from "../dump/write.js";
import { collectDump, pendingTasks } from "../tasks/collect-dump.js";
import { TaskModel } from "../tasks/task-model.js";

export interface DumpOptions {
  /** Where the file goes. Default: the environment variable ASYNCSCOPE_DUMP_FOLDER, else `taskdumps` where the program runs. */
  readonly folder?: string;
  /** What the file is called, before the process id. Default `tasks`. */
  readonly name?: string;
  /** Most tasks. Default 2000. */
  readonly limit?: number;
}

/** What was written. */
export interface WrittenDump {
  /** Absolute path of the file. */
  readonly file: string;
  /** Tasks that have not finished. */
  readonly pending: number;
  /** What is wrong with them, a sentence each, the worst first. */
  readonly findings: readonly string[];
}

const SOURCES = { sourceMaps: true, outFiles: [], sourceMapPathOverrides: {}, skipFiles: [], root: "/" };
const LONGEST_NAME = 80;

/** Records tasks from now on, also those of a runtime that is loaded later: a dump then says who started whom, and where. */
export function recordTasks(): void {
  const options: ActivationOptions = { protocolVersion: PROTOCOL_VERSION };
  const place = globalThis as unknown as Record<symbol, unknown>;
  place[Symbol.for(ACTIVATE_KEY)] ??= options;
  (place[Symbol.for(INSPECTOR_KEY)] as Inspector | undefined)?.enable(options);
}

/**
 * Writes the tasks of this program, what each one waits for and where, to a `.taskdump` file.
 *
 * ```ts
 * const dump = await dumpTasks({ name: "import-job" });
 * console.error(`${dump?.pending ?? 0} tasks are pending: ${dump?.file ?? "-"}`);
 * ```
 *
 * @returns undefined when the program has not loaded the asyncscope runtime
 * @throws Error when the file cannot be written
 */
export async function dumpTasks(options: DumpOptions = {}): Promise<WrittenDump | undefined> {
  const cdp = CdpConnection.toItself();
  try {
    const access = new InspectorAccess(cdp);
    await access.probe();
    const { hello } = access;
    if (hello === undefined) return undefined;
    const scripts = new Scripts(cdp, new DebuggerDomain(cdp), SOURCES, () => undefined);
    await scripts.setRuntimeScripts(hello.scripts);
    const model = new TaskModel();
    model.attach(new NodeTaskBackend(cdp, scripts, access));
    const { limit } = options;
    const dump = await collectDump(model, limit === undefined ? {} : { limit });
    const folder = resolve(options.folder ?? process.env["ASYNCSCOPE_DUMP_FOLDER"] ?? "taskdumps");
    const name = (options.name ?? "").replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|-+$/g, "");
    const file = join(folder, `${name.slice(0, LONGEST_NAME) || "tasks"}-${process.pid}.taskdump`);
    await mkdir(folder, { recursive: true });
    // Previews of queue items may be anybody's secrets: readable by the user alone.
    await writeFile(file, writeDump(dump), { mode: 0o600 });
    return { file, pending: pendingTasks(dump), findings: dump.findings.map(({ text }) => text) };
  } finally {
    cdp.close();
  }
}
