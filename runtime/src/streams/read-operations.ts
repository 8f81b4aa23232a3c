import type { Suspension } from "../core/awaitable.js";
import { complete, suspend } from "../core/awaitable.js";
import { Operation } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { WaitOrigin } from "../core/instrument.js";
import type { ChunkBuffer } from "./chunk-buffer.js";
import { IncompleteReadError, LimitOverrunError } from "./errors.js";
import type { StreamReader } from "./stream-reader.js";

const EMPTY = Buffer.alloc(0);

/** @internal The future of a read that waits for data. */
export class ReadWaiter extends Future<void> {
  readonly #reader: StreamReader;
  /** How many bytes it waits to be buffered. */
  readonly _needs: number;
  /** Woken by an error of the stream, which is then thrown whatever may have come since. */
  _failed = false;

  constructor(reader: StreamReader, loop: EventLoop, needs: number, origin: WaitOrigin) {
    super({ loop });
    this.#reader = reader;
    this._needs = needs;
    this._origin = origin;
  }

  override _cancel(...outcome: Parameters<Future<void>["_cancel"]>): void {
    super._cancel(...outcome);
    this.#reader._stopWaiting(this);
  }
}

/** @internal A read: tries, and waits for as long as the buffer holds too little. */
abstract class ReadOperation<T> extends Operation<T> {
  protected readonly reader: StreamReader;
  #waiter: ReadWaiter | null;

  constructor(reader: StreamReader) {
    super();
    this.reader = reader;
    this.#waiter = null;
  }

  /** Completes, or `return this.wait(…)`. */
  abstract attempt(): IteratorResult<Suspension, T>;

  /** @param needs how many bytes must be buffered before the next attempt; the end of the stream comes as well. */
  protected wait(needs: number): IteratorResult<Suspension, T> {
    return suspend((this.#waiter = this.reader._wait(needs, this._name)));
  }

  /** `count` bytes out of the buffer. */
  protected take(count: number): Buffer {
    const data = this.reader._buffer.take(count);
    this.reader._taken();
    return data;
  }

  override next(): IteratorResult<Suspension, T> {
    const waiter = this.#waiter;
    if (waiter === null) this.reader._check();
    else {
      this.#waiter = null;
      if (waiter.cancelled()) throw waiter._cancelledError();
      if (waiter._failed) this.reader._check();
    }
    return this.attempt();
  }

  override throw(error: unknown): IteratorResult<Suspension, T> {
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter !== null && !waiter.done()) waiter.cancel();
    return super.throw(error);
  }
}

/** @internal */
export class Read extends ReadOperation<Buffer> {
  readonly #count: number;

  constructor(reader: StreamReader, count: number) {
    super(reader);
    this.#count = count;
  }

  get _name(): string {
    return "read";
  }

  attempt(): IteratorResult<Suspension, Buffer> {
    const count = this.#count;
    const { _buffer: buffer, _eof: eof } = this.reader;
    if (count === 0) return complete(EMPTY);
    if (count < 0) return eof ? complete(this.take(buffer.size)) : this.wait(Infinity);
    if (buffer.size > 0) return complete(this.take(Math.min(count, buffer.size)));
    return eof ? complete(EMPTY) : this.wait(1);
  }
}

/** @internal */
export class ReadExactly extends ReadOperation<Buffer> {
  readonly #count: number;

  constructor(reader: StreamReader, count: number) {
    super(reader);
    this.#count = count;
  }

  get _name(): string {
    return "readExactly";
  }

  attempt(): IteratorResult<Suspension, Buffer> {
    const count = this.#count;
    const size = this.reader._buffer.size;
    if (size >= count) return complete(this.take(count));
    if (this.reader._eof) throw new IncompleteReadError(this.take(size), count);
    return this.wait(count);
  }
}

/** What a search for a separator found: the bytes up to its end, or an overrun of the limit. */
interface Found {
  readonly start: number;
  readonly end: number;
}

abstract class SeparatedRead<T> extends ReadOperation<T> {
  /** No separator begins before it. */
  protected searched = 0;

  protected find(separators: readonly Uint8Array[]): Found | null {
    const buffer: ChunkBuffer = this.reader._buffer;
    let found: Found | null = null;
    for (const separator of separators) {
      const start = buffer.indexOf(separator, this.searched);
      if (start >= 0 && (found === null || start + separator.length < found.end))
        found = { start, end: start + separator.length };
    }
    if (found === null) {
      const longest = separators.at(-1)!.length;
      this.searched = Math.max(0, buffer.size + 1 - longest);
    }
    return found;
  }
}

/** @internal */
export class ReadUntil extends SeparatedRead<Buffer> {
  /** The shortest first. */
  readonly #separators: readonly Uint8Array[];

  constructor(reader: StreamReader, separators: readonly Uint8Array[]) {
    super(reader);
    this.#separators = separators;
  }

  get _name(): string {
    return "readUntil";
  }

  attempt(): IteratorResult<Suspension, Buffer> {
    const { _limit: limit, _buffer: buffer } = this.reader;
    const found = this.find(this.#separators);
    if (found !== null) {
      if (found.start > limit)
        throw new LimitOverrunError(
          `the separator comes after ${found.start} bytes, the limit is ${limit}`,
          found.start,
        );
      return complete(this.take(found.end));
    }
    if (this.searched > limit)
      throw new LimitOverrunError(
        `no separator in ${buffer.size} bytes, the limit is ${limit}`,
        this.searched,
      );
    if (this.reader._eof) throw new IncompleteReadError(this.take(buffer.size), null);
    return this.wait(buffer.size + 1);
  }
}

/** @internal */
abstract class LineRead<T> extends SeparatedRead<T> {
  readonly #newline: Uint8Array;

  constructor(reader: StreamReader, newline: Uint8Array) {
    super(reader);
    this.#newline = newline;
  }

  abstract line(line: Buffer): T;

  attempt(): IteratorResult<Suspension, T> {
    const { _limit: limit, _buffer: buffer } = this.reader;
    // The usual case: no object is made for what was found.
    const at = buffer.indexOf(this.#newline, this.searched);
    if (at >= 0) {
      const line = this.take(at + 1);
      if (at > limit) throw tooLong(at, limit);
      return complete(this.line(line));
    }
    const size = (this.searched = buffer.size);
    if (size > limit) {
      buffer.clear();
      this.reader._taken();
      throw tooLong(size, limit);
    }
    if (this.reader._eof) return complete(this.line(this.take(size)));
    return this.wait(size + 1);
  }
}

function tooLong(length: number, limit: number): ValueError {
  return new ValueError(
    `a line of ${length} bytes or more was dropped, the limit is ${limit}: give a larger limit where the stream is made`,
  );
}

/** @internal */
export class ReadLine extends LineRead<Buffer> {
  get _name(): string {
    return "readLine";
  }

  line(line: Buffer): Buffer {
    return line;
  }
}

/** @internal */
export class NextLine extends LineRead<Buffer | null> {
  get _name(): string {
    return "nextLine";
  }

  line(line: Buffer): Buffer | null {
    return line.length === 0 ? null : line;
  }
}
