import type { Task } from "../core/task.js";
import { ownScript } from "../inspect/sites.js";
import { asUrl, functionKinds } from "./source-positions.js";
import type { Position } from "./source-positions.js";
import { taskFrames } from "./task-frames.js";
import type { PendingFrame } from "./task-frames.js";

/** How many functions of a stack are looked at. */
export const MOST_SITES = 1000;
/** Functions of the runtime below which the stack is no longer the task's. */
export const BELOW_TASK = /^(?:drive|runAsTask)\d*$/;

/** URL of the script that the runtime is in. */
export const OWN_SCRIPT = ownScript();

/**
 * The frames of the task that runs, innermost first: the functions on the stack down to the coroutine or async function
 * that runs, the async functions that await it, and the coroutines that wait for those.
 * @param sites the stack, from the innermost function that is wanted on.
 */
export function currentFrames(task: Task<unknown>, sites: readonly NodeJS.CallSite[]): PendingFrame[] {
  // A program bundled with the runtime is in one script with it: then nothing can be told apart by script.
  const bundled = urlOf(sites[0]) === OWN_SCRIPT;
  const running: NodeJS.CallSite[] = [];
  let inStep = false;
  for (const site of sites) {
    const url = urlOf(site);
    if (url === OWN_SCRIPT && BELOW_TASK.test(site.getFunctionName() ?? "")) {
      inStep = site.getFunctionName()!.startsWith("drive");
      break;
    }
    if (url === "" || url.startsWith("node:") || (url === OWN_SCRIPT && !bundled)) continue;
    running.push(site);
  }
  const kinds = functionKinds(running.map(beginningOf));
  const frames = running.map((site, index): PendingFrame => ({
    functionName: site.getFunctionName() ?? "",
    kind: kinds[index]!,
    generator: null,
    position: {
      url: asUrl(urlOf(site)),
      line: site.getLineNumber() ?? 0,
      column: site.getColumnNumber() ?? 0,
    },
  }));
  const suspended = taskFrames(task);
  const innermost = suspended[0];
  const outermost = frames.at(-1);
  if (innermost === undefined || outermost === undefined) return [...frames, ...suspended];
  // The innermost coroutine runs: it is on the stack as well.
  if (inStep && innermost.kind === "coroutine") {
    frames[frames.length - 1] = { ...outermost, kind: "coroutine" };
    suspended.shift();
  } else if (!inStep && innermost.kind === "async function") {
    const { functionName } = innermost;
    if (functionName === "" || frames.some((frame) => frame.functionName === functionName)) suspended.shift();
  }
  return [...frames, ...suspended];
}

function urlOf(site: NodeJS.CallSite | undefined): string {
  return site?.getScriptNameOrSourceURL() ?? site?.getFileName() ?? "";
}

/** Where the function of a frame begins; null for the code of a module itself. */
function beginningOf(site: NodeJS.CallSite & Enclosing): Position | null {
  const line = site.getEnclosingLineNumber?.() ?? 0;
  const column = site.getEnclosingColumnNumber?.() ?? 0;
  if (line === 0 || (line === 1 && column === 1 && site.getFunctionName() === null)) return null;
  return { url: asUrl(urlOf(site)), line, column };
}

/** What V8 has and Node's types do not. */
interface Enclosing {
  getEnclosingLineNumber?(): number | null;
  getEnclosingColumnNumber?(): number | null;
}
