#!/usr/bin/env node
// A VS Code for machines without a desktop: takes VS Code's own arguments, runs the VS Code from npm in a
// headless Chromium, prints what the tests print, and ends with the exit code of the test run.
// For `vscodeExecutablePath` of @vscode/test-electron, or by hand:
//   node scripts/vscode-in-chromium.mjs --extensionDevelopmentPath=DIR --extensionTestsPath=FILE FOLDER
// ASYNCSCOPE_EDITOR_TIMEOUT: milliseconds until the run is ended as failed (default 300,000).
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { launchBrowser } from "./lib/browser.mjs";
import { startServer } from "./lib/vscode-server.mjs";
import { ensureChromium } from "./setup-chromium.mjs";
import { ensureEditor } from "./setup-editor.mjs";

/** What the workbench itself logs while it starts and ends. */
const WORKBENCH =
  /^(\w+ing connection token|Resolv|Creating a socket|Updating additional builtin|ChatSessionStore|\[Service Worker\]|(Failed: )?getaddrinfo |\[AgentHost|\[RemoteAgentHost|\[AccountPolicyGate|Settings Sync|\[?mcp|\[perf\]|\[\d{4}-)/i;

const { options, folder } = parse(process.argv.slice(2));
const tests = options.get("extensionTestsPath")?.[0];
if (tests === undefined) {
  console.error("Give --extensionTestsPath=FILE, --extensionDevelopmentPath=DIR and a folder to open.");
  process.exit(2);
}
const note = (/** @type {string} */ line) => console.error(line);
const [editor, chromium] = [await ensureEditor(note), await ensureChromium(note)];

/** @type {(() => unknown)[]} */
const cleanup = [];
let ending = false;
/** @param {number} code */
async function end(code) {
  if (ending) return;
  ending = true;
  for (const step of cleanup.reverse()) await Promise.resolve(step()).catch(note);
  process.exit(code);
}
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
  process.on(signal, () => void end(130));
const limit = Number(process.env["ASYNCSCOPE_EDITOR_TIMEOUT"] ?? 300_000);
setTimeout(() => {
  note(`The test run in the editor took longer than ${limit / 1000} s and was ended.`);
  void end(124);
}, limit).unref();

try {
  const server = await startServer({ editor, settings: userSettings() });
  cleanup.push(() => server.stop());
  const browser = await launchBrowser(chromium);
  cleanup.push(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on("crash", () => {
    note("The browser's page crashed.");
    void end(1);
  });
  page.on("console", (message) => relay(message.text()));
  // The workbench calls these by name when it runs under automation.
  await page.exposeFunction("codeAutomationExit", (/** @type {number} */ code) => void end(code));
  await page.goto(server.url(windowQuery(server.authority)), { timeout: 60_000 });
} catch (error) {
  note(String(error));
  await end(1);
}

/**
 * Prints what the extension host printed. The workbench repeats it in its own log with a level and a style,
 * `%c INFO color: #33f TEXT`, among lines of its own; ASYNCSCOPE_EDITOR_CONSOLE=1 shows all of them.
 * @param {string} text
 */
function relay(text) {
  const line = /^%c +(?:INFO|WARN|ERR) color: #[0-9a-f]+ (.*)$/s.exec(text)?.[1];
  if (line !== undefined && !WORKBENCH.test(line)) console.log(line);
  else if (process.env["ASYNCSCOPE_EDITOR_CONSOLE"] !== undefined) note(`[workbench] ${text}`);
}

/** @param {string} authority */
function windowQuery(authority) {
  const remote = (/** @type {string} */ path) => `vscode-remote://${authority}${resolve(path)}`;
  const payload = [
    ...(options.get("extensionDevelopmentPath") ?? []).map((path) => [
      "extensionDevelopmentPath",
      remote(path),
    ]),
    ["extensionTestsPath", remote(/** @type {string} */ (tests))],
  ];
  return {
    payload: JSON.stringify(payload),
    ...(folder === undefined ? { ew: "true" } : { folder: resolve(folder) }),
  };
}

/** The settings of the profile that test-electron makes, or the test's own `--user-data-dir`. */
function userSettings() {
  const profile = options.get("user-data-dir")?.[0];
  const file = profile === undefined ? undefined : join(profile, "User/settings.json");
  return file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

/** @param {readonly string[]} args */
function parse(args) {
  /** @type {Map<string, string[]>} */
  const options = new Map();
  /** @type {string | undefined} */
  let folder;
  for (const arg of args) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
    if (match) options.set(match[1] ?? "", [...(options.get(match[1] ?? "") ?? []), match[2] ?? ""]);
    else folder = arg;
  }
  return { options, folder };
}
