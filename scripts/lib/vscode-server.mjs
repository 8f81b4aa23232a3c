// The VS Code from npm as a server on 127.0.0.1, with settings and extensions of its own.
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start, quietly } from "./processes.mjs";

/** Questions and pages that would stand in front of what a test or a demonstration wants to see. */
const SETTINGS = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "update.showReleaseNotes": false,
  "git.enabled": false,
  "git.openRepositoryInParentFolders": "never",
  "typescript.disableAutomaticTypeAcquisition": true,
  "chat.commandCenter.enabled": false,
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

/**
 * @typedef {object} ServerOptions
 * @property {string} editor Folder of the server, from setup-editor.
 * @property {Readonly<Record<string, unknown>>} [settings] User settings on top of the quiet ones.
 * @property {readonly string[]} [vsix] Packaged extensions to install.
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeout] Milliseconds until it must listen. Default 30,000.
 *
 * @typedef {object} Server
 * @property {string} dataDir Its own folder in the temporary folder: gone after `stop`.
 * @property {string} authority `127.0.0.1:PORT`
 * @property {(query: Readonly<Record<string, string>>) => string} url Address of a window; it holds the secret.
 * @property {() => string} log The end of what the server has printed.
 * @property {() => Promise<void>} stop Ends it and all that it started.
 */

/**
 * Starts a server. It listens on 127.0.0.1 alone, and asks for a secret that only its address holds.
 * @param {ServerOptions} options
 * @returns {Promise<Server>}
 */
export async function startServer({ editor, settings = {}, vsix = [], env = process.env, timeout = 30_000 }) {
  const dataDir = mkdtempSync(join(tmpdir(), "asyncscope-editor-"));
  const forget = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", forget);
  /** @type {ReturnType<typeof start> | undefined} */
  let running;
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await running?.end();
    forget();
    process.removeListener("exit", forget);
  };
  try {
    mkdirSync(join(dataDir, "data/User"), { recursive: true });
    writeFileSync(
      join(dataDir, "data/User/settings.json"),
      JSON.stringify({ ...SETTINGS, ...settings }, null, 2),
    );
    const token = randomBytes(32).toString("hex");
    const tokenFile = join(dataDir, "token");
    writeFileSync(tokenFile, token, { mode: 0o600 });
    const main = join(editor, "out/server-main.js");
    const dirs = ["--server-data-dir", dataDir, "--accept-server-license-terms", "--telemetry-level", "off"];
    const installs = vsix.flatMap((file) => ["--install-extension", file]);
    if (installs.length > 0)
      await quietly(process.execPath, [main, ...dirs, ...installs], { env: clean(env), timeout: 60_000 });
    running = start(
      process.execPath,
      [main, ...dirs, "--host", "127.0.0.1", "--port", "0", "--connection-token-file", tokenFile],
      { env: clean(env) },
    );
    const { port, log } = await listening(running.child, timeout);
    const authority = `127.0.0.1:${port}`;
    return {
      dataDir,
      authority,
      url: (query) => `http://${authority}/?${new URLSearchParams({ tkn: token, ...query }).toString()}`,
      log,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Variables of an editor around us would be taken for the server's own. @param {NodeJS.ProcessEnv} env */
function clean(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$|PORT$)/.test(name)),
  );
}

/**
 * @param {import("node:child_process").ChildProcess} child @param {number} timeout
 * @returns {Promise<{ port: number, log: () => string }>}
 */
function listening(child, timeout) {
  let text = "";
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ why) =>
      reject(new Error(`The VS Code server ${why}:\n${text.slice(-4000)}`));
    const timer = setTimeout(() => fail(`does not listen after ${timeout / 1000} s`), timeout);
    const take = (/** @type {Buffer} */ chunk) => {
      text = (text + chunk.toString("utf8")).slice(-64 * 1024);
      const port = /agent listening on (\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve({ port: Number(port), log: () => text });
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code}`);
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      fail(`could not be started (${error.message})`);
    });
  });
}
