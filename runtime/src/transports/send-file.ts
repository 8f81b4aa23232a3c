import type { FileHandle } from "node:fs/promises";
import { given } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { RuntimeError, ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { ConnectionResetError, SendfileNotAvailableError } from "./errors.js";
import { untilPromise, waitFor } from "./node-events.js";
import type { BaseProtocol } from "./protocols.js";
import { StreamTransport } from "./stream-transport.js";
import type { Transport } from "./transport.js";
import { Waiters } from "./waiters.js";

/** Read at once. */
const PART = 256 * 1024;
const reading = waitFor("other", () => "a file to be read");

/** Options of `loop.sendFile`. */
export interface SendFileOptions {
  /** Where in the file to begin, bytes. Default 0. */
  readonly offset?: number | undefined;
  /** How many bytes. Default: to the end. */
  readonly count?: number | undefined;
  /** False: only if the kernel can do it, which Node does not offer. Default true. */
  readonly fallback?: boolean | undefined;
}

/** @internal */
export function checkFileRange({ offset = 0, count }: SendFileOptions): void {
  if (!Number.isInteger(offset) || offset < 0)
    throw new ValueError(`offset must be a non-negative integer, got ${given(offset)}`);
  if (count !== undefined && (!Number.isInteger(count) || count <= 0))
    throw new ValueError(`count must be a positive integer, got ${given(count)}`);
}

/** @internal The parts of a file, in turn; the same memory for each. */
export function* eachPart(
  loop: EventLoop,
  file: FileHandle,
  options: SendFileOptions,
  send: (part: Buffer) => CoroutineGenerator<void>,
): CoroutineGenerator<number> {
  let sent = 0;
  for (;;) {
    const length = Math.min(PART, (options.count ?? Infinity) - sent);
    if (length <= 0) return sent;
    const position = (options.offset ?? 0) + sent;
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = yield* untilPromise(loop, reading, () => file.read(buffer, 0, length, position));
    if (bytesRead === 0) return sent;
    yield* send(buffer.subarray(0, bytesRead));
    sent += bytesRead;
  }
}

/** @internal See `EventLoop.sendFile`. */
export const sendFile = coroInternal(function* sendFile(
  loop: EventLoop,
  transport: Transport,
  file: FileHandle,
  options: SendFileOptions,
): CoroutineGenerator<number> {
  if (!(transport instanceof StreamTransport))
    throw new RuntimeError("sendFile() needs a transport made by the runtime");
  if (transport.isClosing()) throw new RuntimeError("the transport is closing: no file can be sent");
  checkFileRange(options);
  if (options.fallback === false)
    throw new SendfileNotAvailableError("Node has no sendfile: allow the fallback, which copies");
  transport._beginSendFile();
  const resumeReading = transport.isReading();
  const flow = new FileFlow(loop, transport.getProtocol(), transport._protocolPaused);
  transport.setProtocol(flow);
  transport.pauseReading();
  try {
    return yield* eachPart(loop, file, options, function* (part) {
      transport._writeOfFile(part);
      yield* flow.drain();
    });
  } finally {
    transport._endSendFile();
    transport.setProtocol(flow.original);
    flow.handBack();
    if (resumeReading) transport.resumeReading();
  }
});

/** Stands in for the protocol while a file is sent, so that only the file is held up by flow control. */
class FileFlow implements BaseProtocol {
  readonly #waiters: Waiters;
  #paused: boolean;
  #lost = false;

  /** @param wasPaused whether `original` was told to pause writing before: also for who writes the file. */
  constructor(
    loop: EventLoop,
    readonly original: BaseProtocol,
    readonly wasPaused: boolean,
  ) {
    this.#paused = wasPaused;
    this.#waiters = new Waiters(
      loop,
      waitFor("drain", () => "a file to be sent"),
    );
  }

  pauseWriting(): void {
    this.#paused = true;
  }

  resumeWriting(): void {
    this.#paused = false;
    this.#waiters.wakeAll();
  }

  connectionLost(error: Error | null): void {
    this.#lost = true;
    this.#waiters.wakeAll(error ?? new ConnectionResetError("the connection was closed"));
    this.original.connectionLost?.(error);
  }

  *drain(): CoroutineGenerator<void> {
    if (this.#lost) throw new ConnectionResetError("the connection was closed");
    if (this.#paused) yield* this.#waiters.wait();
  }

  /** The protocol learns what it missed. */
  handBack(): void {
    if (this.#lost || this.#paused === this.wasPaused) return;
    if (this.#paused) this.original.pauseWriting?.();
    else this.original.resumeWriting?.();
  }
}
