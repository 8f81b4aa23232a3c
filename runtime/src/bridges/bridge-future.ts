import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import { waitFor } from "../transports/node-events.js";

/**
 * @internal A future that something outside of the loop settles. However it ends (also by a cancel, or with the loop)
 * it stops listening.
 */
export class BridgeFuture<T> extends Future<T> {
  #stop: (() => void) | null = null;

  constructor(loop: EventLoop, describe: () => string) {
    super({ loop });
    this._origin = waitFor("other", describe);
  }

  /** @internal @param stop what is to be done when it has ended: at once, when it has already. */
  _listen(stop: () => void): void {
    if (this.done()) stop();
    else {
      this.#stop = stop;
      this._loop._resources.add(this);
    }
  }

  /** @internal */
  _resolve(value: T): void {
    if (!this._loop.isClosed()) this._trySetResult(value);
  }

  /** @internal */
  _reject(error: unknown): void {
    if (!this.done() && !this._loop.isClosed()) this._fail(error);
  }

  /** @internal */
  override _settled(): void {
    this._loop._resources.delete(this);
    this._loopClosed();
    super._settled();
  }

  /** @internal */
  _loopClosed(): void {
    const stop = this.#stop;
    this.#stop = null;
    stop?.();
  }
}
