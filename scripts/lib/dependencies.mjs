// `npm ci` when node_modules is missing or older than the lock file. Imports nothing but Node's own modules.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { npm, quietly } from "./processes.mjs";
import { root } from "./root.mjs";

/** npm writes this file last, and it holds what was installed. */
const installed = join(root, "node_modules/.package-lock.json");

function fresh() {
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs
  );
}

/** @param {(line: string) => void} log */
export async function ensureDependencies(log) {
  if (fresh()) return;
  await withLock(
    join(root, "node_modules.lock"),
    async () => {
      if (fresh()) return;
      log("installing dependencies: npm ci");
      const { command, args } = npm();
      await quietly(command, [...args, "ci", "--no-audit", "--no-fund"], { cwd: root, timeout: 300_000 });
    },
    { log },
  );
}
