import { pathToFileURL } from "node:url";
import type { MessagePort } from "node:worker_threads";
import { isMainThread, parentPort, receiveMessageOnPort } from "node:worker_threads";
import { ACTIVATE_KEY, FRAMES_KEY } from "@asyncscope/protocol";
import { calledAt, callSite, isFloating, ownCode } from "../frames/call-sites.js";
import { currentFrame, lastFrame, noteCalls, observe } from "../frames/calls.js";
import { failedCalls, watchFailures } from "../frames/failures.js";
import { eachFrame, holdAgain, holdWeakly } from "../frames/frame-list.js";
import { installCalls } from "../frames/install.js";
import type { FrameSource } from "../frames/source.js";
import { watchMadeThings } from "../frames/made-things.js";
import { isStepTarget, stepOut } from "../frames/step-target.js";
import { addFile, onUnknown, pointAt, reserve } from "../frames/points-table.js";
import { Cache } from "./cache.js";
import { isChosen } from "./choice.js";
import { Columns } from "./edits.js";
import { restoreFunctionText } from "./function-text.js";
import { installHooks } from "./hooks.js";
import type { RewrittenMessage } from "./hooks-thread.js";
import type { Point } from "./points.js";
import { hasNews, presentInspector } from "./present-inspector.js";
import { installStackPositions, restorePositions } from "./stack-positions.js";
import { Transformer } from "./transform.js";

const INSTALLED = Symbol.for("asyncscope.loader");

/**
 * From now on modules of the program are rewritten as they load. Once in a thread.
 *
 * @param ownScript Path of the script that this is in. @param threadHooks Path of that of `hooks-thread.ts`.
 */
export function installLoader(ownScript: string, threadHooks: string): void {
  const place = globalThis as unknown as { [INSTALLED]?: true };
  if (place[INSTALLED] === true || isLoaderThread()) return;
  Object.defineProperty(globalThis, INSTALLED, { value: true });
  installCalls();
  const source: FrameSource = {
    eachFrame,
    hasNews,
    presentInspector,
    holdWeakly,
    holdAgain,
    pointAt,
    currentFrame,
    lastFrame,
    calledAt,
    isFloating,
    failedCalls,
    watch,
    stepOut,
    isStepTarget,
    observe,
  };
  ownCode(ownScript);
  // A debugger has started the program.
  if (Symbol.for(ACTIVATE_KEY) in globalThis) watch();
  Object.defineProperty(globalThis, Symbol.for(FRAMES_KEY), { value: source });
  restoreFunctionText();
  const ports: MessagePort[] = [];
  const refresh = (): void => ports.forEach(readPort);
  onUnknown(refresh);
  // Node's own source maps go through ours, which lead to the same places.
  if (!nodeReadsMaps()) installStackPositions(ownScript, refresh);
  const transformer = new Transformer(Cache.open(process.env), reserve);
  installHooks(
    (source, path, script, sourceType) => {
      if (path === ownScript || !isChosen(path, process.env)) return undefined;
      const made = transformer.transform(source, path, sourceType);
      if (made === undefined) return undefined;
      add(script, made.base, made.points, () => made.columns());
      return made.code;
    },
    {
      url: pathToFileURL(threadHooks).href,
      connected: (port) => ports.push(port),
    },
  );
}

/** From now on it is noted where functions are called and what they make. */
function watch(): void {
  noteCalls(callSite);
  watchMadeThings();
  watchFailures();
}

function add(script: string, base: number, points: readonly Point[], columns: () => Columns): void {
  restorePositions(script, columns);
  addFile({
    url: script,
    base,
    points,
    generatedColumn: (line, column) => columns().generated(line, column),
  });
}

/** The loader thread's messages are read when somebody asks: nothing of ours runs in the program's loop. */
function readPort(port: MessagePort): void {
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
    const { script, base, points, lines } = got.message as RewrittenMessage;
    const columns = new Columns(lines);
    add(script, base, points, () => columns);
  }
}

/** Node 20 loads what `--require` names in the thread of its module hooks too, where no module of the program runs. */
const isLoaderThread = (): boolean => !isMainThread && parentPort === null;

function nodeReadsMaps(): boolean {
  const given = `${process.execArgv.join(" ")} ${process.env["NODE_OPTIONS"] ?? ""}`;
  return given.includes("--enable-source-maps");
}
