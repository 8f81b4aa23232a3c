// The packages of others: they have a lock file of their own and are installed when they are first needed.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { npm, quietly } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";

const folder = join(root, "bench");
const installed = join(folder, "node_modules/.package-lock.json");

/** Without them the rest is measured all the same. @param {(line: string) => void} progress */
export async function installPeers(progress) {
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, "package-lock.json")).mtimeMs
  )
    return;
  progress("installing the peers: npm ci in bench/");
  const { command, args } = npm();
  try {
    await quietly(command, [...args, "ci", "--no-audit", "--no-fund"], { cwd: folder });
  } catch (error) {
    progress(`not installed, measured without them: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} name */
export const isInstalled = (name) => existsSync(manifest(name));

/** @param {string} name */
export const versionOf = (name) =>
  isInstalled(name) ? String(JSON.parse(readFileSync(manifest(name), "utf8")).version) : undefined;

/** @param {string} name */
const manifest = (name) => join(folder, "node_modules", name, "package.json");
