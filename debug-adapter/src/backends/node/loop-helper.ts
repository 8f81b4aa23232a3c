/** Key on `globalThis` (through `Symbol.for`) of {@link LOOP_HELPER_SOURCE}. */
export const LOOP_HELPER = `globalThis[Symbol.for("asyncscope.loop")]`;

/** Name of the scripts that ask it: their frames are nobody's. */
export const PULSE_SCRIPT = "asyncscope-pulse";

/** What the helper answers. */
export interface Pulse {
  /** For how long the loop has not come round at least, in milliseconds. */
  readonly blocked: number;
  /** The part of the time since the last question in which the loop had something to do, 0 to 1. */
  readonly busy: number;
  /** What runs, innermost first; nothing while the loop waits for events. */
  readonly frames: readonly {
    readonly url: string;
    readonly line: number;
    readonly column: number;
    readonly functionName: string;
  }[];
}

/**
 * Runs in the program. V8 answers in the middle of a loop, of a regular expression and of Atomics.wait: so an answer
 * does not prove that the event loop goes on, but the stack under the question is what holds it. Each question asks for
 * an immediate (one that keeps nothing alive): as long as that has not run, the loop has not come round.
 */
export const LOOP_HELPER_SOURCE = `(() => {
  const key = Symbol.for("asyncscope.loop");
  if (globalThis[key] !== undefined) return;
  const builtin = (name) => process.getBuiltinModule === undefined ? undefined : process.getBuiltinModule(name);
  const { setImmediate } = builtin("node:timers") ?? globalThis;
  const clock = builtin("node:perf_hooks")?.performance ?? performance;
  const now = clock.now.bind(clock), utilization = clock.eventLoopUtilization.bind(clock);
  const vm = builtin("node:vm"), stringify = JSON.stringify;
  const startsWith = Function.prototype.call.bind(String.prototype.startsWith);
  let realm, pending = false, since = 0, last = utilization();
  const turned = () => { pending = false; };
  const realmError = () => {
    try {
      realm = vm.runInContext("Error", vm.createContext({}), { filename: "node:internal/asyncscope" });
      realm.prepareStackTrace = (_error, sites) => sites;
      realm.stackTraceLimit = 60;
    } catch { realm = null; }
  };
  const frames = () => {
    if (realm === undefined) realmError();
    if (realm === null) return [];
    const { stack: sites } = new realm(), list = [];
    if (typeof sites !== "object" || sites === null) return list;
    for (let i = 0, n = 0; i < sites.length; i++) {
      const url = sites[i].getScriptNameOrSourceURL() ?? sites[i].getFileName() ?? "";
      if (url === "" || url === ${JSON.stringify(PULSE_SCRIPT)} || url === "asyncscope-stop" || url === "node:internal/asyncscope") continue;
      list[n++] = { url, line: sites[i].getLineNumber() ?? 0, column: sites[i].getColumnNumber() ?? 0,
        functionName: sites[i].getFunctionName() ?? "" };
    }
    return list;
  };
  const helper = {
    pulse(anew) {
      const time = now(), was = last;
      last = utilization();
      const active = last.active - was.active, all = active + last.idle - was.idle;
      const blocked = pending && !anew ? time - since : 0;
      if (!pending || anew) {
        pending = true;
        since = time;
        const immediate = setImmediate(turned);
        if (immediate.unref !== undefined) immediate.unref();
      }
      return stringify({ blocked, busy: all > 0 ? active / all : 0, frames: frames() });
    },
    /** Whether code of the program, which those scripts are not, runs since which the loop has not come round. */
    isHeld(others) {
      const list = pending ? frames() : [];
      for (let i = 0; i < list.length; i++) {
        let own = !startsWith(list[i].url, "node:");
        for (let j = 0; own && j < others.length; j++) own = others[j] !== list[i].url;
        if (own) return true;
      }
      return false;
    },
    __proto__: null,
  };
  Object.defineProperty(globalThis, key, { value: helper, configurable: true });
})()
//# sourceURL=${PULSE_SCRIPT}`;
