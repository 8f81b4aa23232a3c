import { checkNumber, checkOptions, given, itemsOf } from "../core/arguments.js";
import { awaitNatively } from "../core/awaitable.js";
import type { Coroutine } from "../core/coroutine.js";
import { RuntimeError, ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import type { WaitOrigin } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";
import { inWords } from "../transports/address.js";
import type { ReadTransport } from "../transports/transport.js";
import { ChunkBuffer } from "./chunk-buffer.js";
import { NextLine, Read, ReadExactly, ReadLine, ReadUntil, ReadWaiter } from "./read-operations.js";

/** Bytes of a line, unless said otherwise; twice as many are buffered before reading pauses. */
export const DEFAULT_LIMIT = 64 * 1024;
const NEWLINE = Buffer.from("\n");

/** Options of {@link StreamReader}. */
export interface StreamReaderOptions {
  /** The longest line, in bytes, and half of what is buffered at most. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** Default: the running one, at the first wait. */
  readonly loop?: EventLoop | undefined;
}

/**
 * The receiving half of a connection, as bytes to wait for. One task at a time can wait. What is returned may be a
 * view of a larger piece of memory: copy what is kept for long.
 * @example
 * for await (const line of reader) console.log(line.toString());
 * let line;
 * while ((line = yield* reader.nextLine()) !== null) console.log(line.toString());
 */
export class StreamReader {
  /** @internal */ readonly _limit: number;
  /** @internal */ readonly _buffer = new ChunkBuffer();
  /** @internal */ _eof = false;
  #loop: EventLoop | null;
  #transport: ReadTransport | null = null;
  #exception: Error | null = null;
  #waiter: ReadWaiter | null = null;
  #paused = false;
  readonly #origin: WaitOrigin = { kind: "read", resource: null, describe: () => this.#describe() };

  /** @throws ValueError when the limit is not positive (rule SR-01). */
  constructor(options: StreamReaderOptions = {}) {
    checkOptions(options, "new StreamReader()");
    const limit = options.limit ?? DEFAULT_LIMIT;
    checkLimit(limit);
    this._limit = limit;
    this.#loop = options.loop ?? null;
  }

  /**
   * Up to `count` bytes, at least one unless the stream has ended; -1: all up to its end. Not bound by the limit
   * (rules SR-02, SR-03).
   */
  read(count = -1): Coroutine<Buffer> {
    checkNumber(count, "read() takes a number of bytes, or -1 for all");
    return new Read(this, count);
  }

  /**
   * `count` bytes. Not bound by the limit.
   * @throws IncompleteReadError when the stream ends before (rule SR-04); ValueError for a negative count.
   */
  readExactly(count: number): Coroutine<Buffer> {
    if (typeof count !== "number" || !(count >= 0))
      throw new ValueError(`readExactly() takes a count of 0 or more bytes, got ${given(count)}`);
    return new ReadExactly(this, count);
  }

  /**
   * A line with its newline; at the end what is left without one, then nothing (rule SR-06).
   * @throws ValueError for a line over the limit, which is dropped (rules SR-07, SR-08).
   */
  readLine(): Coroutine<Buffer> {
    return new ReadLine(this, NEWLINE);
  }

  /** As {@link readLine}; null at the end. */
  nextLine(): Coroutine<Buffer | null> {
    return new NextLine(this, NEWLINE);
  }

  /**
   * All up to and with a separator; of several, the one that ends first (rule SR-12). Text is taken as UTF-8.
   * @throws LimitOverrunError over the limit, and leaves the data; IncompleteReadError when the stream ends before;
   * ValueError for an empty separator.
   */
  readUntil(separator: Uint8Array | string | readonly (Uint8Array | string)[] = NEWLINE): Coroutine<Buffer> {
    const several =
      typeof separator === "string" || separator instanceof Uint8Array ? [separator] : separator;
    const separators = itemsOf(several, "readUntil() takes a separator, text or bytes, or several").map(
      (one) => (typeof one === "string" ? Buffer.from(one) : one),
    );
    for (const one of separators)
      if (!(one instanceof Uint8Array))
        throw new TypeError(`a separator is text or bytes, got ${given(one)}`);
    if (separators.length === 0) throw new ValueError("readUntil() needs at least one separator");
    if (separators.some(({ length }) => length === 0))
      throw new ValueError("readUntil() needs separators of at least one byte");
    // Of those that end at the same place the shortest counts.
    return new ReadUntil(
      this,
      separators.sort((a, b) => a.length - b.length),
    );
  }

  /** True when the stream has ended and all was read (rule SR-16). */
  atEof(): boolean {
    return this._eof && this._buffer.size === 0;
  }

  /** The error that every read throws from now on, null when there is none. */
  exception(): Error | null {
    return this.#exception;
  }

  /** For protocols: every read throws `error`, one that waits too (rule SR-14). */
  setException(error: Error): void {
    this.#exception = error;
    const waiter = this.#waiter;
    if (waiter !== null) waiter._failed = true;
    this.#wake();
  }

  /** For protocols: who is paused and resumed. Once. */
  setTransport(transport: ReadTransport): void {
    if (this.#transport !== null) throw new RuntimeError("this reader has a transport already");
    this.#transport = transport;
  }

  /** @internal After startTls. */
  _replaceTransport(transport: ReadTransport): void {
    this.#transport = transport;
    this.#paused = false;
  }

  /** For protocols: bytes have come. @throws RuntimeError after {@link feedEof}. */
  feedData(data: Uint8Array): void {
    if (this._eof) throw new RuntimeError("feedData() after feedEof(): the stream has ended");
    if (!(data instanceof Uint8Array))
      throw new TypeError(`feedData() takes bytes (a Uint8Array), got ${given(data)}`);
    if (data.length === 0) return;
    this._buffer.push(
      Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    );
    const size = this._buffer.size;
    const waiter = this.#waiter;
    if (waiter !== null) {
      if (size < waiter._needs) return;
      this.#waiter = null;
      waiter.setResult();
    }
    if (size > 2 * this._limit && !this.#paused && this.#transport !== null) {
      this.#paused = true;
      this.#transport.pauseReading();
    }
  }

  /** For protocols: no more will come. */
  feedEof(): void {
    this._eof = true;
    this.#wake();
  }

  /** The lines, until the stream ends. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer, undefined, undefined> {
    return {
      next: async () => {
        const line = await awaitNatively(this.nextLine());
        return line === null ? { done: true, value: undefined } : { done: false, value: line };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** @internal @throws the stored exception. */
  _check(): void {
    if (this.#exception !== null) throw this.#exception;
  }

  /**
   * @internal Begins to wait.
   * @param needs how many bytes must be buffered before it is worth to go on.
   * @throws RuntimeError when another task waits already.
   */
  _wait(needs: number, who: string): ReadWaiter {
    if (this.#waiter !== null)
      throw new RuntimeError(
        `${who}() called while another task is already waiting for incoming data: one task reads a stream`,
      );
    this._check();
    if (this.#paused) this.#resume();
    return (this.#waiter = new ReadWaiter(this, (this.#loop ??= getRunningLoop()), needs, this.#origin));
  }

  /** @internal */
  _stopWaiting(waiter: ReadWaiter): void {
    if (this.#waiter === waiter) this.#waiter = null;
  }

  /** @internal Bytes were taken out (rule SR-17). */
  _taken(): void {
    if (this.#paused && this._buffer.size <= this._limit) this.#resume();
  }

  #resume(): void {
    this.#paused = false;
    this.#transport?.resumeReading();
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter !== null && !waiter.done()) waiter.setResult();
  }

  #describe(): string {
    const transport = this.#transport;
    const description = transport?.getExtraInfo("description");
    if (description !== undefined) return description;
    const peer = transport?.getExtraInfo("peername");
    if (peer !== undefined) return `socket ${inWords(peer)}`;
    return transport?.getExtraInfo("pipe") === undefined ? "stream" : "pipe";
  }
}

/** @internal @throws ValueError when the limit is not positive (rule SR-01). */
export function checkLimit(limit: unknown): void {
  if (typeof limit !== "number" || !(limit > 0))
    throw new ValueError(`the limit of a reader must be a positive number of bytes, got ${given(limit)}`);
}
