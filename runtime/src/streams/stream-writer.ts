import type { Suspension } from "../core/awaitable.js";
import { complete } from "../core/awaitable.js";
import { coroInternal, Operation } from "../core/coroutine.js";
import { countStarted } from "../core/never-awaited.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { RuntimeError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { instrument } from "../core/instrument.js";
import { sleep } from "../tasks/sleep.js";
import { inWords } from "../transports/address.js";
import { startTls } from "../transports/start-tls.js";
import type { StartTlsOptions } from "../transports/start-tls.js";
import { checkMethods } from "../transports/check-arguments.js";
import type { BaseTransport, ExtraInfo, Transport } from "../transports/transport.js";
import type { FlowControlMixin } from "./flow-control.js";
import type { StreamReader } from "./stream-reader.js";

/** @internal What a writer needs of its protocol. */
export interface WriterProtocol extends FlowControlMixin {
  readonly _isServer: boolean;
  _waitClosed(): CoroutineGenerator<void>;
  /** After startTls; absent where TLS cannot be. */
  _replaceTransport?(transport: Transport): void;
}

/**
 * The sending half of a connection. {@link write} never waits and has no bound: {@link drain} after it holds a fast
 * writer back. Close it; one that is collected unclosed is closed with a warning (rule SW-08).
 */
export class StreamWriter {
  #transport: Transport;
  /** @internal */ readonly _protocol: WriterProtocol;
  /** @internal Null when there is nothing to read. */ readonly _reader: StreamReader | null;
  readonly #loop: EventLoop;

  /** @internal Use `openConnection` or `startServer`. */
  constructor(transport: Transport, protocol: WriterProtocol, reader: StreamReader | null, loop: EventLoop) {
    checkMethods(
      transport,
      ["write", "close", "isClosing"],
      "a StreamWriter takes a transport, openConnection() and startServer() make writers",
    );
    this.#transport = transport;
    this._protocol = protocol;
    this._reader = reader;
    this.#loop = loop;
    unclosed.register(this, { transport, loop }, this);
  }

  /** Another one after {@link startTls}. */
  get transport(): Transport {
    return this.#transport;
  }

  /** Sends `data`, now or later; it is not copied. @throws TypeError for a string. */
  write(data: Uint8Array): void {
    this.#transport.write(data);
  }

  /** Sends the chunks one after the other; adds no newlines. */
  writeLines(chunks: Iterable<Uint8Array>): void {
    this.#transport.writeLines(chunks);
  }

  /**
   * Waits while more is buffered than the high mark; does not suspend when less is: it is no flush.
   * @throws the error of the connection; ConnectionResetError when it is closed (rules SW-04, SW-05).
   */
  drain(): Coroutine<void> {
    const protocol = this._protocol;
    // Mostly there is nothing to wait for. Whoever watches tells the waits of async functions apart by their objects.
    if (
      !protocol._paused &&
      !protocol._connectionLost &&
      !this.#transport.isClosing() &&
      (this._reader === null || this._reader.exception() === null) &&
      instrument === null
    )
      return drained;
    return draining(this);
  }

  /** Ends the connection when all is sent; wait for that with {@link waitClosed}. Idempotent. */
  close(): void {
    unclosed.unregister(this);
    this.#transport.close();
  }

  /** True from {@link close} on, and once the connection is lost. */
  isClosing(): boolean {
    return this.#transport.isClosing();
  }

  /** Waits until the connection has ended (rule SW-06). @throws its error, when it broke. */
  waitClosed(): Coroutine<void> {
    return waitingClosed(this._protocol);
  }

  /** Ends this direction when all is sent; reading goes on. @throws RuntimeError with TLS. */
  writeEof(): void {
    this.#transport.writeEof();
  }

  /** Whether {@link writeEof} works: not with TLS. */
  canWriteEof(): boolean {
    return this.#transport.canWriteEof();
  }

  /** As {@link BaseTransport.getExtraInfo}. */
  getExtraInfo<K extends keyof ExtraInfo>(key: K): ExtraInfo[K] | undefined;
  getExtraInfo<K extends keyof ExtraInfo, D>(key: K, fallback: D): ExtraInfo[K] | D;
  getExtraInfo(key: string, fallback?: unknown): unknown;
  getExtraInfo(key: string, fallback?: unknown): unknown {
    return this.#transport.getExtraInfo(key, fallback);
  }

  /** Turns the connection into a TLS one, on the side that accepted as its server (rule SW-10). */
  startTls(options: StartTlsOptions): Coroutine<void> {
    return startingTls(this, options);
  }

  /** Closes it, and waits until the connection has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.waitClosed();
  }

  /** @internal */
  *_startTls(options: StartTlsOptions): CoroutineGenerator<void> {
    const protocol = this._protocol;
    const reader = this._reader;
    if (protocol._replaceTransport === undefined)
      throw new RuntimeError("TLS needs a connection: this stream is a pipe");
    yield* draining(this);
    const received = (): Buffer =>
      reader === null ? Buffer.alloc(0) : reader._buffer.take(reader._buffer.size);
    const transport = yield* startTls(
      this.#loop,
      this.#transport,
      protocol,
      { serverSide: protocol._isServer, ...options },
      received,
    );
    this.#transport = transport;
    protocol._replaceTransport(transport);
    unclosed.unregister(this);
    unclosed.register(this, { transport, loop: this.#loop }, this);
  }

  /** @internal */
  *_drain(): CoroutineGenerator<void> {
    const error = this._reader?.exception() ?? null;
    if (error !== null) throw error;
    // Whoever writes and drains in a loop must let the loss of the connection be told (rule SW-04).
    if (this.#transport.isClosing()) yield* sleep(0);
    yield* this._protocol._drain();
  }
}

const draining = coroInternal(function* drain(writer: StreamWriter): CoroutineGenerator<void> {
  yield* writer._drain();
});

const waitingClosed = coroInternal(function* waitClosed(protocol: WriterProtocol): CoroutineGenerator<void> {
  yield* protocol._waitClosed();
});

const startingTls = coroInternal(function* startTls(
  writer: StreamWriter,
  options: StartTlsOptions,
): CoroutineGenerator<void> {
  yield* writer._startTls(options);
});

/** A drain with nothing to wait for: one object without memory serves all. */
class Drained extends Operation<void> {
  get _name(): string {
    return "drain";
  }

  override next(): IteratorResult<Suspension, void> {
    return complete(undefined);
  }

  override _asFrame(): Operation<void> {
    return new Drained();
  }

  override _start(): void {
    // Any number of coroutines may stand here.
  }

  override close(): void {
    // As above.
  }
}

const drained = new Drained();
countStarted();

const unclosed = new FinalizationRegistry<{ readonly transport: Transport; readonly loop: EventLoop }>(
  ({ transport, loop }) => {
    if (transport.isClosing()) return;
    if (!loop.isClosed()) transport.close();
    process.emitWarning(
      `a StreamWriter ${describe(transport)}was dropped without close(): its connection is closed now`,
      "ResourceWarning",
    );
  },
);

function describe(transport: BaseTransport): string {
  const peer = transport.getExtraInfo("peername");
  return peer === undefined ? "" : `to ${inWords(peer)} `;
}
