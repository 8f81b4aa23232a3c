import type { EventEmitter } from "node:events";
import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import type { WaitOrigin } from "../core/instrument.js";
import { ConnectionResetError } from "./errors.js";
import { untilSettled } from "./node-events.js";

/** @internal What a socket of Node's told while nobody waited: it tells everything only once. */
export class SocketInbox<T> {
  readonly #items: T[] = [];
  readonly #wakers = new Set<() => void>();
  readonly #sizeOf: (item: T) => number;
  readonly #limit: number;
  #size = 0;

  /** @param limit what does not fit is dropped, the newest first. */
  constructor(sizeOf: (item: T) => number = () => 0, limit = Infinity) {
    this.#sizeOf = sizeOf;
    this.#limit = limit;
  }

  add(item: T): void {
    const size = this.#size + this.#sizeOf(item);
    if (size > this.#limit && this.#items.length > 0) return;
    this.#size = size;
    this.#items.push(item);
    for (const wake of this.#wakers) wake();
  }

  /** Waits for the next one. @throws the error of the socket; ConnectionResetError when it is closed meanwhile. */
  *take(loop: EventLoop, origin: WaitOrigin, socket: EventEmitter, what: string): CoroutineGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#size -= this.#sizeOf(item);
        return item;
      }
      yield* untilSettled(loop, origin, ({ resolve, reject }) => {
        const wake = (): void => resolve(null);
        const closed = (): void => reject(new ConnectionResetError(`the ${what} was closed`));
        this.#wakers.add(wake);
        socket.on("close", closed).on("error", reject);
        return () => {
          this.#wakers.delete(wake);
          socket.off("close", closed).off("error", reject);
        };
      });
    }
  }
}
