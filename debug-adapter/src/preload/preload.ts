/**
 * Loaded with `--require` before anything of the program: opens the inspector on a free loopback port, tells the
 * adapter where, waits for it, and makes `import "asyncscope"` and TypeScript files work with no set-up.
 * It leaves nothing behind that keeps the process alive, and a child process inherits nothing of it.
 */
import { createRequire } from "node:module";
import * as inspector from "node:inspector";
import { renameSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import {
  ACTIVATE_KEY,
  WORKER_PRELOAD_KEY,
  type ActivationOptions,
  type WorkerPreload,
} from "@asyncscope/protocol";
import { PRELOAD_VARIABLE, type PreloadOptions, type PreloadReport } from "./options.js";
import { reportEnd } from "./exit-report.js";
import { installModuleSupport } from "./module-support.js";

const raw = process.env[PRELOAD_VARIABLE];
// Reflect.deleteProperty: children inherit the environment, and the program must not see our variable.
Reflect.deleteProperty(process.env, PRELOAD_VARIABLE);
removeOwnArguments();
if (raw !== undefined) {
  const options = JSON.parse(raw) as PreloadOptions;
  if (isMainThread) start(options);
  // In a thread of a pool, whose program is no module of its own.
  else installModuleSupport(options);
}

function start(options: PreloadOptions): void {
  const activation: ActivationOptions = { protocolVersion: options.protocolVersion };
  Object.defineProperty(globalThis, Symbol.for(ACTIVATE_KEY), {
    value: activation,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  // Without a file to report to nobody debugs: only the module support is wanted.
  installModuleSupport(options);
  leaveForThreads(options);
  if (options.reportFile === "") return;
  // Behind the module support, whose types it must not see, and before the debugger can stop anywhere.
  if (options.loader !== "") createRequire(options.loader)(options.loader);
  reportEnd();
  // Nothing that takes time may stand between the report and the wait: an adapter that has already been told
  // everything answers within milliseconds, and "run" that comes before the wait would be lost.
  if (openInspector(options.reportFile)) inspector.waitForDebugger();
}

/** Threads get nothing of ours from Node: the pools of the runtime load this file in theirs. */
function leaveForThreads(options: PreloadOptions): void {
  const value: WorkerPreload = {
    file: __filename,
    variable: PRELOAD_VARIABLE,
    value: JSON.stringify({ ...options, reportFile: "" }),
  };
  Object.defineProperty(globalThis, Symbol.for(WORKER_PRELOAD_KEY), { value, configurable: true });
}

/** Opens the inspector and reports it; false when the program goes on without us. */
function openInspector(reportFile: string): boolean {
  try {
    // NODE_OPTIONS=--inspect may have opened it already.
    if (inspector.url() === undefined) inspector.open(0, "127.0.0.1");
    const url = inspector.url();
    if (url === undefined) throw new Error("the inspector did not start");
    report(reportFile, { url, pid: process.pid });
    return true;
  } catch (error) {
    try {
      report(reportFile, { pid: process.pid, error: error instanceof Error ? error.message : String(error) });
    } catch {
      // The directory is gone: the adapter gave up on us, so the program simply runs.
    }
    return false;
  }
}

/** Write and rename, so that the adapter never reads half a report. */
function report(file: string, content: PreloadReport): void {
  writeFileSync(`${file}.tmp`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** `child_process.fork` and workers copy `process.execArgv`: what we added must not reach them. */
function removeOwnArguments(): void {
  const args = process.execArgv;
  for (let i = args.length - 1; i >= 0; i--) {
    if (args[i] === "--inspect-publish-uid=http") args.splice(i, 1);
    else if (args[i] === "--require" && args[i + 1] === __filename) args.splice(i, 2);
  }
}
