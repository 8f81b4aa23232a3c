import type { Writable } from "node:stream";

/** Above this many unsent bytes {@link FrameWriter.congested} is true. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;

/** Writes messages as frames and says when the client does not keep up. */
export class FrameWriter {
  readonly #stream: Writable;
  readonly #waiting = new Set<() => void>();
  #open = true;

  constructor(stream: Writable) {
    this.#stream = stream;
    // A client that went away is noticed on its input; here it only means that nothing can be said any more.
    stream.on("error", () => this.#shut());
    stream.on("close", () => this.#shut());
    stream.on("drain", () => this.#wake());
  }

  send(message: unknown): void {
    if (!this.#open) return;
    const body = JSON.stringify(message);
    this.#stream.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  /** True while the client reads slower than we write: producers of bulk output should wait. */
  get congested(): boolean {
    return this.#open && this.#stream.writableLength > HIGH_WATER_BYTES;
  }

  /** Resolves when everything written so far was taken, or when nothing can be written any more. */
  drained(): Promise<void> {
    if (!this.#open || !this.#stream.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #shut(): void {
    this.#open = false;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
