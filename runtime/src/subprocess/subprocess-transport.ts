import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { checkOptions, given } from "../core/arguments.js";
import { copyContext } from "../core/context.js";
import type { Context } from "../core/context.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { RuntimeError } from "../core/errors.js";
import { EventLoop } from "../core/event-loop.js";
import { checkMethods, checkProtocol } from "../transports/check-arguments.js";
import { callProtocol, reportFailure } from "../transports/callback-scope.js";
import { waitFor } from "../transports/node-events.js";
import type { Protocol } from "../transports/protocols.js";
import { RUNTIME_PROTOCOL, StreamTransport } from "../transports/stream-transport.js";
import { BaseTransport, Lazy } from "../transports/transport.js";
import type { ReadTransport, WriteTransport } from "../transports/transport.js";
import { Waiters } from "../transports/waiters.js";
import { ProcessLookupError } from "./errors.js";
import type { SubprocessProtocol, SubprocessTransport } from "./protocol.js";

type PipeFd = 0 | 1 | 2;
const PIPE_NAMES = ["stdin", "stdout", "stderr"] as const;

/** What else a {@link BaseSubprocessTransport} is told. */
export interface SubprocessTransportOptions {
  /** What it is, for people. Default: its program and first argument. */
  readonly description?: string | undefined;
  /** The socket that carries its stdout, when Node did not make it. */
  readonly stdout?: Socket | undefined;
  /** Whether the end of the loop leaves it running. Default false. */
  readonly detached?: boolean | undefined;
}

/**
 * A process that Node has started, as a transport: for who starts processes in another way than
 * `loop.subprocessExec`. It owns the process from then on. The end of the event loop kills it.
 */
export class BaseSubprocessTransport extends BaseTransport implements SubprocessTransport {
  readonly #loop: EventLoop;
  readonly #context: Context;
  readonly #child: ChildProcess;
  readonly #detached: boolean;
  readonly #description: string;
  readonly #pipes: (StreamTransport | null)[] = [null, null, null];
  #openPipes = 0;
  #returnCode: number | null = null;
  #closed = false;
  #finished = false;
  /** What a signal failed with: Node tells by an event from inside `kill()`. */
  #signalError: Error | null = null;
  readonly #waiters: Waiters;

  /** @throws RuntimeError when the process was not started. */
  constructor(
    loop: EventLoop,
    protocol: SubprocessProtocol,
    child: ChildProcess,
    options: SubprocessTransportOptions = {},
  ) {
    super(protocol, { subprocess: child });
    if (!(loop instanceof EventLoop))
      throw new TypeError(`a subprocess transport takes an event loop first, got ${given(loop)}`);
    checkProtocol(protocol, "a subprocess transport tells");
    checkOptions(options, "a subprocess transport");
    checkMethods(child, ["kill", "on"], "a subprocess transport takes a ChildProcess of node:child_process");
    if (child.pid === undefined)
      throw new RuntimeError("the process was not started: wait for its 'error' event");
    this.#loop = loop;
    this.#context = copyContext();
    this.#child = child;
    this.#detached = options.detached ?? false;
    this.#description = `process ${child.pid} (${options.description ?? describeCommand(child.spawnfile, child.spawnargs.slice(1))})`;
    this.#waiters = new Waiters(
      loop,
      waitFor("process", () => this.#description),
    );
    child.on("exit", this.#onExit);
    child.on("error", (error) => (this.#signalError = error));
    this.#addPipe(0, child.stdin as Socket | null);
    this.#addPipe(1, options.stdout ?? (child.stdout as Socket | null));
    this.#addPipe(2, child.stderr as Socket | null);
    loop._resources.add(this);
    // Now: Node throws away what nobody listens to when the process ends.
    this.#call("connectionMade", this);
    for (const pipe of this.#pipes) pipe?._begin();
    if (child.exitCode !== null || child.signalCode !== null)
      loop.callSoon(() => this.#onExit(child.exitCode, child.signalCode));
  }

  getPid(): number {
    return this.#child.pid!;
  }

  getReturnCode(): number | null {
    return this.#returnCode;
  }

  getPipeTransport(fd: 0): WriteTransport | null;
  getPipeTransport(fd: 1 | 2): ReadTransport | null;
  getPipeTransport(fd: number): BaseTransport | null;
  getPipeTransport(fd: number): BaseTransport | null {
    return this.#pipes[fd] ?? null;
  }

  sendSignal(signal: NodeJS.Signals | number): void {
    if (this.#finished)
      throw new ProcessLookupError(
        `${this.#description} has ended with code ${this.#returnCode}: test returnCode before sending a signal`,
      );
    this.#signalError = null;
    this.#child.kill(signal);
    const error = this.#signalError as Error | null;
    if (error !== null) throw error;
  }

  terminate(): void {
    this.sendSignal("SIGTERM");
  }

  kill(): void {
    this.sendSignal("SIGKILL");
  }

  isClosing(): boolean {
    return this.#closed;
  }

  override setProtocol(protocol: SubprocessProtocol): void {
    super.setProtocol(protocol);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const pipe of this.#pipes) pipe?.close();
    if (this.#returnCode === null) this.#child.kill("SIGKILL");
  }

  /** @internal For messages and views: `process 1234 (node server.js …)`. */
  _describe(): string {
    return this.#description;
  }

  /** @internal The loop is closed: nobody is there to be told, and no process is left behind. */
  _loopClosed(): void {
    this.#closed = true;
    this.#child.unref();
    if (this.#returnCode === null && !this.#detached) this.#child.kill("SIGKILL");
  }

  /** @internal Waits for the end of the process and of its pipes (rules SP-05, JS-18). */
  *_wait(): CoroutineGenerator<number> {
    while (!this.#finished) yield* this.#waiters.wait();
    return this.#returnCode!;
  }

  /** @internal */
  _pipeData(fd: 1 | 2, data: Buffer): void {
    const protocol: SubprocessProtocol = this._protocol;
    if (RUNTIME_PROTOCOL in protocol) protocol.pipeDataReceived!(fd, data);
    else this.#call("pipeDataReceived", fd, data);
  }

  /** @internal */
  _pipeLost(fd: PipeFd, error: Error | null): void {
    this.#openPipes--;
    this.#call("pipeConnectionLost", fd, error);
    this.#tryFinish();
  }

  #addPipe(fd: PipeFd, socket: Socket | null): void {
    // One that is closed already tells nobody of it any more (rule SP-08).
    if (socket === null || socket.closed) return;
    const pipe = new StreamTransport({
      loop: this.#loop,
      context: this.#context,
      protocol: new PipeProtocol(this, fd),
      readable: fd === 0 ? null : socket,
      writable: fd === 0 ? socket : null,
      extra: { pipe: socket, description: new Lazy(() => `${PIPE_NAMES[fd]} of ${this.#description}`) },
    });
    // As the process: the end of the loop closes both, and until then its end is to be heard of.
    socket.ref();
    this.#pipes[fd] = pipe;
    this.#openPipes++;
  }

  readonly #onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (this.#returnCode !== null) return;
    this.#returnCode = code ?? -(signal === null ? 0 : constants.signals[signal]);
    if (this.#loop.isClosed()) return;
    // In its next tick Node lets all pipes of an ended process flow, also those that are paused.
    process.nextTick(() => process.nextTick(this.#keepPaused));
    this.#call("processExited");
    this.#tryFinish();
  };

  readonly #keepPaused = (): void => {
    for (const pipe of this.#pipes) pipe?._keepPaused();
  };

  #tryFinish(): void {
    if (this.#finished || this.#returnCode === null || this.#openPipes > 0) return;
    this.#finished = this.#closed = true;
    this.#loop._resources.delete(this);
    this.#call("connectionLost", null);
    this.#waiters.wakeAll();
  }

  #call(name: keyof SubprocessProtocol, ...args: unknown[]): void {
    const loop = this.#loop;
    if (loop.isClosed()) return;
    const protocol: SubprocessProtocol = this._protocol;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its protocol
    const method = protocol[name] as ((...args: unknown[]) => void) | undefined;
    if (method === undefined) return;
    try {
      callProtocol(loop, this.#context, protocol, method, ...args);
    } catch (error) {
      reportFailure(loop, `protocol.${name}() failed`, error, this, protocol);
    }
  }

  /** @internal */
  _pauseWriting(): void {
    (this._protocol as SubprocessProtocol).pauseWriting?.();
  }

  /** @internal */
  _resumeWriting(): void {
    (this._protocol as SubprocessProtocol).resumeWriting?.();
  }
}

/** Joins one pipe to the protocol of the process. */
class PipeProtocol implements Protocol {
  readonly [RUNTIME_PROTOCOL] = true;

  constructor(
    readonly process: BaseSubprocessTransport,
    readonly fd: PipeFd,
  ) {}

  dataReceived(data: Buffer): void {
    this.process._pipeData(this.fd as 1 | 2, data);
  }

  pauseWriting(): void {
    this.process._pauseWriting();
  }

  resumeWriting(): void {
    this.process._resumeWriting();
  }

  connectionLost(error: Error | null): void {
    this.process._pipeLost(this.fd, error);
  }
}

/** Most characters that are shown of an argument. */
const ARGUMENT = 40;

/** @internal `node server.js …`: no more than the first argument, as others may be secrets. */
export function describeCommand(program: string, args: readonly string[]): string {
  const name = /[^\\/]*$/.exec(program)![0];
  const [first] = args;
  if (first === undefined) return cut(name);
  return `${cut(name)} ${cut(first)}${args.length > 1 && first.length <= ARGUMENT ? " …" : ""}`;
}

/** @internal */
export function cut(text: string): string {
  return text.length <= ARGUMENT ? text : `${text.slice(0, ARGUMENT)} …`;
}
