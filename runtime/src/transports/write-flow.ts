import type { Context } from "../core/context.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { callProtocol, reportFailure } from "./callback-scope.js";
import type { BaseProtocol } from "./protocols.js";
import { BaseTransport } from "./transport.js";
import type { WriteBufferLimits } from "./transport.js";

const HIGH = 64 * 1024;

/** @internal Tells the protocol to pause and to resume writing, by the size of the write buffer (SW-01, SW-02). */
export abstract class FlowControlledTransport extends BaseTransport {
  /** @internal */ readonly _loop: EventLoop;
  /** @internal What the protocol's methods run in. */ readonly _context: Context;
  #high = HIGH;
  #low = HIGH / 4;
  #protocolPaused = false;

  constructor(loop: EventLoop, context: Context, protocol: BaseProtocol, extra: Record<string, unknown>) {
    super(protocol, extra);
    this._loop = loop;
    this._context = context;
  }

  abstract getWriteBufferSize(): number;

  getWriteBufferLimits(): WriteBufferLimits {
    return { low: this.#low, high: this.#high };
  }

  setWriteBufferLimits(limits: Partial<WriteBufferLimits> = {}): void {
    const high = limits.high ?? (limits.low === undefined ? HIGH : 4 * limits.low);
    const low = limits.low ?? Math.floor(high / 4);
    if (!(high >= low && low >= 0))
      throw new ValueError(
        `the limits of a write buffer must satisfy high >= low >= 0, got high ${high}, low ${low}`,
      );
    this.#high = high;
    this.#low = low;
    this._maybePauseProtocol(this.getWriteBufferSize());
  }

  /** @internal Whether the protocol was told to pause writing, and not to resume since. */
  get _protocolPaused(): boolean {
    return this.#protocolPaused;
  }

  /** @internal */
  _maybePauseProtocol(size: number): void {
    if (size <= this.#high || this.#protocolPaused) return;
    this.#protocolPaused = true;
    const protocol = this._protocol;
    try {
      protocol.pauseWriting?.();
    } catch (error) {
      reportFailure(this._loop, "protocol.pauseWriting() failed", error, this, protocol);
    }
  }

  /** @internal */
  _maybeResumeProtocol(size: number): void {
    if (!this.#protocolPaused || size > this.#low) return;
    this.#protocolPaused = false;
    const protocol = this._protocol;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its protocol
    const resume = protocol.resumeWriting;
    if (resume === undefined) return;
    try {
      callProtocol(this._loop, this._context, protocol, resume);
    } catch (error) {
      reportFailure(this._loop, "protocol.resumeWriting() failed", error, this, protocol);
    }
  }
}
