import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { FlowControlMixin } from "../streams/flow-control.js";
import { checkLimit, StreamReader } from "../streams/stream-reader.js";
import { StreamWriter } from "../streams/stream-writer.js";
import { waitFor } from "../transports/node-events.js";
import { RUNTIME_PROTOCOL } from "../transports/stream-transport.js";
import type { Transport } from "../transports/transport.js";
import { Waiters } from "../transports/waiters.js";
import { BrokenPipeError } from "./errors.js";
import type { SubprocessProtocol, SubprocessTransport } from "./protocol.js";

/**
 * Bytes that are read ahead of an ended process at most. Its own are fewer: that is for who inherited its pipes and
 * goes on writing.
 */
const MOST_AFTER_EXIT = 1024 * 1024;

/** Joins the pipes of a subprocess and streams. */
export class SubprocessStreamProtocol extends FlowControlMixin implements SubprocessProtocol {
  /** @internal */ readonly [RUNTIME_PROTOCOL] = true;
  /** Null unless it is a pipe. */
  stdin: StreamWriter | null = null;
  /** Null unless it was PIPE. */
  stdout: StreamReader | null = null;
  /** Null unless it was PIPE. */
  stderr: StreamReader | null = null;
  readonly #limit: number | undefined;
  readonly #stdinClosed: Waiters;
  #transport: SubprocessTransport | null = null;
  #stdinError: Error | null = null;
  #exited = false;

  /** @throws ValueError when the limit is not positive. */
  constructor(options: { readonly limit?: number | undefined; readonly loop?: EventLoop | undefined } = {}) {
    super(options);
    if (options.limit !== undefined) checkLimit(options.limit);
    this.#limit = options.limit;
    this.#stdinClosed = new Waiters(
      this._loop,
      waitFor("other", () => `the end of ${this._describe()}`),
    );
  }

  connectionMade(transport: SubprocessTransport): void {
    this.#transport = transport;
    this.stdout = this.#reader(transport, 1);
    this.stderr = this.#reader(transport, 2);
    const stdin = transport.getPipeTransport(0);
    if (stdin !== null) this.stdin = new StreamWriter(stdin as Transport, this, null, this._loop);
  }

  pipeDataReceived(fd: 1 | 2, data: Buffer): void {
    const reader = this.#readerOf(fd);
    if (reader === null) return;
    reader.feedData(data);
    if (!this.#exited) return;
    const pipe = this.#transport?.getPipeTransport(fd);
    if (reader._buffer.size > MOST_AFTER_EXIT) pipe?.pauseReading();
    else pipe?.resumeReading();
  }

  pipeConnectionLost(fd: 0 | 1 | 2, error: Error | null): void {
    if (fd === 0) this.#stdinLost(error);
    else if (error === null) this.#readerOf(fd)?.feedEof();
    else this.#readerOf(fd)?.setException(error);
  }

  /** What it wrote last is read now, also above the limit: whoever waits for its end waits for its pipes (SP-05). */
  processExited(): void {
    this.#exited = true;
    for (const fd of [1, 2] as const) this.#transport?.getPipeTransport(fd)?.resumeReading();
  }

  /** @internal */
  get _isServer(): boolean {
    return false;
  }

  /** @internal The end of stdin. */
  *_waitClosed(): CoroutineGenerator<void> {
    if (!this._connectionLost) yield* this.#stdinClosed.wait();
    else if (this.#stdinError !== null) throw this.#stdinError;
  }

  /** @internal */
  override _describe(): string {
    return this.#transport?.getPipeTransport(0)?.getExtraInfo("description") ?? "stdin";
  }

  #stdinLost(error: Error | null): void {
    const code = error === null ? undefined : (error as NodeJS.ErrnoException).code;
    // With so much left to be written that writing was paused, it has not ended well.
    const broken = error === null ? this._paused : code === "EPIPE";
    const reason = broken
      ? new BrokenPipeError(`${this._describe()} is closed at its other end`, { cause: error })
      : error;
    this.#stdinError = reason;
    this.stdin?.close();
    this.connectionLost(reason);
    this.#stdinClosed.wakeAll(reason);
  }

  #reader(transport: SubprocessTransport, fd: 1 | 2): StreamReader | null {
    const pipe = transport.getPipeTransport(fd);
    if (pipe === null) return null;
    const reader = new StreamReader({ limit: this.#limit, loop: this._loop });
    reader.setTransport(pipe);
    return reader;
  }

  #readerOf(fd: 1 | 2): StreamReader | null {
    return fd === 1 ? this.stdout : this.stderr;
  }
}
