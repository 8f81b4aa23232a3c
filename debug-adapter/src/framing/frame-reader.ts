/** Longest header block accepted, in bytes. */
export const MAX_HEADER_BYTES = 4 * 1024;
/** Longest message body accepted, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** What {@link FrameReader} reports: a JSON object, or one sentence about bytes it could not use. */
export interface FrameSink {
  message(message: Record<string, unknown>): void;
  problem(text: string): void;
}

const NEWLINE = 0x0a;
const CONTENT_LENGTH = /^content-length[ \t]*:[ \t]*(.*)$/i;
const END_OF_HEADER = Buffer.from("\r\n\r\n");

/**
 * Cuts a byte stream into Debug Adapter Protocol messages
 * (https://microsoft.github.io/debug-adapter-protocol/overview#base-protocol).
 *
 * Memory is bounded by {@link MAX_HEADER_BYTES} and {@link MAX_BODY_BYTES}. Input that is not a frame never stops
 * the reader: it reports one problem, skips to the next line that starts a header, and goes on.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes of the body awaited; undefined while reading a header. */
  #bodyLength: number | undefined;
  /** Bytes of an oversized body still to be thrown away. */
  #discard = 0;
  /** True while skipping garbage, so that one run of garbage is reported once. */
  #lost = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.#discard > 0) {
      const skipped = Math.min(this.#discard, rest.length);
      this.#discard -= skipped;
      rest = rest.subarray(skipped);
    }
    if (rest.length === 0) return;
    this.#chunks.push(rest);
    this.#buffered += rest.length;
    while (this.#step());
  }

  /** True when something was consumed and there may be more. */
  #step(): boolean {
    if (this.#bodyLength === undefined) return this.#readHeader();
    if (this.#buffered < this.#bodyLength) return false;
    const length = this.#bodyLength;
    this.#bodyLength = undefined;
    this.#parse(this.#take(length));
    return this.#buffered > 0;
  }

  #readHeader(): boolean {
    if (this.#buffered === 0) return false;
    const data = this.#peek();
    const end = data.indexOf(END_OF_HEADER);
    if (end < 0) {
      if (data.length > MAX_HEADER_BYTES) this.#skipGarbage(data);
      return false;
    }
    const header = data.toString("latin1", 0, end);
    const length = end > MAX_HEADER_BYTES ? undefined : contentLength(header);
    if (length === undefined) {
      this.#complain(`a message header without a usable Content-Length was skipped: ${excerpt(header)}`);
      this.#take(end + END_OF_HEADER.length);
      return this.#buffered > 0;
    }
    this.#take(end + END_OF_HEADER.length);
    this.#lost = false;
    if (length > MAX_BODY_BYTES) {
      this.#sink.problem(
        `a message of ${length} bytes was skipped; the limit is ${MAX_BODY_BYTES} bytes. Send it in pieces.`,
      );
      const skipped = Math.min(length, this.#buffered);
      this.#take(skipped);
      this.#discard = length - skipped;
      return this.#buffered > 0;
    }
    this.#bodyLength = length;
    return true;
  }

  /** Drops everything up to the last line that may still become a header. */
  #skipGarbage(data: Buffer): void {
    this.#complain(`${data.length} bytes that are no Debug Adapter Protocol message were skipped`);
    const tail = data.subarray(Math.max(0, data.length - 64));
    const line = tail.lastIndexOf(NEWLINE);
    const keep = line >= 0 ? Buffer.from(tail.subarray(line + 1)) : Buffer.alloc(0);
    this.#chunks = keep.length > 0 ? [keep] : [];
    this.#buffered = keep.length;
  }

  #complain(text: string): void {
    if (!this.#lost) this.#sink.problem(text);
    this.#lost = true;
  }

  #parse(body: Buffer): void {
    let message: unknown;
    try {
      message = JSON.parse(body.toString("utf8"));
    } catch {
      this.#sink.problem(`a message that is not JSON was skipped: ${excerpt(body.toString("utf8", 0, 80))}`);
      return;
    }
    if (typeof message === "object" && message !== null && !Array.isArray(message))
      this.#sink.message(message as Record<string, unknown>);
    else
      this.#sink.problem(
        `a message that is not a JSON object was skipped: ${excerpt(body.toString("utf8", 0, 80))}`,
      );
  }

  #peek(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#buffered)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(length: number): Buffer {
    const data = this.#peek();
    this.#buffered -= length;
    this.#chunks = this.#buffered > 0 ? [data.subarray(length)] : [];
    return data.subarray(0, length);
  }
}

/** The one valid length of a header block; undefined when missing, repeated differently, or not a plain number. */
function contentLength(header: string): number | undefined {
  let found: number | undefined;
  for (const line of header.split(/\r?\n/)) {
    const value = CONTENT_LENGTH.exec(line)?.[1]?.trim();
    if (value === undefined) continue;
    if (!/^\d{1,15}$/.test(value)) return undefined;
    if (found !== undefined && found !== Number(value)) return undefined;
    found = Number(value);
  }
  return found;
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
