import type { EventLoop } from "../core/event-loop.js";
import { OF_A_RUN } from "../core/signal-handlers.js";
import { apply, hasOwn, isArray } from "./primordials.js";

/** A timer that is due later than this is none: what keeps a running loop alive is due in 24 days. Milliseconds. */
const FAR = 2 ** 30;

/** Handles of libuv that are active only while something may come in through them. */
const SOURCES: Readonly<Record<string, true>> = {
  __proto__: null as never,
  fs_event: true,
  fs_poll: true,
  pipe: true,
  poll: true,
  process: true,
  tcp: true,
  tty: true,
  udp: true,
};

/** A handle of libuv's, as `process.report` has it. */
interface UvHandle {
  readonly type?: string;
  readonly is_active?: boolean;
  readonly expired?: boolean;
  readonly firesInMsFromNow?: number;
  readonly signal?: string;
}

/** What the process is told of a thread of its own: the parts that are read here. */
interface Report {
  readonly libuv?: readonly UvHandle[];
  readonly javascriptStack?: { readonly message?: string };
  readonly workers?: readonly Report[];
}

// As they are now: see primordials.ts.
/* eslint-disable @typescript-eslint/unbound-method -- called with their object */
const activeResources = (process as { getActiveResourcesInfo?: () => string[] }).getActiveResourcesInfo;
const rawListeners = process.rawListeners;
/* eslint-enable @typescript-eslint/unbound-method */

/**
 * Whether nothing in this process can make any task go on: no loop has anything to run or a timer, and neither has
 * Node a timer (also one that is unref'd), a socket, file or child process, a job in its thread pool, another thread
 * or a signal that the program handles. Never true in doubt; 10 to 20 ms when most of that holds.
 *
 * Only to be asked while no code of the program is on the stack: that could do anything.
 */
export function nothingCanHappen(loops: readonly EventLoop[]): boolean {
  let running = 0;
  for (let i = 0; i < loops.length; i++) {
    if (!loops[i]!._isIdle) return false;
    if (loops[i]!.isRunning()) running++;
  }
  // Cheap, and says no for most programs that live.
  if (running === 0 || !onlyOwnTimers(running)) return false;
  try {
    return withoutKeepAlive(loops, 0, isSilent);
  } catch {
    // A program may have taken something of Node's away.
    return false;
  }
}

/** Whether Node lists nothing but timers of running loops, and pipes and terminals, which may be idle. */
function onlyOwnTimers(running: number): boolean {
  if (activeResources === undefined) return false;
  const active = apply(activeResources, process, []) as readonly string[];
  let timers = 0;
  for (let i = 0; i < active.length; i++) {
    const kind = active[i]!;
    if (kind === "Timeout") timers++;
    else if (kind !== "PipeWrap" && kind !== "TTYWrap") return false;
  }
  return timers <= running;
}

function withoutKeepAlive<T>(loops: readonly EventLoop[], from: number, look: () => T): T {
  return from === loops.length
    ? look()
    : loops[from]!._withoutKeepAlive(() => withoutKeepAlive(loops, from + 1, look));
}

/** Whether the process would end now, and nothing that is unref'd and no other thread could prevent it. */
function isSilent(): boolean {
  const { libuv, workers } = report();
  if (!isArray(libuv) || !isQuiet(libuv)) return false;
  // There may be one that the program has not made: Node runs module hooks in a thread.
  if (workers !== undefined)
    for (let i = 0; i < workers.length; i++) {
      const { libuv: handles, javascriptStack: stack } = workers[i]!;
      if (stack?.message !== "No stack." || !isArray(handles) || !isQuiet(handles)) return false;
    }
  for (let i = 0; i < libuv.length; i++) if (libuv[i]!.type === "loop") return libuv[i]!.is_active === false;
  return false;
}

/** Whether a thread has no timer, nothing through which anything may come in, and no signal that the program handles. */
function isQuiet(handles: readonly UvHandle[]): boolean {
  let timersSeen = false;
  for (let i = 0; i < handles.length; i++) {
    const { type = "", is_active: isActive, firesInMsFromNow: due = 0, expired, signal = "" } = handles[i]!;
    if (type === "timer") {
      // The first one stands for all timers of JavaScript; the others are V8's own.
      if (!timersSeen && isActive === true && (expired === true || due < FAR)) return false;
      timersSeen = true;
    } else if (isActive === true && (SOURCES[type] === true || (type === "signal" && isHandled(signal))))
      return false;
  }
  return timersSeen;
}

/** Whether the program handles a signal: a run listens for SIGINT by itself, and a terminal for its size. */
function isHandled(signal: string): boolean {
  if (signal === "SIGWINCH") return false;
  const listeners = rawListeners.call(process, signal);
  for (let i = 0; i < listeners.length; i++) if (!hasOwn(listeners[i]!, OF_A_RUN)) return true;
  return false;
}

/** Without the network's interfaces, where Node can leave them out: their names may take a look-up. */
function report(): Report {
  const settings = process.report as unknown as { excludeNetwork?: boolean; getReport(): Report };
  const before = settings.excludeNetwork;
  if (before === undefined) return settings.getReport();
  settings.excludeNetwork = true;
  try {
    return settings.getReport();
  } finally {
    settings.excludeNetwork = before;
  }
}
