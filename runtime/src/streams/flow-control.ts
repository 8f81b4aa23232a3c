import { checkOptions } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { getRunningLoop } from "../core/running-loop.js";
import { ConnectionResetError } from "../transports/errors.js";
import { waitFor } from "../transports/node-events.js";
import { Waiters } from "../transports/waiters.js";

/** For those who write protocols: turns pauseWriting and resumeWriting into something to wait for. */
export class FlowControlMixin {
  /** @internal */ readonly _loop: EventLoop;
  /** @internal */ _paused = false;
  /** @internal */ _connectionLost = false;
  readonly #waiters: Waiters;

  constructor(options: { readonly loop?: EventLoop | undefined } = {}) {
    checkOptions(options, "new FlowControlMixin()");
    this._loop = options.loop ?? getRunningLoop();
    this.#waiters = new Waiters(
      this._loop,
      waitFor("drain", () => this._describe()),
    );
  }

  /** Told by the transport: {@link drainHelper} waits from now on. */
  pauseWriting(): void {
    this._paused = true;
  }

  /** Told by the transport: those who wait in {@link drainHelper} go on. */
  resumeWriting(): void {
    this._paused = false;
    this.#waiters.wakeAll();
  }

  /** Told by the transport: those who wait in {@link drainHelper} get `error`. */
  connectionLost(error: Error | null): void {
    this._connectionLost = true;
    if (this._paused) this.#waiters.wakeAll(error);
  }

  /**
   * Waits while writing is paused. Any number of tasks may wait, all go on together (rule SW-03).
   * @throws ConnectionResetError when the connection is lost.
   */
  drainHelper(): Coroutine<void> {
    return draining(this);
  }

  /** @internal */
  *_drain(): CoroutineGenerator<void> {
    if (this._connectionLost) throw new ConnectionResetError("the connection is lost");
    if (this._paused) yield* this.#waiters.wait();
  }

  /** @internal What it writes to, for views. */
  _describe(): string {
    return "stream";
  }
}

const draining = coroInternal(function* drain(flow: FlowControlMixin): CoroutineGenerator<void> {
  yield* flow._drain();
});
