import { inspectorUrl } from "../backends/node/launch/attach.js";
import {
  LaunchedProcess,
  TERMINATE_GRACE_MS,
  type ExitStatus,
} from "../backends/node/launch/child-process.js";
import { launchCommand, type Assets, type LaunchCommand } from "../backends/node/launch/command.js";
import { nodeProcess } from "../backends/node/processes/node-processes.js";
import { openInspector } from "../backends/node/processes/open-inspector.js";
import { Rendezvous } from "../backends/node/launch/rendezvous.js";
import { NodeTarget, type TargetEvents } from "../backends/node/target.js";
import { fail, messageOf } from "../errors.js";
import type { PreloadReport } from "../preload/options.js";
import type {
  AttachConfiguration,
  LaunchConfiguration,
  SourceConfiguration,
} from "../target/configuration.js";
import { forwardOutput, type OutputSink } from "./output.js";

/** After the process has ended, how long its pipes may stay open (something it started may hold them), in milliseconds. */
const PIPE_GRACE_MS = 500;

/** Starts a command in the client's terminal; resolves when the client has done so. */
export type RunInTerminal = (request: {
  readonly kind: "integrated" | "external";
  readonly title: string;
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | null>>;
}) => Promise<void>;

export interface ProgramHost {
  readonly assets: Assets;
  readonly output: OutputSink;
  readonly runInTerminal: RunInTerminal | undefined;
  readonly trace: ((method: string) => void) | undefined;
}

/** One program being debugged: its process when we started it, and its connection when there is one. */
export class Program {
  readonly #host: ProgramHost;
  readonly #abort = new AbortController();
  #process: LaunchedProcess | undefined;
  /** Process id of a program that is not our child: in a terminal, or attached to. */
  #terminalPid: number | undefined;
  /** Its inspector was closed before we came. */
  #opened = false;
  #target: NodeTarget | undefined;
  #output: Promise<unknown> = Promise.resolve();
  /** True when the program is ours to end. */
  readonly launched: boolean;
  /** Told by the program itself when it ended in a terminal. */
  exitCode: number | undefined;

  private constructor(host: ProgramHost, launched: boolean) {
    this.#host = host;
    this.launched = launched;
  }

  get target(): NodeTarget | undefined {
    return this.#target;
  }

  get pid(): number | undefined {
    return this.#process?.pid ?? this.#terminalPid;
  }

  /** Starts a program; when it resolves, the program waits for {@link NodeTarget.run}. */
  static launch(
    config: LaunchConfiguration,
    sources: SourceConfiguration,
    host: ProgramHost,
    events: TargetEvents,
  ): { readonly program: Program; readonly started: Promise<void> } {
    const program = new Program(host, true);
    return { program, started: program.#launch(config, sources, events) };
  }

  static async attach(
    config: AttachConfiguration,
    sources: SourceConfiguration,
    host: ProgramHost,
    events: TargetEvents,
  ): Promise<Program> {
    const program = new Program(host, false);
    const url =
      config.processId === undefined ? await inspectorUrl(config) : await program.#open(config.processId);
    try {
      program.#target = await NodeTarget.connect(url, sources, events, host.trace);
      await program.#target.access.adopt();
    } catch (error) {
      const address = config.websocketUrl ?? new URL(url).host;
      fail("attachFailed", { address, detail: messageOf(error) });
    }
    return program;
  }

  /** The inspector of a running program, opened when it is closed. */
  async #open(pid: number): Promise<string> {
    try {
      const { url, opened } = await openInspector(await nodeProcess(pid));
      this.#opened = opened;
      this.#terminalPid = pid;
      return url;
    } catch (error) {
      return fail("attachRefused", { detail: messageOf(error) });
    }
  }

  async #launch(
    config: LaunchConfiguration,
    sources: SourceConfiguration,
    events: TargetEvents,
  ): Promise<void> {
    const rendezvous = new Rendezvous();
    try {
      const command = await launchCommand(config, this.#host.assets, rendezvous.reportFile);
      this.#checkAborted();
      if (config.console === "internalConsole" || this.#host.runInTerminal === undefined)
        await this.#spawn(command, config);
      else await this.#terminal(command, config);
      if (config.noDebug) return;
      const { url, pid } = await this.#report(rendezvous, config.timeout);
      if (this.#process === undefined) this.#terminalPid = pid;
      const { loader } = this.#host.assets;
      const own = loader === "" ? [] : [loader];
      this.#target = await NodeTarget.connect(url, sources, events, this.#host.trace, own);
      this.#checkAborted();
    } catch (error) {
      await this.kill();
      throw error;
    } finally {
      rendezvous.dispose();
    }
  }

  #checkAborted(): void {
    if (this.#abort.signal.aborted) fail("disposed", { command: "launch" });
  }

  async #spawn(command: LaunchCommand, config: LaunchConfiguration): Promise<void> {
    const { executable, args, env } = command;
    const child = new LaunchedProcess(executable, args, config.cwd, env);
    this.#process = child;
    try {
      await child.started;
    } catch (error) {
      fail("runtimeFailed", { runtime: executable, detail: messageOf(error) });
    }
    this.#output = Promise.all([
      forwardOutput(child.stdout, "stdout", this.#host.output),
      forwardOutput(child.stderr, "stderr", this.#host.output),
    ]);
  }

  async #terminal(command: LaunchCommand, config: LaunchConfiguration): Promise<void> {
    try {
      await this.#host.runInTerminal!({
        kind: config.console === "externalTerminal" ? "external" : "integrated",
        title: `Asyncscope: ${config.program}`,
        cwd: config.cwd,
        args: [command.executable, ...command.args],
        env: command.envChanges,
      });
    } catch (error) {
      fail("terminalRefused", { detail: messageOf(error) });
    }
  }

  /** Waits until the program says where its inspector listens, or has ended, or takes too long. */
  async #report(rendezvous: Rendezvous, timeout: number): Promise<PreloadReport & { readonly url: string }> {
    const stop = new AbortController();
    let exit: ExitStatus | undefined;
    void this.#process?.exited.then((status) => {
      exit = status;
      stop.abort();
    });
    const onAbort = (): void => stop.abort();
    this.#abort.signal.addEventListener("abort", onAbort);
    if (this.#abort.signal.aborted) stop.abort();
    const timer = setTimeout(() => stop.abort(), timeout);
    const report = await rendezvous.wait(stop.signal);
    clearTimeout(timer);
    this.#abort.signal.removeEventListener("abort", onAbort);
    this.#checkAborted();
    if (report?.error !== undefined) fail("inspectorRefused", { detail: report.error });
    if (report?.url !== undefined) return { ...report, url: report.url };
    if (exit !== undefined) {
      await this.#flushed();
      const detail = exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
      return fail("endedEarly", { detail });
    }
    return fail("noConnection", { seconds: timeout / 1000, detail: "" });
  }

  /** Resolves when the program is gone, with its exit code when that is known. */
  async gone(): Promise<number | undefined> {
    if (this.#process !== undefined) {
      const { code, signal } = await this.#process.exited;
      await this.#flushed();
      this.#target?.close();
      return code ?? (signal === null ? undefined : 128 + (SIGNAL_NUMBERS[signal] ?? 0));
    }
    await this.#target?.closed;
    return this.exitCode;
  }

  async #flushed(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, PIPE_GRACE_MS)));
    await Promise.race([this.#output, late]);
    clearTimeout(timer);
  }

  /** Asks the program to end; it is killed when it does not within {@link TERMINATE_GRACE_MS}. */
  async terminate(): Promise<void> {
    this.#abort.abort();
    // A program that stands still cannot run its signal handlers.
    if (this.#target?.isPaused === true) {
      this.#target.close();
      await this.#target.closed;
    }
    if (this.#process !== undefined) await this.#process.terminate();
    else if (this.#terminalPid !== undefined && this.#target !== undefined) {
      signal(this.#terminalPid, "SIGTERM");
      const timer = setTimeout(() => signal(this.#terminalPid!, "SIGKILL"), TERMINATE_GRACE_MS);
      await this.#target.closed;
      clearTimeout(timer);
    }
  }

  /** Ends the program now. */
  async kill(): Promise<void> {
    this.#abort.abort();
    this.#process?.kill();
    if (this.#terminalPid !== undefined && this.#target?.isClosed === false)
      signal(this.#terminalPid, "SIGKILL");
    this.#target?.close();
    await this.#process?.exited;
  }

  /** Leaves the program alone: it goes on without a debugger. */
  async release(): Promise<void> {
    this.#abort.abort();
    this.#process?.setFree();
    if (this.#opened) await this.#target?.closeInspector();
    this.#target?.close();
    await this.#target?.closed;
  }
}

const SIGNAL_NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
