import type { Site } from "@asyncscope/protocol";
import type { FrameView } from "../../target/execution.js";
import { awaitingFrames } from "./async-stack.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { Paused } from "./execution.js";
import type { InspectorAccess } from "./inspector-access.js";
import type { RewrittenCode } from "./rewritten-code.js";
import { runningTask, type RunningTask } from "./running-task.js";
import type { Scripts } from "./scripts.js";
import { PausedFrame } from "./stack.js";
import { labelFrame, positionFrame } from "./static-frames.js";
import { SuspendedFrame } from "./suspended-frames.js";

/** The whole stack of a stop, innermost first, across awaits. */
export class PausedStack {
  readonly #cdp: CdpConnection;
  readonly #scripts: Scripts;
  readonly #rewritten: RewrittenCode;
  readonly #access: InspectorAccess;
  readonly #paused: Paused;
  #task: Promise<RunningTask | undefined> | undefined;
  #frames: Promise<FrameView[]> | undefined;

  constructor(
    cdp: CdpConnection,
    scripts: Scripts,
    rewritten: RewrittenCode,
    access: InspectorAccess,
    paused: Paused,
  ) {
    this.#cdp = cdp;
    this.#scripts = scripts;
    this.#rewritten = rewritten;
    this.#access = access;
    this.#paused = paused;
  }

  get task(): Promise<RunningTask | undefined> {
    this.#task ??= runningTask(
      this.#cdp,
      this.#access,
      this.#scripts,
      this.#paused.callFrames,
      this.#paused.values.group,
    ).catch(() => undefined);
    return this.#task;
  }

  frames(): Promise<FrameView[]> {
    return (this.#frames ??= this.#build());
  }

  async #build(): Promise<FrameView[]> {
    const { callFrames } = this.#paused;
    const above = await this.#paused.above(callFrames.length === 0).catch(() => []);
    if (callFrames.length === 0 && above.length > 0) return [...above];
    if (callFrames.length === 0) return [labelFrame("idle: the program waits for an event")];
    const task = await this.task;
    const out = [...above];
    const last =
      task === undefined || task.innermostFrame < 0 ? this.#lastUserFrame(task) : task.innermostFrame;
    for (const [i, callFrame] of callFrames.entries()) {
      if (i > last) break;
      const exception = i === 0 ? this.#paused.exception : undefined;
      out.push(
        await PausedFrame.of(
          this.#cdp,
          this.#scripts,
          this.#rewritten,
          callFrame,
          this.#paused.values,
          exception,
        ),
      );
    }
    if (task !== undefined) out.push(...(await this.#taskFrames(task)));
    out.push(...(await this.#awaiting(task !== undefined)));
    // A line says why nothing opens.
    if (out.every(({ subtle }) => subtle))
      out.unshift(labelFrame("between two callbacks: Node's own code runs"));
    return out;
  }

  /** Inside a task the driver that runs it is not shown; elsewhere every frame is. */
  #lastUserFrame(task: RunningTask | undefined): number {
    const { callFrames } = this.#paused;
    if (task === undefined) return callFrames.length - 1;
    let last = callFrames.length - 1;
    for (; last > 0; last--) {
      const script = this.#scripts.byId(callFrames[last]!.location.scriptId);
      if (!this.#scripts.isRuntime(script) && !this.#scripts.isInternal(script)) break;
    }
    return last;
  }

  /** The outer coroutines of the task, then who created it. */
  async #taskFrames({ task, reply, generators }: RunningTask): Promise<FrameView[]> {
    const out: FrameView[] = [];
    for (const state of generators.slice(1)) {
      if (state === undefined) continue;
      const position = await this.#scripts.position(
        this.#scripts.byId(state.scriptId),
        state.line,
        state.column,
      );
      if (position === undefined) continue;
      const name = state.functionName === "" ? "(anonymous)" : state.functionName;
      out.push(new SuspendedFrame(this.#cdp, state, this.#paused.values, name, position));
    }
    const site = reply.sites.find(({ id }) => id === task.created) ?? this.#site?.(task.created);
    if (site !== undefined) {
      out.push(labelFrame(`${task.name} created by`));
      const position = await this.#scripts.position(this.#scripts.byUrl(site.url), site.line, site.column);
      if (position !== undefined)
        out.push(positionFrame(this.#cdp, site.functionName || "(anonymous)", position));
    }
    return out;
  }

  #site: ((id: number) => Site | undefined) | undefined;

  /** How sites that travelled earlier are found. */
  withSites(site: (id: number) => Site | undefined): this {
    this.#site = site;
    return this;
  }

  /** Native async functions that await this code. */
  async #awaiting(inTask: boolean): Promise<FrameView[]> {
    const frames = await awaitingFrames(this.#cdp, this.#paused.callFrames).catch(() => []);
    const out: FrameView[] = [];
    let label = "await";
    for (const frame of frames) {
      if (frame.functionName === "Promise.all" && frame.url === "") {
        label = "await Promise.all";
        continue;
      }
      const script = this.#scripts.byUrl(frame.url) ?? this.#scripts.byPath(frame.url);
      if (this.#scripts.isInternal(script) || (inTask && this.#scripts.isRuntime(script))) continue;
      const position = await this.#scripts.position(script, frame.line, frame.column);
      if (position === undefined) continue;
      out.push(labelFrame(label), positionFrame(this.#cdp, frame.functionName || "(anonymous)", position));
      label = "await";
    }
    return out;
  }
}
