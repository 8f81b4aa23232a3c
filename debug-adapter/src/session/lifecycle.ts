import { basename } from "node:path";
import { hasDebuggerStatement } from "../backends/node/launch/debugger-statements.js";
import type { NodeTarget, TargetEvents } from "../backends/node/target.js";
import { fail, messageOf } from "../errors.js";
import type { DumpConfiguration, LaunchConfiguration } from "../target/configuration.js";
import { Arguments } from "./arguments.js";
import type { Handler, Handlers } from "./context.js";
import {
  attachConfiguration,
  dumpConfiguration,
  launchConfiguration,
  sourceConfiguration,
} from "./launch-arguments.js";
import { Program, type ProgramHost } from "./program.js";

/** What the lifecycle tells the rest of the session. */
export interface LifecycleEvents {
  readonly target: TargetEvents;
  /** A program is connected and waits: the moment to set breakpoints. */
  connected(target: NodeTarget): Promise<void>;
  /** A program is wanted, with these dumps. */
  dumps(config: DumpConfiguration): void;
  /** The program has ended or is about to be ended by us: the last chance to look. Never rejects, takes 5 s at most. */
  ending(): Promise<void>;
  /** The program will go on without us. */
  leaving(): Promise<void>;
  /** The program is gone. */
  gone(): void;
  send(event: string, body?: object): void;
  warn(text: string): void;
}

/** Starting and ending: `launch`, `attach`, `configurationDone`, `terminate`, `restart`, `disconnect`. */
export class Lifecycle {
  readonly #host: () => ProgramHost;
  readonly #events: LifecycleEvents;
  #program: Program | undefined;
  #started = false;
  #ended = false;
  #isEnding = false;
  #launchArguments: Arguments | undefined;
  /** Settles when the launch under way has been answered. */
  #launching: Promise<unknown> = Promise.resolve();
  #configured: () => void = () => undefined;
  readonly #configuration: Promise<void>;
  programName = "main";

  constructor(host: () => ProgramHost, events: LifecycleEvents) {
    this.#host = host;
    this.#events = events;
    this.#configuration = new Promise((resolve) => (this.#configured = resolve));
  }

  /** True after `terminated` was sent. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the user ends the program, or lets it go. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  target(command: string): NodeTarget {
    if (this.#ended) return fail("ended", { command });
    if (!this.#started) return fail("notStarted", { command });
    const target = this.#program?.target;
    if (target === undefined || target.isClosed) return fail("notStarted", { command });
    return target;
  }

  get current(): NodeTarget | undefined {
    return this.#program?.target;
  }

  /** The program said itself how it ends. */
  exiting(code: number): void {
    if (this.#program !== undefined) this.#program.exitCode = code;
  }

  handlers(): Handlers {
    const launch: Handler = async (args) => {
      this.#begin();
      const launching = this.#launch(args);
      this.#launching = launching.catch(() => undefined);
      await launching;
      return undefined;
    };
    const attach: Handler = async (args) => {
      if (this.#started) fail("alreadyStarted");
      const config = attachConfiguration(args);
      const sources = sourceConfiguration(args, args.text("workspaceFolder") ?? process.cwd());
      const dumps = dumpConfiguration(args, args.text("cwd") ?? process.cwd());
      this.#begin();
      this.#events.dumps(dumps);
      this.programName =
        config.processId === undefined ? `${config.address}:${config.port}` : `process ${config.processId}`;
      try {
        const program = await Program.attach(config, sources, this.#host(), this.#events.target);
        this.#take(program);
        await this.#events.connected(program.target!);
        // The program may have been started to wait for us.
        await program.target!.run();
      } catch (error) {
        this.#started = false;
        throw error;
      }
      return undefined;
    };
    const configurationDone: Handler = () => {
      this.#configured();
      return undefined;
    };
    const terminate: Handler = () => {
      const program = this.#program;
      if (program === undefined || this.#ended) return undefined;
      this.#isEnding = true;
      const done = program.launched
        ? this.#events.ending().then(() => program.terminate())
        : this.#release(program);
      done.catch((error: unknown) => this.#events.warn(messageOf(error)));
      return undefined;
    };
    const restart: Handler = async (args) => {
      const old = this.#launchArguments;
      if (old === undefined) return fail("notStarted", { command: "restart" });
      const given = args.object("arguments");
      const next = Object.keys(given.raw).length > 0 ? new Arguments("launch", given.raw) : old;
      const program = this.#program;
      this.#isEnding = true;
      await this.#events.ending();
      this.#program = undefined;
      await program?.kill();
      this.#events.gone();
      this.#ended = this.#isEnding = false;
      await this.#launch(next);
      return undefined;
    };
    return { launch, attach, configurationDone, terminate, restart };
  }

  #begin(): void {
    if (this.#started) fail("alreadyStarted");
    this.#started = true;
  }

  async #launch(args: Arguments): Promise<void> {
    let config: LaunchConfiguration;
    try {
      config = launchConfiguration(args);
      const sources = sourceConfiguration(args, args.text("workspaceFolder") ?? config.cwd);
      this.#events.dumps(dumpConfiguration(args, config.cwd));
      this.programName = basename(config.program);
      const { program, started } = Program.launch(config, sources, this.#host(), this.#events.target);
      this.#program = program;
      await started;
      this.#launchArguments = args;
      this.#take(program);
    } catch (error) {
      this.#program = undefined;
      this.#started = false;
      throw error;
    }
    const target = this.#program.target;
    if (target !== undefined) void this.#configure(target, config);
    this.#events.send("process", {
      name: config.program,
      ...(this.#program.pid === undefined ? {} : { systemProcessId: this.#program.pid }),
      isLocalProcess: true,
      startMethod: "launch",
    });
  }

  /** When the client has said everything, the program may begin. */
  async #configure(target: NodeTarget, config: LaunchConfiguration): Promise<void> {
    try {
      await this.#configuration;
      if (target.isClosed) return;
      await this.#events.connected(target);
      if (config.stopOnEntry) await target.stopOnEntry(config.program);
      if (!target.debuggerEnabled && (await hasDebuggerStatement(config.program)))
        await target.stopAtDebuggerStatements();
      await target.run();
    } catch (error) {
      if (!target.isClosed) this.#events.warn(`The program could not be started: ${messageOf(error)}`);
    }
  }

  #take(program: Program): void {
    this.#program = program;
    void program.gone().then(
      (code) => this.#ending(program, code),
      () => this.#ending(program, undefined),
    );
  }

  async #ending(program: Program, code: number | undefined): Promise<void> {
    if (program !== this.#program || this.#ended) return;
    await this.#events.ending();
    this.#gone(program, code);
  }

  async #release(program: Program): Promise<void> {
    await this.#events.leaving();
    await program.release();
  }

  #gone(program: Program, code: number | undefined): void {
    // A restart has put another program in its place.
    if (program !== this.#program || this.#ended) return;
    this.#ended = true;
    this.#events.gone();
    if (program.launched) this.#events.send("exited", { exitCode: code ?? 0 });
    this.#events.send("terminated");
  }

  /** The session ends. A program that we started ends with it unless the client wants it to go on. */
  async disconnect(terminate: boolean | undefined): Promise<void> {
    const program = this.#program;
    this.#configured();
    this.#isEnding = true;
    if (program === undefined) return;
    if (terminate ?? program.launched) {
      await this.#events.ending();
      await (program.launched ? program.kill() : program.terminate());
    } else await this.#release(program);
    await this.#launching;
  }
}
