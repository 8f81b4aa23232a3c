import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { isUint8Array } from "node:util/types";
import { given, itemsOf } from "../core/arguments.js";
import type { Context } from "../core/context.js";
import { RuntimeError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import type { TimerHandle } from "../core/handle.js";
import { callProtocol, reportFailure } from "./callback-scope.js";
import { isSystemError } from "./errors.js";
import type { BufferedProtocol, Protocol } from "./protocols.js";
import { isBuffered } from "./protocols.js";
import type { Transport } from "./transport.js";
import { FlowControlledTransport } from "./write-flow.js";

/** How many writes after the end of the connection are dropped silently (rule TP-07). */
const SILENT_WRITES = 5;
const EMPTY = Buffer.alloc(0);

/** Whoever wants to know when a connection has ended: its server. */
export interface ConnectionOwner {
  _attach(connection: { close(): void; abort(): void }): void;
  _detach(connection: object): void;
}

/** @internal What a {@link StreamTransport} is made of. */
export interface StreamTransportOptions {
  readonly loop: EventLoop;
  readonly context: Context;
  readonly protocol: Protocol | BufferedProtocol;
  readonly readable: Readable | null;
  readonly writable: Writable | null;
  readonly extra: Record<string, unknown>;
  readonly owner?: ConnectionOwner | null | undefined;
  /** Present when it speaks TLS: milliseconds that {@link StreamTransport.close} gives the peer. */
  readonly tlsShutdownTimeout?: number | undefined;
}

/** @internal A transport over a stream of Node: a socket, a TLS socket, one end of a pipe. */
export class StreamTransport extends FlowControlledTransport implements Transport {
  readonly #readable: Readable | null;
  readonly #writable: Writable | null;
  readonly #stream: Readable | Writable;
  /** @internal */ readonly _owner: ConnectionOwner | null;
  readonly #tlsShutdownTimeout: number | null;
  #paused = false;
  #closing = false;
  #eofSent = false;
  #ended = false;
  #sendingFile = false;
  /** 0 while what is written can be sent; then it counts the writes that came too late. */
  #lost = 0;
  #error: Error | null = null;
  /** Received, and kept back because the protocol paused in the middle of it. */
  #leftover: Buffer = EMPTY;
  #shutdownTimer: TimerHandle | null = null;

  constructor(options: StreamTransportOptions) {
    super(options.loop, options.context, options.protocol, options.extra);
    this.#readable = options.readable;
    this.#writable = options.writable;
    this.#stream = (options.readable ?? options.writable)!;
    this._owner = options.owner ?? null;
    this.#tlsShutdownTimeout = options.tlsShutdownTimeout ?? null;
    this._loop._resources.add(this);
    this._owner?._attach(this);
    // The running loop keeps the process alive, the socket does not.
    if (this.#stream instanceof Socket && !this._loop._isShuttingDown) this.#stream.unref();
    this.#stream.on("error", this.#onError);
    this.#stream.on("close", this.#onClose);
  }

  /** @internal Tells the protocol, and begins to read. */
  _begin(): void {
    this.#call("connectionMade", this);
    this._beginReading();
  }

  /** @internal */
  _beginReading(): void {
    const readable = this.#readable;
    if (readable === null || this.#closing) return;
    // Otherwise listening would let it flow (rule TP-01).
    if (this.#paused) readable.pause();
    readable.on("data", this.#onData);
    readable.on("end", this.#onEnd);
  }

  isReading(): boolean {
    return this.#readable !== null && !this.#paused && !this.#closing;
  }

  pauseReading(): void {
    if (this.#paused || this.#closing) return;
    this.#paused = true;
    this.#readable?.pause();
  }

  resumeReading(): void {
    if (!this.#paused || this.#closing) return;
    this.#paused = false;
    this.#readable?.resume();
    // Not from within the call: as if it arrived now.
    if (this.#leftover.length > 0) this._loop.callSoon(this.#deliverLeftover, { context: this._context });
  }

  isClosing(): boolean {
    return this.#closing || this.#stream.destroyed;
  }

  getWriteBufferSize(): number {
    return this.#writable?.writableLength ?? 0;
  }

  canWriteEof(): boolean {
    return this.#writable !== null && this.#tlsShutdownTimeout === null;
  }

  write(data: Uint8Array): void {
    if (!isUint8Array(data)) throw notBytes(data);
    if (this.#refuses() || data.length === 0) return;
    const writable = this.#writable!;
    writable.write(data, this.#written);
    this.#wrote(writable);
  }

  writeLines(chunks: Iterable<Uint8Array>): void {
    if (this.#refuses()) return;
    const writable = this.#writable!;
    writable.cork();
    try {
      for (const data of itemsOf(
        chunks,
        "writeLines() takes several pieces of bytes, an array or another iterable of them",
      )) {
        if (!isUint8Array(data)) throw notBytes(data);
        if (data.length > 0) writable.write(data, this.#written);
      }
    } finally {
      writable.uncork();
    }
    this.#wrote(writable);
  }

  writeEof(): void {
    if (this.#tlsShutdownTimeout !== null)
      throw new RuntimeError("TLS cannot end one direction alone: close() the transport");
    if (this.#closing || this.#eofSent || this.#writable === null) return;
    this.#eofSent = true;
    this.#writable.end();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#leftover = EMPTY;
    // TLS has messages of its own to read meanwhile.
    if (this.#tlsShutdownTimeout === null) this.#readable?.pause();
    else this.#limitShutdown(this.#tlsShutdownTimeout);
    if (this.getWriteBufferSize() === 0) this.#end();
  }

  abort(): void {
    this.#force(null);
  }

  /** @internal A task that cleans up may wait for data or for the end. */
  _shuttingDown(): void {
    if (this.#stream instanceof Socket) this.#stream.ref();
  }

  /** @internal The loop is closed: nobody is there to be told. */
  _loopClosed(): void {
    this.#ended = true;
    this.#closing = true;
    this.#stream.destroy();
  }

  /** @internal Somebody else let it flow: pauses again what is to be paused. */
  _keepPaused(): void {
    if (this.#paused) this.#readable?.pause();
  }

  /** @internal Writes on behalf of `sendFile`, during which nobody else may. */
  _writeOfFile(data: Uint8Array): void {
    this.#sendingFile = false;
    try {
      this.write(data);
    } finally {
      this.#sendingFile = true;
    }
  }

  /** @internal @throws RuntimeError when the transport closes, or sends a file already. */
  _beginSendFile(): void {
    if (this.#closing) throw new RuntimeError("the transport is closing: no file can be sent");
    if (this.#refuses()) throw new RuntimeError("the connection is lost: no file can be sent");
    this.#sendingFile = true;
  }

  /** @internal */
  _endSendFile(): void {
    this.#sendingFile = false;
  }

  /** @internal Gives the socket to another transport, with what it has received and not passed on. */
  _giveUp(): Socket {
    if (this.#closing) throw new RuntimeError("the transport is closing: TLS cannot start");
    const stream = this.#stream;
    if (!(stream instanceof Socket)) throw new RuntimeError("TLS needs the transport of a socket");
    stream.pause();
    stream.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    if (this.#leftover.length > 0) stream.unshift(this.#leftover);
    this.#ended = this.#closing = true;
    this.#lost = 1;
    this._loop._resources.delete(this);
    this._owner?._detach(this);
    return stream;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#closing) return;
    const protocol: Protocol | BufferedProtocol = this._protocol;
    if (isRuntimeProtocol(protocol)) protocol.dataReceived(chunk);
    else if (this.#leftover.length > 0) this.#leftover = Buffer.concat([this.#leftover, chunk]);
    else if (this.#paused) this.#leftover = chunk;
    else this.#deliver(chunk);
  };

  readonly #deliverLeftover = (): void => {
    const leftover = this.#leftover;
    this.#leftover = EMPTY;
    if (leftover.length > 0) this.#deliver(leftover);
  };

  #deliver(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#closing) {
      if (this.#paused) {
        this.#leftover = rest;
        return;
      }
      // May be another one for each part (rule TP-10).
      const protocol: Protocol | BufferedProtocol = this._protocol;
      try {
        if (isBuffered(protocol)) rest = rest.subarray(this.#fill(protocol, rest));
        else {
          // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its protocol
          const method = protocol.dataReceived;
          if (method !== undefined) callProtocol(this._loop, this._context, protocol, method, rest);
          return;
        }
      } catch (error) {
        this.#fatal(error, isBuffered(protocol) ? "protocol.bufferUpdated()" : "protocol.dataReceived()");
        return;
      }
    }
  }

  #fill(protocol: BufferedProtocol, data: Buffer): number {
    const { _loop: loop, _context: context } = this;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its protocol
    const { getBuffer, bufferUpdated } = protocol;
    const buffer = callProtocol(loop, context, protocol, getBuffer, data.length);
    if (!isUint8Array(buffer) || buffer.length === 0)
      throw new RuntimeError("getBuffer() returned an empty buffer: return one with room for a byte");
    const count = Math.min(buffer.length, data.length);
    buffer.set(count === data.length ? data : data.subarray(0, count));
    callProtocol(loop, context, protocol, bufferUpdated, count);
    return count;
  }

  readonly #onEnd = (): void => {
    if (this.#closing) return;
    const protocol: Protocol | BufferedProtocol = this._protocol;
    let keepOpen: unknown = false;
    try {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its protocol
      const method = protocol.eofReceived;
      if (method !== undefined) keepOpen = callProtocol(this._loop, this._context, protocol, method);
    } catch (error) {
      this.#fatal(error, "protocol.eofReceived()");
      return;
    }
    if (!keepOpen || this.#tlsShutdownTimeout !== null) this.close();
  };

  /** What failed at once is not buffered, nor will it ever be sent: who waits for room is to hear of that. */
  #wrote(writable: Writable): void {
    this._maybePauseProtocol(writable.errored === null ? writable.writableLength : Infinity);
  }

  /** One for all writes: Node then calls it in batches. */
  readonly #written = (error?: Error | null): void => {
    // Who waits for room is told of the lost connection instead.
    if (error) return;
    const size = this.getWriteBufferSize();
    this._maybeResumeProtocol(size);
    // The protocol may have written more (rule TP-04).
    if (this.#closing && this.#lost === 0 && this.getWriteBufferSize() === 0) this.#end();
  };

  readonly #onError = (error: Error): void => {
    // Once all is sent the peer owes nothing any more: its reset is no news.
    if (this.#lost === 0) this.#error ??= error;
    this.#closing = true;
    this.#lost ||= 1;
    this.#stream.destroy();
  };

  readonly #onClose = (): void => {
    if (this.#ended) return;
    this.#ended = this.#closing = true;
    this.#lost ||= 1;
    this.#shutdownTimer?.cancel();
    this._loop._resources.delete(this);
    if (this._loop.isClosed()) return;
    const error = this.#error;
    if (error !== null && !isSystemError(error) && this.#mustReport)
      reportFailure(this._loop, "Fatal error on transport", error, this, this._protocol);
    this.#call("connectionLost", error);
    this._owner?._detach(this);
  };

  #mustReport = true;

  #call(name: "connectionMade" | "connectionLost", argument: unknown): void {
    const protocol = this._protocol;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its protocol
    const method = protocol[name] as ((argument: unknown) => void) | undefined;
    if (method === undefined) return;
    try {
      callProtocol(this._loop, this._context, protocol, method, argument);
    } catch (error) {
      reportFailure(this._loop, `protocol.${name}() failed`, error, this, protocol);
    }
  }

  /** Whether what is written now has nowhere to go. */
  #refuses(): boolean {
    if (this.#sendingFile) throw new RuntimeError("unable to write: sendfile is in progress");
    if (this.#eofSent) throw new RuntimeError("nothing can be written after writeEof()");
    const writable = this.#writable;
    if (writable === null) throw new RuntimeError("this transport only reads");
    if (this.#lost === 0 && !writable.destroyed && !writable.writableEnded) return false;
    // Node has given it up and will tell a turn later: who waits for room is to hear of that.
    if (writable.destroyed && !this.#ended) this._maybePauseProtocol(Infinity);
    if (this.#lost++ === SILENT_WRITES)
      process.emitWarning(
        "data is written to a connection that is closed: it is dropped, and so is all that follows. Wait for drain(), which throws then, or test isClosing()",
      );
    return true;
  }

  /** All is sent. */
  #end(): void {
    this.#lost = 1;
    const stream = this.#stream;
    if (this.#writable === null) stream.destroy();
    else if (stream instanceof Socket) stream.destroySoon();
    else if (!this.#writable.destroyed) this.#writable.end(() => stream.destroy());
    else stream.destroy();
  }

  #limitShutdown(timeout: number): void {
    this.#shutdownTimer = this._loop.callLater(timeout, () => this.#force(null));
  }

  #fatal(error: unknown, where: string): void {
    reportFailure(this._loop, `Fatal error: ${where} call failed.`, error, this, this._protocol);
    this.#mustReport = false;
    this.#force(error instanceof Error ? error : new Error(String(error)));
  }

  #force(error: Error | null): void {
    if (this.#ended) return;
    this.#error ??= error;
    this.#closing = true;
    this.#lost ||= 1;
    this.#leftover = EMPTY;
    this.#stream.destroy();
  }
}

/** @internal Marks protocols that run no code of the program when data comes: they need no scope for it. */
export const RUNTIME_PROTOCOL = Symbol("asyncscope.runtime-protocol");

function isRuntimeProtocol(protocol: object): protocol is { dataReceived(data: Buffer): void } {
  return RUNTIME_PROTOCOL in protocol;
}

/** @internal */
export function notBytes(data: unknown): TypeError {
  return new TypeError(
    typeof data === "string"
      ? "bytes are needed, not a string: encode it with Buffer.from(text)"
      : `bytes (a Uint8Array) are needed, got ${given(data)}`,
  );
}
