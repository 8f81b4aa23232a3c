/* eslint-disable @typescript-eslint/no-explicit-any -- bodies of DAP messages, looked into by tests */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { assetsIn, createSession } from "@asyncscope/debug-adapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { DapClient } from "./dap-client.js";

/** The adapter as it ships. Another build can be tested by naming its folder. */
export const DIST = resolve(process.env["ASYNCSCOPE_DIST"] ?? "dist");
export const FIXTURES = resolve("test/fixtures/debug-adapter");

export const fixture = (name: string): string => join(FIXTURES, name);

/** The line (1-based) of the code that a `// @marker` comment stands on. */
export function markerLine(file: string, marker: string): number {
  const lines = readFileSync(file, "utf8").split(/\r?\n|\u2028/);
  const index = lines.findIndex((line) => new RegExp(`//\\s*@${marker}\\b`).test(line));
  if (index < 0) throw new Error(`${file} has no marker @${marker}`);
  return index + 1;
}

export interface Frame {
  readonly id: number;
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly path: string | undefined;
  readonly hint: string | undefined;
}

const open = new Set<Session>();

/** A debug session against a real program. */
export class Session {
  readonly client: DapClient;
  readonly #process: ChildProcess | undefined;
  /** Names of the inspector commands sent, for a session in memory. */
  readonly cdp: string[];
  #program = "";
  #seen = 0;

  private constructor(client: DapClient, process: ChildProcess | undefined, cdp: string[]) {
    this.client = client;
    this.#process = process;
    this.cdp = cdp;
    open.add(this);
  }

  /** The adapter in a process of its own, as an editor runs it. */
  static spawn(): Session {
    const child = spawn(process.execPath, [join(DIST, "debug-adapter.cjs")], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const session = new Session(new DapClient(child.stdout, child.stdin), child, []);
    child.stderr.on("data", (chunk: Buffer) => (session.stderr += chunk.toString()));
    return session;
  }

  /** The adapter in this process, over streams in memory: what it sends to the program can be seen. */
  static inMemory(): Session {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const cdp: string[] = [];
    createSession(input, output, { assets: assetsIn(DIST), trace: (method) => cdp.push(method) });
    return new Session(new DapClient(output, input), undefined, cdp);
  }

  stderr = "";

  /** Resolves with the exit code of the adapter's own process. */
  get adapterExit(): Promise<number | null> {
    const child = this.#process!;
    return child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve(child.exitCode)
      : new Promise((done) => child.once("exit", done));
  }

  get adapterProcess(): ChildProcess {
    return this.#process!;
  }

  request<T = any>(command: string, args?: unknown): Promise<T> {
    return this.client.request<T>(command, args);
  }

  initialize(more: object = {}): Promise<DebugProtocol.Capabilities> {
    return this.request("initialize", {
      adapterID: "asyncscope",
      linesStartAt1: true,
      columnsStartAt1: true,
      supportsVariablePaging: true,
      ...more,
    });
  }

  /** Starts a fixture (or any path) and lets it run. `stopAt`: markers to set breakpoints at. */
  async launch(
    program: string,
    options: {
      readonly stopAt?: readonly string[];
      readonly breakpoints?: readonly DebugProtocol.SourceBreakpoint[];
      readonly breakpointFile?: string;
      readonly exceptions?: readonly string[];
      /** Exception filters with conditions. */
      readonly filterOptions?: readonly object[];
      readonly client?: object;
      readonly config?: Record<string, unknown>;
    } = {},
  ): Promise<void> {
    const path = program.startsWith("/") ? program : fixture(program);
    this.#program = path;
    await this.initialize(options.client);
    await this.client.event("initialized");
    const launched = this.request("launch", { program: path, ...options.config });
    launched.catch(() => undefined);
    const source = options.breakpointFile ?? path;
    const breakpoints = [
      ...(options.breakpoints ?? []),
      ...(options.stopAt ?? []).map((marker) => ({ line: markerLine(source, marker) })),
    ];
    if (breakpoints.length > 0)
      await this.request("setBreakpoints", { source: { path: source }, breakpoints });
    if (options.exceptions !== undefined || options.filterOptions !== undefined)
      await this.request("setExceptionBreakpoints", {
        filters: options.exceptions ?? [],
        filterOptions: options.filterOptions ?? [],
      });
    await this.request("configurationDone");
    await launched;
  }

  /** The line of a marker in the program. */
  line(marker: string): number {
    return markerLine(this.#program, marker);
  }

  /** Waits for the next stop of the main thread that was not waited for yet. */
  async stopped(): Promise<DebugProtocol.StoppedEvent["body"]> {
    const index = await this.client.until(() => {
      const found = this.client.events.findIndex(
        ({ event, body }, i) => i >= this.#seen && event === "stopped" && body.threadId === 1,
      );
      return found < 0 ? undefined : found;
    }, "a stop");
    this.#seen = index + 1;
    return this.client.events[index]!.body;
  }

  /** Waits for the next stop and checks that it is at the marker. */
  async stopAt(marker: string, file = this.#program): Promise<Frame> {
    await this.stopped();
    const [top] = await this.frames();
    const line = markerLine(file, marker);
    if (top?.line !== line)
      throw new Error(`stopped at ${top?.name} ${top?.path}:${top?.line}, not @${marker} (${line})`);
    return top;
  }

  async frames(threadId = 1): Promise<Frame[]> {
    const { stackFrames } = await this.request<DebugProtocol.StackTraceResponse["body"]>("stackTrace", {
      threadId,
    });
    return stackFrames.map(({ id, name, line, column, source, presentationHint }) => ({
      id,
      name,
      line,
      column,
      path: source?.path,
      hint: presentationHint,
    }));
  }

  /** The stack as text, one frame a line: `name file:line`, labels in brackets, subtle frames left out. */
  async stack(threadId = 1): Promise<string[]> {
    const frames = await this.frames(threadId);
    return frames
      .filter(({ hint }) => hint !== "subtle")
      .map(({ name, line, path, hint }) =>
        hint === "label" ? `[${name}]` : `${name} ${path?.split("/").pop() ?? "?"}:${line}`,
      );
  }

  /** The variables of a scope (by the beginning of its name) of a frame, by name. */
  async variables(frameId: number, scope = "Local"): Promise<Map<string, DebugProtocol.Variable>> {
    const { scopes } = await this.request("scopes", { frameId });
    const found = scopes.find(({ name }: DebugProtocol.Scope) => name.startsWith(scope));
    if (found === undefined)
      throw new Error(
        `no scope ${scope} among ${scopes.map(({ name }: DebugProtocol.Scope) => name).join(", ")}`,
      );
    return this.children(found.variablesReference);
  }

  async children(
    variablesReference: number,
    page: object = {},
  ): Promise<Map<string, DebugProtocol.Variable>> {
    const { variables } = await this.request("variables", { variablesReference, ...page });
    return new Map(variables.map((v: DebugProtocol.Variable) => [v.name, v]));
  }

  async evaluate(expression: string, frameId?: number, context = "repl"): Promise<string> {
    const { result } = await this.request("evaluate", { expression, frameId, context });
    return result;
  }

  async resume(): Promise<void> {
    await this.request("continue", { threadId: 1 });
  }

  async step(kind: "next" | "stepIn" | "stepOut"): Promise<void> {
    await this.request(kind, { threadId: 1 });
    await this.stopped();
  }

  /** Resolves with the program's exit code when it has ended. */
  async ended(): Promise<number> {
    const { exitCode } = await this.client.event("exited");
    await this.client.event("terminated");
    return exitCode;
  }

  /** Process id of the program. */
  async pid(): Promise<number> {
    return (await this.client.event("process")).systemProcessId;
  }

  async close(): Promise<void> {
    if (!open.delete(this)) return;
    const ended = this.#process === undefined ? undefined : this.adapterExit;
    await this.request("disconnect").catch(() => undefined);
    await ended;
  }

  /** Ends the sessions a failed test left open. */
  static async closeAll(): Promise<void> {
    await Promise.all([...open].map((session) => session.close()));
  }
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
