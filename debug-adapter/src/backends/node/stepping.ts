import type { Protocol } from "devtools-protocol";
import type { CdpConnection } from "./cdp/connection.js";
import type { DebuggerDomain } from "./cdp/debugger-domain.js";
import type { Execution } from "./execution.js";
import type { PausedStack } from "./paused-stack.js";
import type { RunningTask } from "./running-task.js";

export type StepKind = "over" | "into" | "out";

const V8_STEP = { over: "Debugger.stepOver", into: "Debugger.stepInto", out: "Debugger.stepOut" } as const;

/** A coroutine longer than this many positions is left at its first ones. */
const MAX_LOCATIONS = 500;

/**
 * Steps. V8 itself keeps a step over `await` or `yield` in the same function activation: it waits for that very
 * generator object to go on. What it cannot know is that the end of a coroutine returns to the coroutine that
 * awaited it, because our driver stands in between. So while stepping in a coroutine, the rest of the one that awaits
 * it gets breakpoints, whose condition is that this task, and not another one in the same code, has come back there.
 */
export class Stepping {
  readonly #cdp: CdpConnection;
  readonly #domain: DebuggerDomain;
  readonly #execution: Execution;
  #temporary: string[] = [];

  constructor(cdp: CdpConnection, domain: DebuggerDomain, execution: Execution) {
    this.#cdp = cdp;
    this.#domain = domain;
    this.#execution = execution;
    domain.onDisabled(() => (this.#temporary = []));
  }

  async step(kind: StepKind, stack: PausedStack): Promise<void> {
    const paused = this.#execution.require();
    await this.#domain.need("step");
    const task = await stack.task;
    const inCoroutine = task?.innermostFrame === 0;
    if (inCoroutine) await this.#armReturn(task);
    const leaving =
      inCoroutine &&
      this.#temporary.length > 0 &&
      (kind === "out" || paused.callFrames[0]?.returnValue !== undefined);
    await this.#execution.move(leaving ? "Debugger.resume" : V8_STEP[kind]);
  }

  /** Any stop ends the step. */
  async finish(): Promise<void> {
    const ids = this.#temporary;
    this.#temporary = [];
    if (this.#domain.enabled)
      await Promise.all(
        ids.map((breakpointId) => this.#cdp.send("Debugger.removeBreakpoint", { breakpointId })),
      );
    await this.#domain.release("step");
  }

  async #armReturn({ task, generators }: RunningTask): Promise<void> {
    const outer = generators.slice(1).find((state) => state !== undefined);
    const start = outer?.functionLocation;
    if (outer === undefined || start === undefined) return;
    const { locations } = await this.#cdp.send("Debugger.getPossibleBreakpoints", {
      start,
      restrictToFunction: true,
    });
    const condition = backInTask(task.id, task.depth);
    const ids = await Promise.all(
      locations.slice(0, MAX_LOCATIONS).map((location) => this.#set(location, condition)),
    );
    this.#temporary.push(...ids.filter((id) => id !== undefined));
  }

  async #set(location: Protocol.Debugger.BreakLocation, condition: string): Promise<string | undefined> {
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

/** True in the code of that task, and not in a deeper call of the same function. */
function backInTask(task: number, depth: number): string {
  return `(() => {
    const tasks = JSON.parse(globalThis[Symbol.for("asyncscope.inspector")].tree(
      { order: "creation", pages: [{ task: 0, limit: 1 }], deep: true, limit: 200,
        filter: { states: ["running"] } })).tasks;
    for (let i = 0; i < tasks.length; i++)
      if (tasks[i].state === "running") return tasks[i].id === ${task} && tasks[i].depth < ${depth};
    return false;
  })()`;
}
