// The Python of the contestants of CPython: the same for all, so that they differ by their loop alone.
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";

/** Milliseconds for an import. */
const PATIENCE = 60_000;

/** @type {Promise<string> | undefined} */
let found;

/** Command of the first python3 on the PATH that has uvloop; of the first of all, when none has. */
export function findPython() {
  return (found ??= search());
}

async function search() {
  const all = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "python3"))
    .filter((command) => existsSync(command));
  const different = new Map(all.map((command) => [realpathSync(command), command]));
  for (const command of different.values())
    if ((await run(command, ["-c", "import uvloop"], { cwd: root, timeout: PATIENCE })).code === 0)
      return command;
  return "python3";
}
