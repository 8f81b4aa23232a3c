/** Entry of the command `asyncscope`: looks at running programs from a terminal. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { TaskDump } from "@asyncscope/protocol";
import { nodeProcesses } from "../backends/node/processes/node-processes.js";
import { writeDump } from "../dump/write.js";
import { renderGroups } from "../text/group-text.js";
import { cleanText, count } from "../text/plain-text.js";
import { renderQueues } from "../text/queue-table.js";
import { messageOf } from "../errors.js";
import { parseArguments, USAGE } from "./arguments.js";
import type { CliCommand } from "./arguments.js";
import { CliError } from "./cli-error.js";
import { consent } from "./consent.js";
import { heading, lookText } from "./look-text.js";
import { look, lookAtGroups, lookAtQueues, lookForDump, NOT_RECORDED, NOT_RECORDED_QUEUES } from "./look.js";
import { record } from "./record.js";
import { runProgram } from "./run-program.js";

/** Replaced by the build with the version in package.json. */
declare const ASYNCSCOPE_VERSION: string;

async function run(command: Exclude<CliCommand, { kind: "run" }>, signal: AbortSignal): Promise<string> {
  switch (command.kind) {
    case "help":
      return USAGE;
    case "version":
      return ASYNCSCOPE_VERSION;
    case "list": {
      const list = await nodeProcesses();
      if (command.json) return json(list);
      if (list.length === 0) return "No other Node program of this user is running.";
      const rows = list.map(({ pid, inspector, command: words }) => [
        String(pid),
        inspector,
        cleanText(words.join(" "), 160),
      ]);
      const table = [["PID", "INSPECTOR", "COMMAND"], ...rows];
      return table.map(([pid, state, words]) => `${pid!.padEnd(8)}${state!.padEnd(11)}${words!}`).join("\n");
    }
    case "dump": {
      const { limit, snapshot } = command;
      const dump = await lookForDump(command.pid, { limit, consent: consent(snapshot, signal) }, signal);
      const text = command.json ? `${json(dump)}\n` : writeDump(dump);
      return command.output === undefined ? text.trimEnd() : saved(command.output, text, dump);
    }
    case "queues": {
      const { limit, snapshot } = command;
      const seen = await lookAtQueues(command.pid, { limit, consent: consent(snapshot, signal) }, signal);
      if (command.json) return json(seen);
      const hidden = seen.resources.total - seen.resources.resources.length;
      return [
        heading(seen),
        ...renderQueues(seen.resources, process.cwd()),
        ...(hidden > 0 ? [`${hidden} more: --limit ${limit + hidden} shows them, up to 2000.`] : []),
        ...(seen.recorded ? [] : [NOT_RECORDED_QUEUES]),
        ...(seen.heapUnread === true ? [heapUnread(command.pid)] : []),
      ].join("\n");
    }
    case "groups": {
      const seen = await lookAtGroups(command.pid, command.limit, signal);
      if (command.json) return json(seen);
      return [
        heading(seen),
        ...renderGroups(seen.groups, process.cwd()),
        ...(seen.recorded ? [] : [NOT_RECORDED]),
      ].join("\n");
    }
    case "record":
      return record(command, signal);
    case "table":
    case "tree": {
      const { kind, limit, order, snapshot } = command;
      const seen = await look(command.pid, { order, limit, consent: consent(snapshot, signal) }, signal);
      if (command.json) return json(seen);
      const { stdout, env } = process;
      return lookText(seen, {
        kind,
        limit,
        folder: process.cwd(),
        width: stdout.columns || 200,
        color: stdout.isTTY && env["NO_COLOR"] === undefined,
      });
    }
  }
}

function heapUnread(pid: number): string {
  return `Limiters of packages (p-queue, p-limit, fastq, async-mutex) stand in its heap: asyncscope queues ${pid} --snapshot reads them, which stops the program for a moment.`;
}

/** Writes a dump into a file. Its items may be anybody's secrets: a new file is readable by the user alone. */
async function saved(output: string, text: string, dump: TaskDump): Promise<string> {
  const file = resolve(output);
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    throw new CliError(
      `The dump could not be written: ${messageOf(error)}. Name another file with --output.`,
    );
  }
  const parts = [
    count(dump.tasks.length, "task"),
    count(dump.resources.length, "queue and lock", "queues and locks"),
  ];
  return `${parts.join(", ")}: ${file}`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

const abort = new AbortController();
// The program that is looked at is left as it was, whatever happens here.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort.abort());
process.stdout.on("error", () => process.exit(0));

const command = parse();
if (command.kind === "run")
  runProgram(command.args, command.include).then((code) => process.exit(code), fail);
else
  run(command, abort.signal).then(
    (text) => process.stdout.write(`${text}\n`, () => process.exit(0)),
    (error: unknown) => fail(error),
  );

function parse(): CliCommand {
  try {
    return parseArguments(process.argv.slice(2));
  } catch (error) {
    return fail(error);
  }
}

function fail(error: unknown): never {
  process.stderr.write(`asyncscope: ${messageOf(error)}\n`);
  process.exit(abort.signal.aborted ? 130 : error instanceof CliError ? error.exitCode : 1);
}
