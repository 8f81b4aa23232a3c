import type { Protocol } from "devtools-protocol";
import { fail } from "../../errors.js";
import type { AnnouncedStop, FrameView, Stop, StopReason } from "../../target/execution.js";
import type { Breakpoints } from "./breakpoints.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { DebuggerDomain } from "./cdp/debugger-domain.js";
import { urlPattern } from "./paths.js";
import type { Scripts } from "./scripts.js";
import { describe } from "./values/describe.js";
import { Values, type Remote } from "./values/values.js";

/** The program standing still: everything here is valid until it moves on. */
export interface Paused {
  readonly callFrames: readonly Protocol.Debugger.CallFrame[];
  readonly values: Values;
  readonly exception: Remote | undefined;
  readonly uncaught: boolean;
  readonly stop: Stop;
  /** Frames to show above those of the program. */
  /** Whether V8's own innermost frame is one of ours, which is not shown. */
  readonly isInOurs: boolean;
  readonly above: (alone: boolean) => Promise<readonly FrameView[]>;
  /** Counts the stops. */
  readonly generation: number;
}

/** A pause that is not shown to the user when it returns true; it then has resumed the program or steps on. */
export type PauseFilter = (event: Protocol.Debugger.PausedEvent) => Promise<boolean>;

/** How long an idle program may take to reach JavaScript before the pause makes it run some, in milliseconds. */
const IDLE_PAUSE_MS = 150;
/** A pause that was lost is asked for again after this many milliseconds. */
const PAUSE_AGAIN_MS = 100;
/** Name of the script that a pause of an idle program runs. */
const IDLE_SCRIPT = "asyncscope-idle";
/** Name of the script that stops the program where it stands. */
const STOP_SCRIPT = "asyncscope-stop";

type Step = "Debugger.stepOver" | "Debugger.stepInto" | "Debugger.stepOut";

/** Running and standing still. */
export class Execution {
  readonly #cdp: CdpConnection;
  readonly #domain: DebuggerDomain;
  readonly #scripts: Scripts;
  readonly #breakpoints: Breakpoints;
  readonly #filters: PauseFilter[] = [];
  #paused: Paused | undefined;
  #generation = 0;
  #entry: string | undefined;
  #entryPath: string | undefined;
  #pauseAsked = false;
  /** Why {@link stopHere} stops, until it has. */
  #announced: { readonly stop: AnnouncedStop; readonly error: Remote | undefined; done(): void } | undefined;
  /** The step that goes on when the frames of ours are left. */
  #afterOurs: { readonly how: Step; readonly from: Protocol.Debugger.CallFrame } | undefined;
  /** Breakpoints at the first statement of the module being entered. */
  #atEntry: readonly number[] = [];
  #exceptions: "none" | "uncaught" | "all" = "none";
  onStopped: (stop: Stop) => void = () => undefined;
  onResumed: () => void = () => undefined;

  constructor(cdp: CdpConnection, domain: DebuggerDomain, scripts: Scripts, breakpoints: Breakpoints) {
    this.#cdp = cdp;
    this.#domain = domain;
    this.#scripts = scripts;
    this.#breakpoints = breakpoints;
    cdp.on("Debugger.paused", (event) => void this.#onPaused(event).catch(() => undefined));
    cdp.on("Debugger.resumed", () => this.#onResumed());
    domain.onEnabled(async () => {
      if (this.#exceptions !== "none") await this.#applyExceptions();
      if (this.#entryPath !== undefined) await this.#setEntry(this.#entryPath);
    });
    domain.onDisabled(() => {
      this.#entry = undefined;
    });
  }

  get paused(): Paused | undefined {
    return this.#paused;
  }

  /** The present stop, or the error that says there is none. */
  require(): Paused {
    return this.#paused ?? fail("notPaused");
  }

  addFilter(filter: PauseFilter): void {
    this.#filters.push(filter);
  }

  /** Stops before the first statement of the program. */
  async stopOnEntry(program: string): Promise<void> {
    this.#entryPath = program;
    await this.#domain.need("entry");
  }

  async #setEntry(path: string): Promise<void> {
    const reply = await this.#cdp.send("Debugger.setBreakpointByUrl", {
      urlRegex: urlPattern(path),
      lineNumber: 0,
      columnNumber: 0,
    });
    this.#entry = reply.breakpointId;
  }

  async setExceptions(state: "none" | "uncaught" | "all"): Promise<void> {
    this.#exceptions = state;
    if (this.#domain.enabled) await this.#applyExceptions();
    if (state === "none") await this.#domain.release("exceptions");
    else await this.#domain.need("exceptions");
  }

  async #applyExceptions(): Promise<void> {
    await this.#cdp.send("Debugger.setPauseOnExceptions", { state: this.#exceptions });
  }

  async pause(): Promise<void> {
    if (this.#paused !== undefined) return;
    if (this.#pauseAsked) return;
    this.#pauseAsked = true;
    await this.#domain.need("pause");
    await this.#cdp.send("Debugger.pause");
    this.#insist(IDLE_PAUSE_MS);
  }

  /**
   * An idle program runs a script of ours, so that it has a statement to stop at. V8 forgets a pause that meets one of
   * the views' questions, in which nothing may stop, or that ends in code that is skipped: then it is asked for again.
   */
  #insist(delay: number): void {
    setTimeout(() => {
      if (!this.#pauseAsked || this.#cdp.isClosed) return;
      const script = { expression: `0\n//# sourceURL=${IDLE_SCRIPT}` };
      // The answer comes when the program has run through it, or has gone on after it had stopped there.
      this.#cdp
        .send("Runtime.evaluate", script)
        .then(() => (this.#pauseAsked ? this.#cdp.send("Debugger.pause") : undefined))
        .then(() => this.#insist(PAUSE_AGAIN_MS))
        .catch(() => undefined);
    }, delay).unref();
  }

  /**
   * Stops the program in the middle of what it is doing: where code of ours stands and serves the debugger, or where
   * its code keeps the event loop from going on. The frames of ours are not shown.
   * @param script runs there first. @param when an expression; it goes on when that is false there.
   * @returns whether it stopped.
   */
  async stopHere(
    script: string,
    when: string,
    stop: AnnouncedStop,
    { answers, error }: { readonly answers: boolean; readonly error?: Remote | undefined },
  ): Promise<boolean> {
    if (this.#paused !== undefined || this.#announced !== undefined) {
      await this.#cdp.send("Runtime.evaluate", { expression: script, silent: true, disableBreaks: true });
      return false;
    }
    const stopped = new Promise<boolean>((resolve) => {
      this.#announced = { stop, error, done: () => resolve(true) };
    });
    try {
      const enabled = this.#domain.need("pause");
      enabled.catch(() => undefined);
      // Native code that holds the program lets it answer when it is too late: then both are on their way before.
      await (answers ? enabled : new Promise((resolve) => setImmediate(resolve)));
      const expression = `${script};\nif (${when}) debugger;\n//# sourceURL=${STOP_SCRIPT}`;
      const answered = this.#cdp.send("Runtime.evaluate", { expression, silent: true }).then(() => false);
      answered.catch(() => undefined);
      return await Promise.race([stopped, answered]);
    } finally {
      this.#announced = undefined;
      if (!this.#isPaused()) await this.#domain.release("pause").catch(() => undefined);
    }
  }

  /** A method, because it changes while something is waited for. */
  #isPaused(): boolean {
    return this.#paused !== undefined;
  }

  async resume(): Promise<void> {
    this.require();
    await this.move("Debugger.resume");
  }

  /** Goes on in one of V8's ways. Everything about the present stop becomes invalid. */
  async move(
    how: "Debugger.resume" | "Debugger.stepOver" | "Debugger.stepInto" | "Debugger.stepOut",
  ): Promise<void> {
    const { generation, isInOurs, callFrames } = this.require();
    if (isInOurs && how !== "Debugger.resume") {
      // To the frame that is shown, and on from there.
      const from = callFrames[0];
      this.#afterOurs = from === undefined ? undefined : { how, from };
      await this.#cdp.send("Debugger.stepOut");
    } else if (how === "Debugger.resume") await this.#cdp.send(how, {});
    else if (how === "Debugger.stepOut") await this.#cdp.send(how);
    else await this.#cdp.send(how, {});
    // The event that says so may come later than the response; what is asked next must not see the old stop.
    if (this.#paused?.generation === generation) this.#onResumed();
  }

  async #onPaused(event: Protocol.Debugger.PausedEvent): Promise<void> {
    const generation = ++this.#generation;
    await this.#domain.need("paused");
    if (await this.#handled(event)) return;
    if (generation !== this.#generation) return;
    const ids = event.hitBreakpoints ?? [];
    const hit = [...this.#breakpoints.hit(ids), ...this.#atEntry];
    this.#atEntry = [];
    const announced = this.#urlOf(event.callFrames[0]) === STOP_SCRIPT ? this.#announced : undefined;
    const reason = announced?.stop.reason ?? this.#reasonOf(event, ids, hit);
    if (reason === "entry") await this.#clearEntry();
    this.#pauseAsked = false;
    await this.#domain.release("pause");
    const values = new Values(this.#cdp, `stop-${generation}`);
    const thrown = reason === "exception" ? (event.data as Remote | undefined) : undefined;
    const exception = announced === undefined ? thrown : announced.error;
    const stop: Stop = {
      reason,
      description: announced?.stop.description,
      text: announced?.stop.text() ?? (exception === undefined ? undefined : describe(exception)),
      breakpointIds: hit,
    };
    this.#paused = {
      callFrames: this.#shown(event.callFrames, announced !== undefined),
      isInOurs: announced !== undefined,
      above: announced?.stop.above ?? (() => Promise.resolve([])),
      values,
      exception,
      uncaught: (event.data as { uncaught?: boolean } | undefined)?.uncaught === true,
      stop,
      generation,
    };
    announced?.done();
    this.onStopped(stop);
  }

  #urlOf(frame: Protocol.Debugger.CallFrame | undefined): string | undefined {
    return frame === undefined ? undefined : this.#scripts.byId(frame.location.scriptId)?.url;
  }

  /** Without what is ours at the top. All of them when nothing else is there. */
  #shown(
    frames: readonly Protocol.Debugger.CallFrame[],
    inRuntime: boolean,
  ): readonly Protocol.Debugger.CallFrame[] {
    // The script that wakes an idle program may also run in the middle of a busy one.
    const rest = frames.filter((frame) => this.#urlOf(frame) !== IDLE_SCRIPT);
    if (!inRuntime) return rest;
    const isOurs = ({ location }: Protocol.Debugger.CallFrame): boolean => {
      const script = this.#scripts.byId(location.scriptId);
      return script?.url === STOP_SCRIPT || this.#scripts.isRuntime(script);
    };
    const first = rest.findIndex((frame) => !isOurs(frame));
    const program = rest.slice(first < 0 ? rest.length : first);
    return program.every(({ location }) => this.#scripts.isInternal(this.#scripts.byId(location.scriptId)))
      ? []
      : program;
  }

  /** Pauses that are only there for us. */
  async #handled(event: Protocol.Debugger.PausedEvent): Promise<boolean> {
    const ids = event.hitBreakpoints ?? [];
    if (ids.length === 0 && (await this.#leftOurs(event))) return true;
    if (this.#breakpoints.isModuleEntry(ids) && (await this.#passModuleEntry(event, ids))) return true;
    for (const filter of this.#filters) if (await filter(event)) return true;
    return false;
  }

  /** Goes on with a step that had to leave frames of ours first, as long as it has not left the line. */
  async #leftOurs({ callFrames }: Protocol.Debugger.PausedEvent): Promise<boolean> {
    const after = this.#afterOurs;
    this.#afterOurs = undefined;
    const top = callFrames[0];
    if (after === undefined || top === undefined) return false;
    const [a, b] = [top.location, after.from.location];
    if (a.scriptId !== b.scriptId || (a.lineNumber !== b.lineNumber && after.how !== "Debugger.stepOut"))
      return false;
    if (after.how === "Debugger.stepOut") await this.#cdp.send(after.how);
    else await this.#cdp.send(after.how, {});
    return true;
  }

  /** The first statement of a module: the user stops there only for a breakpoint, an entry stop or a step of theirs. */
  async #passModuleEntry(event: Protocol.Debugger.PausedEvent, ids: readonly string[]): Promise<boolean> {
    const location = event.callFrames[0]?.location;
    const script = location === undefined ? undefined : this.#scripts.byId(location.scriptId);
    this.#atEntry =
      script === undefined || location === undefined
        ? []
        : await this.#breakpoints.enterModule(script, location);
    const wanted =
      this.#atEntry.length > 0 ||
      (this.#entry !== undefined && ids.includes(this.#entry)) ||
      this.#breakpoints.hit(ids).length > 0 ||
      this.#pauseAsked;
    if (!wanted) await this.#cdp.send("Debugger.resume", {});
    return !wanted;
  }

  #reasonOf(
    event: Protocol.Debugger.PausedEvent,
    ids: readonly string[],
    hit: readonly number[],
  ): StopReason {
    if (this.#entry !== undefined && ids.includes(this.#entry)) return "entry";
    if (event.reason === "exception" || event.reason === "promiseRejection") return "exception";
    if (hit.length > 0) return "breakpoint";
    if (this.#domain.needs("step")) return "step";
    if (this.#pauseAsked) return "pause";
    return "debugger statement";
  }

  async #clearEntry(): Promise<void> {
    const breakpointId = this.#entry;
    this.#entry = undefined;
    this.#entryPath = undefined;
    if (breakpointId !== undefined) await this.#cdp.send("Debugger.removeBreakpoint", { breakpointId });
    await this.#domain.release("entry");
  }

  #onResumed(): void {
    this.#generation++;
    const paused = this.#paused;
    this.#paused = undefined;
    paused?.values.release();
    void this.#domain.release("paused").catch(() => undefined);
    if (paused !== undefined) this.onResumed();
  }
}
