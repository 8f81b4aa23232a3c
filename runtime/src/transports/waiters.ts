import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import type { WaitOrigin } from "../core/instrument.js";

/** @internal Tasks that wait for the same thing and all go on together. Each has a future of its own to cancel. */
export class Waiters {
  readonly #futures = new Set<Future<void>>();
  readonly #loop: EventLoop;
  readonly #origin: WaitOrigin;

  constructor(loop: EventLoop, origin: WaitOrigin) {
    this.#loop = loop;
    this.#origin = origin;
  }

  *wait(): CoroutineGenerator<void> {
    const future = new Future<void>({ loop: this.#loop });
    future._origin = this.#origin;
    this.#futures.add(future);
    try {
      yield* future;
    } finally {
      this.#futures.delete(future);
    }
  }

  /** @param error what they throw; null: they go on. */
  wakeAll(error: Error | null = null): void {
    for (const future of this.#futures)
      if (!future.done()) {
        if (error === null) future.setResult();
        else future._fail(error);
      }
    this.#futures.clear();
  }
}
