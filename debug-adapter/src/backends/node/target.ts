import { fail } from "../../errors.js";
import type { HaltEvent } from "@asyncscope/protocol";
import type { SourceConfiguration } from "../../target/configuration.js";
import type { BreakpointStatus, EvaluatePurpose, FrameView, Stop } from "../../target/execution.js";
import type { ValueView } from "../../target/values.js";
import type { LoopBlock } from "../../tasks/loop-blocks.js";
import { Breakpoints } from "./breakpoints.js";
import { CdpConnection } from "./cdp/connection.js";
import { DebuggerDomain } from "./cdp/debugger-domain.js";
import type { LogPointEvent } from "./conditions.js";
import { checked, limitsOf } from "./evaluate.js";
import { Execution } from "./execution.js";
import { readHeap } from "./heap/read-heap.js";
import type { SnapshotBackend } from "./heap/snapshot-backend.js";
import { estimateSnapshot, type SnapshotEstimate } from "./heap/take-snapshot.js";
import { ANSWER_TIMEOUT_MS, InspectorAccess, withTimeout } from "./inspector-access.js";
import { LoopWatch } from "./loop-watch.js";
import { PausedStack } from "./paused-stack.js";
import { urlPattern } from "./paths.js";
import { CLOSE_WHEN_GONE } from "./processes/open-inspector.js";
import { ProgramStops } from "./program-stops.js";
import { RewrittenCode } from "./rewritten-code.js";
import { Scripts } from "./scripts.js";
import { expressionPath, objectLiteral } from "./stack.js";
import { Stepping, type StepKind } from "./stepping.js";
import { NodeTaskBackend } from "./task-backend.js";
import { Values } from "./values/values.js";

/** What a program tells whoever debugs it. */
export interface TargetEvents {
  stopped(stop: Stop): void;
  resumed(): void;
  breakpointChanged(status: BreakpointStatus): void;
  logPoint(event: LogPointEvent): void;
  /** The program stands still at something that happens to a task, see {@link ProgramStops}. */
  halted(event: HaltEvent): void;
  /** Its event loop does not come round; said again and again while that lasts, as far as {@link LoopWatch} is asked. */
  held(block: LoopBlock): void;
  /** It goes on. */
  freed(block: LoopBlock): void;
  /** The program is about to end with this code. */
  exiting(code: number): void;
  /** Something the user should know, in words. */
  warning(text: string): void;
  /** The program has run to its end and waits for the connection to go. */
  finished(): void;
}

/** A Node program with an open inspector connection. */
export class NodeTarget {
  readonly #cdp: CdpConnection;
  readonly #domain: DebuggerDomain;
  readonly #execution: Execution;
  readonly #stepping: Stepping;
  readonly scripts: Scripts;
  readonly rewritten: RewrittenCode;
  readonly breakpoints: Breakpoints;
  readonly access: InspectorAccess;
  readonly tasks: NodeTaskBackend;
  readonly stops: ProgramStops;
  readonly loop: LoopWatch;
  #stack: PausedStack | undefined;
  /** How many read the heap, for which the program stands still. */
  #readings = 0;
  #repl: Values;

  private constructor(cdp: CdpConnection, config: SourceConfiguration, events: TargetEvents) {
    this.#cdp = cdp;
    this.#domain = new DebuggerDomain(cdp);
    this.scripts = new Scripts(cdp, this.#domain, config, (text) => events.warning(text));
    this.rewritten = new RewrittenCode(cdp);
    this.breakpoints = new Breakpoints(cdp, this.#domain, this.scripts, this.rewritten, config.sourceMaps);
    this.#execution = new Execution(cdp, this.#domain, this.scripts, this.breakpoints);
    this.#stepping = new Stepping(cdp, this.#domain, this.#execution, this.rewritten, this.scripts);
    this.access = new InspectorAccess(cdp);
    this.tasks = new NodeTaskBackend(cdp, this.scripts, this.access);
    this.stops = new ProgramStops(cdp, this.#execution, this.access, this.tasks);
    this.tasks.whileStopped = (work) => this.#whileStopped(work);
    this.loop = new LoopWatch(
      cdp,
      events,
      () => this.isPaused || this.#readings > 0,
      () => this.access.hello?.pid,
      (url) => !url.startsWith("node:") && this.access.hello?.scripts.includes(url) !== true,
    );
    this.#repl = new Values(cdp, "repl");
    this.breakpoints.onChanged = (status) => events.breakpointChanged(status);
    this.#execution.onStopped = (stop) => void this.#stopped(stop, events);
    this.#execution.onResumed = () => {
      this.#stack = undefined;
      this.loop.restart();
      events.resumed();
    };
    this.access.onReady = ({ scripts }) =>
      void this.scripts.setRuntimeScripts(scripts).catch(() => undefined);
    this.access.onEvent = (event) => {
      if (event.type === "log") events.logPoint(event);
      else if (event.type === "halt") events.halted(event);
      else {
        if (event.type === "exit") events.exiting(event.code);
        this.tasks.receive(event);
      }
    };
    cdp.on("NodeRuntime.waitingForDisconnect", () => events.finished());
  }

  /**
   * @param trace is told the name of each protocol command sent.
   * @param ownScripts those of ours that are in the program before the runtime tells of its own
   */
  static async connect(
    url: string,
    config: SourceConfiguration,
    events: TargetEvents,
    trace?: (method: string) => void,
    ownScripts: readonly string[] = [],
  ): Promise<NodeTarget> {
    const cdp = await CdpConnection.open(url, trace);
    const target = new NodeTarget(cdp, config, events);
    await target.scripts.setRuntimeScripts(ownScripts);
    await cdp.send("NodeRuntime.enable");
    await cdp.send("NodeRuntime.notifyWhenWaitingForDisconnect", { enabled: true });
    await target.access.start();
    return target;
  }

  /** Lets a program that waits for us begin. */
  async run(): Promise<void> {
    await this.#cdp.send("Runtime.runIfWaitingForDebugger");
  }

  get closed(): Promise<void> {
    return this.#cdp.closed;
  }

  get isClosed(): boolean {
    return this.#cdp.isClosed;
  }

  get isPaused(): boolean {
    return this.#execution.paused !== undefined;
  }

  /** Whether V8's Debugger domain is on at the moment. */
  get debuggerEnabled(): boolean {
    return this.#domain.enabled;
  }

  /** `debugger` statements stop only while the Debugger domain is on. */
  stopAtDebuggerStatements(): Promise<void> {
    return this.#domain.need("statements");
  }

  stopOnEntry(program: string): Promise<void> {
    return this.#execution.stopOnEntry(program);
  }

  setExceptions(state: "none" | "uncaught" | "all"): Promise<void> {
    return this.#execution.setExceptions(state);
  }

  pause(): Promise<void> {
    return this.#execution.pause();
  }

  resume(): Promise<void> {
    return this.#execution.resume();
  }

  step(kind: StepKind): Promise<void> {
    this.#execution.require();
    return this.#stepping.step(kind, this.#pausedStack());
  }

  async #stopped(stop: Stop, events: TargetEvents): Promise<void> {
    try {
      await this.#stepping.finish();
      const task = await this.#pausedStack().task;
      const description =
        stop.description ?? (task === undefined ? undefined : `Paused in ${task.task.name}`);
      events.stopped({ ...stop, description });
    } catch {
      // The program went away while it stood still; that is told by the connection.
    }
  }

  #pausedStack(): PausedStack {
    const paused = this.#execution.require();
    this.#stack ??= new PausedStack(this.#cdp, this.scripts, this.rewritten, this.access, paused).withSites(
      (id) => this.tasks.site(id),
    );
    return this.#stack;
  }

  /** The stack of the present stop; throws when the program runs. */
  frames(): Promise<FrameView[]> {
    return this.#pausedStack().frames();
  }

  exception(): { readonly view: ValueView; readonly stack: string; readonly uncaught: boolean } | undefined {
    const { exception, values, uncaught } = this.#execution.require();
    if (exception === undefined) return undefined;
    return { view: values.view(exception), stack: exception.description ?? "", uncaught };
  }

  /** Evaluates in the global scope, also while the program runs. */
  async evaluate(expression: string, purpose: EvaluatePurpose): Promise<ValueView> {
    const { noSideEffects, timeout } = limitsOf(purpose);
    const answer = this.#cdp.send("Runtime.evaluate", {
      expression: objectLiteral(expression),
      objectGroup: this.#repl.group,
      generatePreview: true,
      includeCommandLineAPI: purpose === "repl",
      // Its result comes through a promise, which settles only while the program runs.
      replMode: purpose === "repl" && !this.isPaused,
      silent: true,
      throwOnSideEffect: noSideEffects,
      timeout,
    });
    const remote = checked(await withDeadline(answer, timeout + 500));
    return this.#repl.view(remote, {
      evaluate: async (text) =>
        checked(await this.#cdp.send("Runtime.evaluate", { expression: objectLiteral(text), silent: true })),
      path: expressionPath(expression),
    });
  }

  /** Positions of a source line range where a breakpoint can be; 1-based. */
  async breakpointLocations(
    path: string,
    from: number,
    to: number,
  ): Promise<{ readonly line: number; readonly column: number }[]> {
    await this.scripts.lookUp();
    const pattern = new RegExp(urlPattern(path));
    const out = new Map<string, { line: number; column: number }>();
    for (const script of this.scripts.named()) {
      const map = await this.scripts.mapOf(script);
      const own = pattern.test(script.url);
      if (map === undefined ? !own : !map.has(path)) continue;
      const ranges =
        map === undefined
          ? [{ line: from }, { line: to + 1 }]
          : [...map.generated(path, from, undefined), ...map.generated(path, to + 1, undefined)];
      const lines = ranges.map(({ line }) => line);
      const locations = await this.#possible(script.id, Math.min(...lines), Math.max(...lines) + 1);
      for (const { lineNumber, columnNumber } of locations) {
        const position = await this.scripts.position(script, lineNumber + 1, (columnNumber ?? 0) + 1);
        if (position === undefined || position.line < from || position.line > to) continue;
        out.set(`${position.line}:${position.column}`, { line: position.line, column: position.column });
      }
    }
    return [...out.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  async #possible(scriptId: string, from: number, to: number) {
    await this.#domain.need("scripts");
    try {
      const { locations } = await this.#cdp.send("Debugger.getPossibleBreakpoints", {
        start: { scriptId, lineNumber: from - 1 },
        end: { scriptId, lineNumber: to - 1 },
      });
      const inserted = await Promise.all(locations.map((location) => this.rewritten.isInserted(location)));
      return locations.filter((_, i) => inserted[i] === false);
    } finally {
      await this.#domain.release("scripts");
    }
  }

  /** Files and other scripts the program has loaded. */
  async loadedScripts(): Promise<readonly string[]> {
    await this.scripts.lookUp();
    const paths = new Set<string>();
    for (const script of this.scripts.named()) {
      if (script.url.startsWith("node:")) continue;
      const map = await this.scripts.mapOf(script);
      for (const source of map?.sources ?? [script.path ?? script.url])
        if (source !== null) paths.add(source);
    }
    return [...paths];
  }

  /** Ends the connection; a paused program goes on. */
  close(): void {
    this.#cdp.close();
  }

  /** What {@link readHeap} will cost the program. */
  heapPrice(): Promise<SnapshotEstimate> {
    return withTimeout(estimateSnapshot(this.#cdp), ANSWER_TIMEOUT_MS);
  }

  /** The suspended async functions of a program that tells no tasks; it stands still meanwhile. */
  async readHeap(): Promise<SnapshotBackend> {
    const facts = await this.tasks.about();
    const price = await this.heapPrice();
    return this.#whileStopped(() => readHeap(this.#cdp, this.scripts, facts, price));
  }

  /** That the program stands still while we do that is no block of its event loop. */
  async #whileStopped<T>(work: () => Promise<T>): Promise<T> {
    this.#readings++;
    try {
      return await work();
    } finally {
      this.#readings--;
      this.loop.restart();
    }
  }

  /** Has the program close its inspector as soon as we have gone: for one that was closed before we came. */
  async closeInspector(): Promise<void> {
    const answer = this.#cdp.send("Runtime.evaluate", {
      expression: CLOSE_WHEN_GONE,
      // Gives `require` to the expression.
      includeCommandLineAPI: true,
      silent: true,
      disableBreaks: true,
    });
    await withTimeout(answer, ANSWER_TIMEOUT_MS).catch(() => undefined);
  }
}

async function withDeadline<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      try {
        fail("evaluateTimeout", { milliseconds });
      } catch (error) {
        reject(error);
      }
    }, milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
