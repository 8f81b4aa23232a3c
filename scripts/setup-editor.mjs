// Gets a real VS Code from npm, to be served on 127.0.0.1: the workbench, the extension host and the built-in
// extensions, as the package `code-server` carries them (its own wrapper is not used).
// Usage: node scripts/setup-editor.mjs   (prints its folder)
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { aptInstall, canInstall, which } from "./lib/debian.mjs";
import { withLock } from "./lib/lock.mjs";
import { npm, quietly } from "./lib/processes.mjs";
import { root } from "./lib/root.mjs";

const nodeMajor = Number(process.versions.node.split(".")[0]);
/** Each release wants its own Node: 4.100.3 is VS Code 1.100 on Node 20, 4.139.1 is VS Code 1.139 on Node 24. */
const VERSION = nodeMajor >= 24 ? "4.139.1" : "4.100.3";
/**
 * Built here, because their own install scripts fetch binaries from places other than npm. Without an optional one
 * the editor works all the same: log files, news of changed files.
 */
const NATIVE = [
  { name: "node-pty", optional: false },
  { name: "native-watchdog", optional: false },
  { name: "@vscode/native-watchdog", optional: false },
  { name: "@vscode/spdlog", optional: true },
  { name: "@parcel/watcher", optional: true },
];

const cache = join(root, ".vscode-test");
const home = join(cache, `code-server-${VERSION}-node${nodeMajor}-${process.platform}-${process.arch}`);

/** The folder that holds `out/server-main.js`, when it is there already. */
export function findEditor() {
  // The folder gets its name when it is complete, so that its being there says it all.
  const folder = join(home, "lib/vscode");
  return existsSync(folder) ? folder : undefined;
}

/**
 * The folder that holds `out/server-main.js`, made now if need be (about a minute). Safe when interrupted and
 * when two do it at once.
 * @param {(line: string) => void} log
 */
export async function ensureEditor(log) {
  const found = findEditor();
  if (found !== undefined) return found;
  return await withLock(
    join(cache, "editor.lock"),
    async () => {
      const made = findEditor();
      if (made !== undefined) return made;
      await build(log);
      return join(home, "lib/vscode");
    },
    { log },
  );
}

/** @param {(line: string) => void} log */
async function build(log) {
  const started = Date.now();
  for (const name of readdirSync(cache))
    if (name.startsWith("unfinished-")) rmSync(join(cache, name), { recursive: true, force: true });
  const work = join(cache, `unfinished-${process.pid}`);
  mkdirSync(work, { recursive: true });
  const { command, args } = npm();
  const env = { ...process.env, ...headers() };
  /** @param {string} cwd @param {string[]} rest */
  const runNpm = (cwd, ...rest) =>
    quietly(command, [...args, ...rest, "--no-audit", "--no-fund"], { cwd, env, timeout: 300_000 });

  await ensureCompiler(log);
  log(`getting VS Code from npm: code-server@${VERSION} (about 45 MB)`);
  await runNpm(work, "pack", `code-server@${VERSION}`, "--silent");
  await quietly("tar", ["xzf", `code-server-${VERSION}.tgz`], { cwd: work });
  rmSync(join(work, `code-server-${VERSION}.tgz`));
  const vscode = join(work, "package/lib/vscode");
  log("installing its dependencies");
  await runNpm(vscode, "install", "--omit=dev", "--ignore-scripts");
  await runNpm(join(vscode, "extensions"), "install", "--omit=dev", "--ignore-scripts");
  // Which ones there are differs between releases.
  const native = NATIVE.filter(({ name }) => existsSync(join(vscode, "node_modules", name)));
  log(`compiling its native modules: ${native.map(({ name }) => name).join(", ")}`);
  for (const { name, optional } of native) {
    const before = Date.now();
    // node-pty's script reports a failure after it has built what is needed: what counts is the binary.
    const problem = await runNpm(vscode, "rebuild", name).catch((error) => String(error));
    if (hasBinary(join(vscode, "node_modules", name), before) || hasPrebuilt(vscode, name)) continue;
    if (!optional) throw new Error(`VS Code's native module ${name} could not be built.\n${problem}`);
    log(`VS Code's native module ${name} could not be built: going on without it`);
  }
  rmSync(home, { recursive: true, force: true });
  renameSync(join(work, "package"), home);
  rmSync(work, { recursive: true, force: true });
  log(`VS Code is ready (${Math.round((Date.now() - started) / 1000)} s)`);
}

/** node-gyp would download Node's headers; most installations of Node bring them. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, "include/node/node.h")) ? { npm_config_nodedir: prefix } : {};
}

/** @param {string} folder @param {number} since */
function hasBinary(folder, since) {
  const release = join(folder, "build/Release");
  return (
    existsSync(release) &&
    readdirSync(release).some(
      (name) => name.endsWith(".node") && statSync(join(release, name)).mtimeMs >= since,
    )
  );
}

/** Some bring a binary per platform, or one package each. @param {string} vscode @param {string} name */
function hasPrebuilt(vscode, name) {
  const folder = join(vscode, "node_modules", name);
  const platform = `${process.platform}-${process.arch}`;
  const base = name.split("/").pop() ?? name;
  return (
    existsSync(join(folder, "prebuilds", platform)) ||
    readdirSync(dirname(folder)).some((entry) => entry.startsWith(`${base}-${platform}`))
  );
}

/** @param {(line: string) => void} log */
async function ensureCompiler(log) {
  const missing = [
    ["g++", "g++"],
    ["make", "make"],
    ["python3", "python3"],
  ]
    .filter(([tool]) => which(/** @type {string} */ (tool)) === undefined)
    .map(([, name]) => /** @type {string} */ (name));
  if (missing.length === 0) return;
  if (process.platform !== "linux" || !canInstall())
    throw new Error(
      `VS Code's native modules need ${missing.join(", ")}: install them (Debian, Ubuntu: apt-get install ` +
        `${missing.join(" ")}; macOS: xcode-select --install), then run this again.`,
    );
  await aptInstall(missing, log);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.log(await ensureEditor((line) => console.error(line)));
