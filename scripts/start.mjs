// From a bare clone to a program under the debugger in a real VS Code: sets itself up, builds and packages the
// extension, installs it into an editor of its own, opens the program and starts it there; shows the live task
// tree in the terminal as well.
// Usage: npm start [-- FILE]   (default: examples/numbers-and-letters.ts)
//   VSCODE   path of a desktop VS Code (default: the one on this machine, when there is a display)
//   CHROME   path of a Chromium, to open the served editor on a machine without a display
// On a terminal the editor stays until Ctrl+C; elsewhere (a pipe, CI) all ends when the program has ended.
import { existsSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { ensureDependencies } from "./lib/dependencies.mjs";
import { desktopEditor } from "./lib/desktop-editor.mjs";
import { quietly, start } from "./lib/processes.mjs";
import { root } from "./lib/root.mjs";
import { listenToWindows } from "./lib/session-feed.mjs";
import { terminalView } from "./lib/terminal-view.mjs";
import { startServer } from "./lib/vscode-server.mjs";
import { ensureChromium } from "./setup-chromium.mjs";
import { ensureEditor } from "./setup-editor.mjs";

const DEFAULT = "examples/numbers-and-letters.ts";
/** Without a terminal nobody can press Ctrl+C: a program that still runs then is left alone no longer. */
const LIMIT = 120_000;
/** The editor must have started the program by then. Milliseconds. */
const PATIENCE = 60_000;

const interactive = process.stdout.isTTY && process.stdin.isTTY && process.env["CI"] === undefined;
const program = programFile(process.argv[2]);
const folder = workspaceOf(program);
const view = terminalView(process.stdout, folder);
const say = (/** @type {string} */ line) => view.line(line);

/** Undone in reverse order at the end. @type {(() => unknown)[]} */
const cleanup = [];
let ending = false;
/** @type {number | undefined} */
let exitCode;
let running = false;
for (const [signal, code] of /** @type {const} */ ([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]))
  process.on(signal, () => void end(code));

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  await end(1);
}

async function main() {
  const desktop = desktopEditor();
  // Each takes its minute on a bare machine: beside each other.
  const served = desktop === undefined ? prepareServed() : undefined;
  served?.catch(() => {});
  await ensureDependencies(say);
  say("building and packaging the extension");
  await quietly(process.execPath, [join(root, "scripts/build.mjs"), "--no-types"], { cwd: root });
  await view.load();
  const work = mkdtempSync(join(tmpdir(), "asyncscope-start-"));
  cleanup.push(() => rmSync(work, { recursive: true, force: true, maxRetries: 5 }));
  const vsix = join(work, "asyncscope.vsix");
  await quietly(process.execPath, [join(root, "scripts/package.mjs"), "--out", vsix]);
  const helper = await packageHelper(work);

  /** @type {() => void} */
  let closeBrowser = () => {};
  /** @type {NodeJS.Timeout | undefined} */
  let patience;
  const feed = await listenToWindows({
    onWindow: (count) => {
      // Somebody has opened the address in a browser of their own: that window starts the program, and speaks.
      if (count === 2) closeBrowser();
    },
    onMessage: (message) => {
      if (message.type === "started") clearTimeout(patience);
      handle(message);
    },
  });
  cleanup.push(() => (clearTimeout(patience), feed.close()));
  const env = { ...process.env, ASYNCSCOPE_START_PROGRAM: program, ASYNCSCOPE_START_FEED: feed.path };
  if (desktop !== undefined) await openDesktop(desktop, [vsix, helper], env, work);
  else if (served !== undefined) {
    const parts = await served;
    closeBrowser = await openServed(parts, [vsix, helper], env);
    if (parts.chromium === undefined) return;
  }
  if (!running) patience = setTimeout(() => void giveUp("The editor has not started the program."), PATIENCE);
}

/**
 * A VS Code with a window, with a profile of its own: the user's is left alone.
 * @param {import("./lib/desktop-editor.mjs").DesktopEditor} desktop
 * @param {string[]} vsix @param {NodeJS.ProcessEnv} env @param {string} work
 */
async function openDesktop({ executable, cli }, vsix, env, work) {
  const profile = join(work, "profile");
  const own = [`--user-data-dir=${profile}`, `--extensions-dir=${join(profile, "extensions")}`];
  // Chromium's sandbox does not work for root.
  if (process.getuid?.() === 0) own.push("--no-sandbox");
  const installs = vsix.flatMap((file) => ["--install-extension", file]);
  await quietly(cli, [...own, ...installs, "--force"], { env, timeout: 60_000 });
  const editor = start(
    executable,
    [...own, "--disable-workspace-trust", "--skip-welcome", "--skip-release-notes", "--new-window", folder],
    { env },
  );
  cleanup.push(() => editor.end());
  editor.child.once("exit", () => void end(0));
  say(`VS Code is open on ${folder}`);
}

/** The VS Code from npm, and a Chromium to open it, unless none can be had and a person can open it instead. */
async function prepareServed() {
  const [editor, chromium] = await Promise.all([
    ensureEditor(say),
    ensureChromium(say).catch((error) => {
      if (!interactive) throw error;
      return undefined;
    }),
  ]);
  return { editor, chromium };
}

/**
 * The VS Code from npm on 127.0.0.1. A headless browser opens it, because a program starts in a window.
 * @param {{ editor: string, chromium: string | undefined }} parts
 * @param {string[]} vsix @param {NodeJS.ProcessEnv} env
 * @returns {Promise<() => void>} closes the headless browser
 */
async function openServed({ editor, chromium }, vsix, env) {
  const server = await startServer({ editor, vsix, env });
  cleanup.push(() => server.stop());
  say(`VS Code is served to this machine alone, at\n  ${server.url({ folder })}`);
  if (chromium === undefined) {
    say("Open this address in a browser: the program starts there.");
    return () => {};
  }
  const { launchBrowser } = await import("./lib/browser.mjs");
  const browser = await launchBrowser(chromium);
  const close = () => browser.close();
  cleanup.push(close);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(server.url({ folder }), { timeout: 60_000 });
  return () => void close().catch(() => {});
}

/** @param {import("./lib/session-feed.mjs").FeedMessage} message */
function handle(message) {
  if (ending) return;
  if (message.type === "started") {
    running = true;
    exitCode = undefined;
    if (!interactive)
      setTimeout(() => void giveUp(`The program still runs after ${LIMIT / 1000} s.`), LIMIT).unref();
    say(`${program} runs under the debugger\n`);
  } else if (message.type === "tree") view.tree(message.body);
  else if (message.type === "output") say(message.text);
  else if (message.type === "exited") exitCode = message.code;
  else if (message.type === "failed") void giveUp(message.message);
  else if (running) {
    running = false;
    view.stop();
    say(`\nThe program has ended${exitCode === undefined ? "" : ` with code ${exitCode}`}.`);
    if (interactive) say("The editor stays open: Ctrl+C ends it.");
    else void end(exitCode === 0 || exitCode === undefined ? 0 : 1);
  }
}

/** @param {string} why */
async function giveUp(why) {
  say(why);
  await end(1);
}

/** @param {number} code */
async function end(code) {
  if (ending) return;
  ending = true;
  // Whatever hangs on the way, this process goes, and its children with it.
  setTimeout(() => process.exit(code), 8000).unref();
  for (const undo of cleanup.reverse())
    try {
      await undo();
    } catch {
      // The rest must be undone all the same.
    }
  process.exit(code);
}

/** The tiny extension that starts the program in the editor. @param {string} work */
async function packageHelper(work) {
  const out = join(work, "start.vsix");
  const args = ["package", "--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", out];
  const cwd = join(root, "scripts/start-extension");
  await quietly(process.execPath, [join(root, "node_modules/@vscode/vsce/vsce"), ...args], { cwd });
  return out;
}

/** @param {string | undefined} given */
function programFile(given) {
  // npm runs this in the project's folder; the user's own folder is in INIT_CWD.
  const places = [process.env["INIT_CWD"] ?? process.cwd(), root].map((place) =>
    resolve(place, given ?? DEFAULT),
  );
  const found = places.find((path) => existsSync(path));
  if (found !== undefined && statSync(found).isFile()) return realpathSync(found);
  if (found !== undefined) console.error(`${found} is a folder: name the program in it.`);
  else console.error(`There is no file ${given ?? DEFAULT} (looked for ${[...new Set(places)].join(", ")}).`);
  process.exit(2);
}

/** examples/ for one of them, else the folder in which the user stands or the program's own. @param {string} file */
function workspaceOf(file) {
  const folders = [join(root, "examples"), process.env["INIT_CWD"] ?? process.cwd()];
  return folders.find((place) => place !== root && file.startsWith(place + sep)) ?? dirname(file);
}
