/**
 * Loaded behind the loader by `asyncscope run`: from the start it is noted where calls are made, and when the program
 * ends with something left undone, that is written into a file, which the command reads and tells.
 */
import { writeFileSync } from "node:fs";
import * as inspector from "node:inspector";
import { isMainThread } from "node:worker_threads";
import { FRAMES_KEY } from "@asyncscope/protocol";
import { watchDraining } from "./draining.js";
import { lastState } from "./exit-report.js";
import { RUN_VARIABLE, type ExitReport, type RunReport } from "./options.js";

// Taken before the program can change them.
const { parse, stringify } = JSON;

/** What the loader offers here. */
interface Frames {
  watch(): void;
  hasNews(): boolean;
}

const file = process.env[RUN_VARIABLE];
// Children inherit the environment and report nothing.
Reflect.deleteProperty(process.env, RUN_VARIABLE);
const frames = (globalThis as Record<symbol, unknown>)[Symbol.for(FRAMES_KEY)] as Frames | undefined;
if (file !== undefined && isMainThread && frames !== undefined) start(file, frames);

function start(target: string, source: Frames): void {
  source.watch();
  const isDrained = watchDraining();
  process.on("exit", (code) => {
    try {
      if (!source.hasNews()) return;
      const state = lastState(code, isDrained());
      if (state.tree === "") return;
      const report: RunReport = { ...state, maps: sourceMaps(state) };
      writeFileSync(target, stringify(report), { mode: 0o600 });
    } catch {
      // Whatever went wrong here must not change how the program ends.
    }
  });
}

/** Only V8 knows the maps of scripts that something has made while the program ran. */
function sourceMaps({ tree, diagnosis }: ExitReport): Record<string, string> {
  const maps: Record<string, string> = {};
  for (const text of [tree, diagnosis])
    for (const { url } of text === "" ? [] : (parse(text) as { sites: { url: string }[] }).sites)
      maps[url] = "";
  const session = new inspector.Session();
  session.connect();
  session.on("Debugger.scriptParsed", ({ params: { url, sourceMapURL } }) => {
    for (const name of [url, pathOf(url)]) if (maps[name] === "") maps[name] = sourceMapURL ?? "";
  });
  session.post("Debugger.enable", { maxScriptsCacheSize: 0 });
  session.disconnect();
  return maps;
}

/** CommonJS scripts call themselves by their path. */
function pathOf(url: string): string {
  return url.startsWith("file://") ? decodeURIComponent(url.slice("file://".length)) : url;
}
