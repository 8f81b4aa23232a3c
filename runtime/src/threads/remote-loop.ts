import { parentPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { RuntimeError } from "../core/errors.js";
import { ConcurrentFuture } from "./concurrent-future.js";
import { decodeError } from "./error-transfer.js";
import { checkEndpoint, isMarked } from "./loop-messages.js";
import type { Endpoint, FromLoop, ToLoop } from "./loop-messages.js";
import { unwrapTransfer } from "./transfer.js";
import type { Transferable } from "./transfer.js";

const loops = new WeakMap<object, RemoteLoop>();

/**
 * The loop of another thread, which has called `exposeLoop` with the other end of `port`.
 * @param port default: the port to the thread that made this worker.
 * @throws TypeError without a port.
 * @example
 * const loop = remoteLoop(port);
 * loop.callSoonThreadsafe("progress", 50);
 * const user = await loop.runCoroutineThreadsafe("fetchUser", 7);
 */
export function remoteLoop(port: MessagePort | null = parentPort): RemoteLoop {
  checkEndpoint(port, "remoteLoop()");
  let loop = loops.get(port);
  // One for each port: two would take each other's answers.
  if (loop === undefined || loop.isClosed()) loops.set(port, (loop = new RemoteLoop(port)));
  return loop;
}

/** A call that another thread's loop was asked for. */
export interface RemoteHandle {
  /** It never runs unless it has begun when the word arrives there (rule LP-05). Idempotent. */
  cancel(): void;
  /** Whether it was cancelled from this side. */
  cancelled(): boolean;
}

/** The loop of another thread. Made by {@link remoteLoop}. */
export class RemoteLoop {
  readonly #port: Endpoint;
  readonly #pending = new Map<number, ConcurrentFuture<unknown>>();
  /** Whether it is for us to say if the port keeps this thread alive. */
  readonly #ownsPort: boolean;
  #lastId = 0;
  #isClosed = false;

  /** @internal */
  constructor(port: Endpoint) {
    this.#port = port;
    this.#ownsPort = port.listenerCount("message") === 0;
    port.on("message", this.#receive);
    port.on("close", this.#closed);
    if (this.#ownsPort) port.unref();
  }

  /** True when nobody answers any more: the loop, its thread or the connection has ended. */
  isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Calls a registered function in the loop's thread, in an iteration to come. Its errors go to the loop's exception
   * handler, as those of any callback; so does a name that is not registered.
   * @throws RuntimeError when the loop is closed; TypeError when an argument cannot travel.
   */
  callSoonThreadsafe(name: string, ...args: unknown[]): RemoteHandle {
    const id = this.#send("call", name, args);
    let cancelled = false;
    return {
      cancel: () => {
        if (!cancelled) this.#cancel(id, "");
        cancelled = true;
      },
      cancelled: () => cancelled,
    };
  }

  /**
   * Runs a registered coroutine function as a task of the loop.
   * @returns its result. It keeps this thread alive until it is there.
   * @throws as {@link callSoonThreadsafe}; through the result: what the coroutine threw, LookupError for a name that is
   * not registered, RuntimeError when the loop ends before.
   */
  runCoroutineThreadsafe<T = unknown>(name: string, ...args: unknown[]): ConcurrentFuture<T> {
    const future = new ConcurrentFuture<unknown>((message) => {
      this.#take(id);
      this.#cancel(id, message);
    });
    const id = this.#send("run", name, args);
    this.#pending.set(id, future);
    if (this.#ownsPort) this.#port.ref();
    return future as ConcurrentFuture<T>;
  }

  #send(kind: "call" | "run", name: string, args: unknown[]): number {
    if (this.#isClosed)
      throw new RuntimeError(`cannot ask for ${name}: the loop of the other thread does not answer any more`);
    const id = ++this.#lastId;
    const list: Transferable[] = [];
    const message: ToLoop = {
      asyncscope: kind,
      id,
      name,
      args: args.map((argument) => unwrapTransfer(argument, list)),
    };
    try {
      this.#port.postMessage(message, list as never);
    } catch (error) {
      throw new TypeError(
        `an argument of ${name} cannot travel to another thread: give plain data, or transfer() what is handed over`,
        { cause: error },
      );
    }
    return id;
  }

  #cancel(id: number, message: string): void {
    if (!this.#isClosed) this.#port.postMessage({ asyncscope: "cancel", id, message } satisfies ToLoop);
  }

  readonly #receive = (message: FromLoop): void => {
    if (!isMarked(message)) return;
    if (message.asyncscope === "closed") {
      this.#closed();
      return;
    }
    // Cancelled here meanwhile: then it is known already.
    const future = this.#take(message.id);
    if (future === undefined) return;
    if (message.asyncscope === "result") future._settle({ kind: "result", value: message.value });
    else if (message.asyncscope === "error")
      future._settle({ kind: "error", error: decodeError(message.error) });
    else future._settle({ kind: "cancelled", message: message.message });
  };

  #take(id: number): ConcurrentFuture<unknown> | undefined {
    const future = this.#pending.get(id);
    if (this.#pending.delete(id) && this.#pending.size === 0 && this.#ownsPort) this.#port.unref();
    return future;
  }

  readonly #closed = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#port.off("message", this.#receive);
    this.#port.off("close", this.#closed);
    const error = new RuntimeError(
      "the loop of the other thread was closed before the result was there: wait for its threads before it ends",
    );
    for (const future of this.#pending.values()) future._settle({ kind: "error", error });
    this.#pending.clear();
    if (this.#ownsPort) this.#port.unref();
  };
}
