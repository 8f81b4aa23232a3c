// A package as it was published, with what its tests need, in a folder outside of the project.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { AS_OF } from "../packages.mjs";
import { npm, quietly } from "../../scripts/lib/processes.mjs";

/** Not below a `node_modules`, where test runners look for no tests. */
export const cacheFolder = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "asyncscope-compatibility",
);

/**
 * @param {import("../packages.mjs").Package} wanted
 * @param {(line: string) => void} progress
 * @returns {Promise<string>} its folder
 */
export async function install({ name, version, needs }, progress) {
  const folder = join(cacheFolder, `${name.replace("/", "+")}@${version}`);
  if (existsSync(folder)) return folder;
  progress(`installing ${name}@${version}`);
  // Complete or not there at all.
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const { command, args } = npm();
    await quietly(command, [...args, "pack", `${name}@${version}`, "--silent"], { cwd: making });
    const [tarball] = readdirSync(making);
    await quietly("tar", ["-xzf", tarball ?? "", "--strip-components=1"], { cwd: making });
    rmSync(join(making, tarball ?? ""));
    keepNeeded(join(making, "package.json"), needs);
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", `--before=${AS_OF}`];
    await quietly(command, [...args, "install", ...flags], { cwd: making, timeout: 600_000 });
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

/** Linters, compilers and browsers are not installed. @param {string} file @param {readonly string[]} needs */
function keepNeeded(file, needs) {
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  /** @type {Record<string, string>} */
  const all = manifest.devDependencies ?? {};
  const missing = needs.filter((name) => !(name in all));
  if (missing.length > 0) throw new Error(`${manifest.name} has no such devDependencies: ${missing}`);
  manifest.devDependencies = Object.fromEntries(Object.entries(all).filter(([name]) => needs.includes(name)));
  writeFileSync(file, JSON.stringify(manifest, null, 2));
}
