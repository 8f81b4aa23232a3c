import type { Protocol } from "devtools-protocol";
import type { CdpConnection } from "./cdp/connection.js";
import type { DebuggerDomain } from "./cdp/debugger-domain.js";
import type { Execution } from "./execution.js";
import { FRAMES, INSPECTOR } from "./inspector-access.js";
import type { PausedStack } from "./paused-stack.js";
import type { RewrittenCode } from "./rewritten-code.js";
import type { RunningTask } from "./running-task.js";
import type { Scripts } from "./scripts.js";

export type StepKind = "over" | "into" | "out";

const V8_STEP = { over: "Debugger.stepOver", into: "Debugger.stepInto", out: "Debugger.stepOut" } as const;

/** A coroutine longer than this many positions is left at its first ones. */
const MAX_LOCATIONS = 500;
/** What the loader puts before an `await`, of which the column is known behind it. */
const RESUME_LENGTH = "__asR?.(__asF,".length;
/** A step into stays in its line at most so often. */
const MAX_STAYS = 30;

/**
 * Steps. V8 itself keeps a step over `await` or `yield` in the same function activation: it waits for that very
 * generator object to go on. What it cannot know is how coroutines call each other, because the driver of the runtime
 * stands in between:
 *
 * - The end of a coroutine returns to the one that awaits it. So while stepping in a coroutine, all of the awaiting
 *   one gets breakpoints, whose condition is that this task, and not another one in the same code, is back there.
 * - Stepping into `yield* f()` means the first statement of `f`. The place where the driver resumes coroutines is on
 *   the stack; a breakpoint there, on condition that the task has a frame more, is where V8 can step into `f`.
 */
export class Stepping {
  readonly #cdp: CdpConnection;
  readonly #domain: DebuggerDomain;
  readonly #execution: Execution;
  readonly #scripts: Scripts;
  readonly #rewritten: RewrittenCode;
  #temporary: string[] = [];
  #driver: string | undefined;
  #kind: StepKind | undefined;
  /** Where a step into began, while V8 may still stop on the way at the same line. */
  #from: Protocol.Debugger.CallFrame | undefined;
  #stays = 0;

  constructor(
    cdp: CdpConnection,
    domain: DebuggerDomain,
    execution: Execution,
    rewritten: RewrittenCode,
    scripts: Scripts,
  ) {
    this.#scripts = scripts;
    this.#rewritten = rewritten;
    this.#cdp = cdp;
    this.#domain = domain;
    this.#execution = execution;
    domain.onDisabled(() => {
      this.#temporary = [];
      this.#driver = undefined;
    });
    execution.addFilter(async ({ hitBreakpoints }) => {
      if (this.#driver === undefined || hitBreakpoints?.includes(this.#driver) !== true) return false;
      const breakpointId = this.#driver;
      this.#driver = undefined;
      await this.#cdp.send("Debugger.removeBreakpoint", { breakpointId });
      await this.#cdp.send("Debugger.stepInto", {});
      return true;
    });
    execution.addFilter(({ callFrames, hitBreakpoints }) =>
      this.#goesOn(callFrames[0], hitBreakpoints ?? []),
    );
    execution.addFilter(async ({ callFrames, hitBreakpoints, reason }) =>
      hitBreakpoints !== undefined && hitBreakpoints.length > 0 ? false : this.#passOver(callFrames, reason),
    );
  }

  /** Stops of V8 on the way of a step that would tell the user nothing. */
  async #passOver(frames: readonly Protocol.Debugger.CallFrame[], reason: string): Promise<boolean> {
    const [from, top] = [this.#from, frames[0]];
    if (top !== undefined && (await this.#passOverInserted(top, reason))) return true;
    if (from === undefined || top === undefined || reason === "exception" || this.#stays++ >= MAX_STAYS)
      return false;
    // V8 knows the skip list, but stops in getters of Node's own modules nevertheless.
    if (this.#scripts.isSkipped(this.#scripts.byId(top.location.scriptId))) {
      await this.#cdp.send("Debugger.stepOut");
      return true;
    }
    // Having been in skipped code, V8 stops again where it left from, once for each call of the line.
    const sameLine = isSame({ ...top.location, columnNumber: 0 }, { ...from.location, columnNumber: 0 });
    if (!sameLine || top.returnValue !== undefined || !isSame(top.functionLocation, from.functionLocation))
      return false;
    await this.#cdp.send("Debugger.stepInto", {});
    return true;
  }

  /** What the loader put in is no place to stop at. */
  async #passOverInserted({ location }: Protocol.Debugger.CallFrame, reason: string): Promise<boolean> {
    const kind = this.#kind;
    if (kind === undefined || reason === "exception") return false;
    const passes =
      kind === "out" ? this.#rewritten.isStatement(location) : this.#rewritten.isNoStep(location);
    if (!(await passes)) return false;
    await this.#cdp.send(kind === "into" ? "Debugger.stepInto" : "Debugger.stepOver", {});
    return true;
  }

  async step(kind: StepKind, stack: PausedStack): Promise<void> {
    const paused = this.#execution.require();
    await this.#domain.need("step");
    const [top] = paused.callFrames;
    if (top !== undefined && (await this.#rewritten.isEnd(top.location))) return this.#leaveRewritten(top);
    const task = await stack.task;
    this.#kind = kind;
    this.#from = kind === "into" ? paused.callFrames[0] : undefined;
    this.#stays = 0;
    if (task?.innermostFrame === 0) {
      await this.#armReturn(task);
      if (kind === "into") await this.#armCall(task, paused.callFrames[1]);
      const atEnd = kind === "out" || paused.callFrames[0]?.returnValue !== undefined;
      // V8 would step from the end of the coroutine to whatever the driver resumes next, of any task.
      if (atEnd) return this.#leave();
    }
    await this.#execution.move(V8_STEP[kind]);
  }

  /** From the end of a rewritten function to whoever goes on then. */
  async #leaveRewritten({ callFrameId }: Protocol.Debugger.CallFrame): Promise<void> {
    this.#kind = "over";
    const { result } = await this.#cdp.send("Debugger.evaluateOnCallFrame", {
      callFrameId,
      expression: `${FRAMES}.stepOut(__asF)`,
      silent: true,
    });
    const next = String(result.value);
    if (next === "caller") return this.#execution.move("Debugger.stepOut");
    if (next.startsWith("[")) await this.#armAwaiting(JSON.parse(next) as [string, number, number]);
    await this.#leave();
  }

  /** Stops wherever the function goes on that stands at an `await` there. */
  async #armAwaiting([url, lineNumber, columnNumber]: readonly [string, number, number]): Promise<void> {
    const script = this.#scripts.byUrl(url) ?? this.#scripts.byPath(url);
    if (script === undefined) return;
    const { locations } = await this.#cdp.send("Debugger.getPossibleBreakpoints", {
      start: { scriptId: script.id, lineNumber, columnNumber: Math.max(0, columnNumber - RESUME_LENGTH) },
      restrictToFunction: true,
    });
    for (const location of locations.slice(0, MAX_LOCATIONS)) {
      if (!(await this.#rewritten.goesOn(location))) continue;
      const id = await this.#set(location, `${FRAMES}.isStepTarget(__asF)`);
      if (id !== undefined) this.#temporary.push(id);
    }
  }

  /** Having arrived there, the step goes on to the next statement. */
  async #goesOn(top: Protocol.Debugger.CallFrame | undefined, hit: readonly string[]): Promise<boolean> {
    if (top === undefined || !hit.some((id) => this.#temporary.includes(id))) return false;
    if (!(await this.#rewritten.goesOn(top.location)) || (await this.#rewritten.isEnd(top.location)))
      return false;
    await this.#removeTemporary();
    await this.#cdp.send("Debugger.stepOver", {});
    return true;
  }

  /** Runs until the awaiting coroutine is reached; when nobody awaits, the step ends with the task. */
  async #leave(): Promise<void> {
    if (this.#temporary.length === 0) await this.#domain.release("step");
    await this.#execution.move("Debugger.resume");
  }

  /** Any stop ends the step. */
  async finish(): Promise<void> {
    if (this.#driver !== undefined) this.#temporary.push(this.#driver);
    this.#driver = undefined;
    this.#from = this.#kind = undefined;
    await this.#removeTemporary();
    await this.#domain.release("step");
  }

  async #removeTemporary(): Promise<void> {
    const ids = this.#temporary;
    this.#temporary = [];
    if (!this.#domain.enabled) return;
    await Promise.all(
      ids.map((breakpointId) => this.#cdp.send("Debugger.removeBreakpoint", { breakpointId })),
    );
  }

  async #armReturn({ task, generators }: RunningTask): Promise<void> {
    const outer = generators.slice(1).find((state) => state !== undefined);
    const start = outer?.functionLocation;
    if (outer === undefined || start === undefined) return;
    const { locations } = await this.#cdp.send("Debugger.getPossibleBreakpoints", {
      start,
      restrictToFunction: true,
    });
    const condition = backInTask(task.id, generators.length);
    const ids = await Promise.all(
      locations.slice(0, MAX_LOCATIONS).map((location) => this.#set(location, condition)),
    );
    this.#temporary.push(...ids.filter((id) => id !== undefined));
  }

  async #armCall(
    { task, generators }: RunningTask,
    driver: Protocol.Debugger.CallFrame | undefined,
  ): Promise<void> {
    if (driver === undefined) return;
    const [id, depth] = [task.id, generators.length];
    // Operations of the runtime itself are frames too; there is nothing in them to step into.
    const condition =
      `${INSPECTOR}.frameObjects(${id}, ${depth + 1}).length > ${depth} && ` +
      `JSON.parse(${INSPECTOR}.chain(${id}, 1)).frames[0].kind === "generator"`;
    this.#driver = await this.#set(driver.location, condition);
  }

  async #set(location: Protocol.Debugger.Location, condition: string): Promise<string | undefined> {
    try {
      const { scriptId, lineNumber, columnNumber } = location;
      const where =
        columnNumber === undefined ? { scriptId, lineNumber } : { scriptId, lineNumber, columnNumber };
      return (await this.#cdp.send("Debugger.setBreakpoint", { location: where, condition })).breakpointId;
    } catch {
      // The user has a breakpoint at this very place: the program stops there anyway.
      return undefined;
    }
  }
}

function isSame(
  a: Protocol.Debugger.Location | undefined,
  b: Protocol.Debugger.Location | undefined,
): boolean {
  return (
    a?.scriptId === b?.scriptId && a?.lineNumber === b?.lineNumber && a?.columnNumber === b?.columnNumber
  );
}

/** True in the code of that task, and not in a deeper call of the same function. The first test is the cheap one. */
function backInTask(task: number, depth: number): string {
  return `${INSPECTOR}.frameObjects(${task}, ${depth}).length < ${depth} && (() => {
    const tasks = JSON.parse(${INSPECTOR}.tree({ order: "creation", pages: [{ task: 0, limit: 1 }], deep: true,
      limit: 200, filter: { states: ["running"] } })).tasks;
    for (let i = 0; i < tasks.length; i++) if (tasks[i].state === "running") return tasks[i].id === ${task};
    return false;
  })()`;
}
