import { MessagePort } from "node:worker_threads";
import type { Worker } from "node:worker_threads";
import { checkCallable, given } from "../core/arguments.js";
import { callBody } from "../core/async-call.js";
import type { Body } from "../core/async-call.js";
import { copyContext } from "../core/context.js";
import { isCoroutineFunction } from "../core/coroutine.js";
import { LookupError } from "../core/errors.js";
import { EventLoop } from "../core/event-loop.js";
import { getRunningLoop } from "../core/running-loop.js";
import { encodeError } from "./error-transfer.js";
import { checkEndpoint, isMarked } from "./loop-messages.js";
import type { Endpoint, FromLoop, ToLoop } from "./loop-messages.js";
import { runOnLoop } from "./run-on-loop.js";
import { unwrapTransfer } from "./transfer.js";
import type { Transferable } from "./transfer.js";

/** Options of {@link exposeLoop}. */
export interface ExposeLoopOptions {
  /** What the other thread may ask for, by name: plain functions, coroutine functions, async functions. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- called with what the other thread gives
  readonly functions: Readonly<Record<string, (...args: any[]) => unknown>>;
  /** Default: the running one. */
  readonly loop?: EventLoop | undefined;
}

/**
 * Lets another thread call functions of this loop: there, `remoteLoop(port)` has `callSoonThreadsafe(name, …)` and
 * `runCoroutineThreadsafe(name, …)`. Threads share no functions, hence the names. Ends with the loop, the thread, or
 * `close()`; does not keep the process alive.
 * @param endpoint one end of a MessageChannel, or a Worker (before it sends anything: at once after it is made).
 * @throws TypeError when it is neither; RuntimeError when no loop runs and none is given.
 * @example
 * const { port1, port2 } = new MessageChannel();
 * exposeLoop(port1, { functions: { progress: (n: number) => bar.show(n), fetchUser } });
 * await toThread(work, transfer(port2));
 */
export function exposeLoop(endpoint: MessagePort | Worker, options: ExposeLoopOptions): LoopExposure {
  checkEndpoint(endpoint, "exposeLoop()");
  const functions: unknown = (options as ExposeLoopOptions | null | undefined)?.functions;
  if (typeof functions !== "object" || functions === null)
    throw new TypeError(
      `exposeLoop() takes { functions: { name: function, … } }, got ${given(typeof options === "object" && "functions" in (options ?? {}) ? functions : options)}`,
    );
  return new LoopExposure(endpoint, options.functions, options.loop ?? getRunningLoop());
}

/** What {@link exposeLoop} returns. */
export class LoopExposure {
  readonly #endpoint: Endpoint;
  readonly #functions: ReadonlyMap<string, (...args: unknown[]) => unknown>;
  readonly #loop: EventLoop;
  readonly #context = copyContext();
  /** What can still be cancelled. */
  readonly #cancels = new Map<number, (message: string) => void>();
  #isClosed = false;

  /** @internal */
  constructor(endpoint: Endpoint, functions: ExposeLoopOptions["functions"], loop: EventLoop) {
    if (!(loop instanceof EventLoop))
      throw new TypeError(`exposeLoop() takes an event loop as its loop, got ${given(loop)}`);
    loop._checkOpen();
    this.#endpoint = endpoint;
    this.#functions = new Map(Object.entries(functions));
    for (const [name, fn] of this.#functions) checkCallable(fn, `functions.${name} must be a function`);
    this.#loop = loop;
    loop._resources.add(this);
    const wasUnused = endpoint.listenerCount("message") === 0;
    endpoint.on("message", this.#receive);
    endpoint.on("messageerror", this.#unreadable);
    endpoint.on(endpoint instanceof MessagePort ? "close" : "exit", this.#gone);
    // The running loop keeps the process alive, the port does not.
    if (wasUnused && endpoint instanceof MessagePort) endpoint.unref();
  }

  /** Answers no more. What the other thread waits for fails there; what runs here goes on. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#post({ asyncscope: "closed" });
    this.#gone();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  _loopClosed(): void {
    this.close();
  }

  readonly #gone = (): void => {
    this.#isClosed = true;
    this.#loop._resources.delete(this);
    this.#cancels.clear();
    this.#endpoint.off("message", this.#receive);
    this.#endpoint.off("messageerror", this.#unreadable);
    this.#endpoint.off("close", this.#gone);
    this.#endpoint.off("exit", this.#gone);
  };

  readonly #receive = (message: ToLoop): void => {
    if (!isMarked(message)) return;
    const { id } = message;
    if (message.asyncscope === "cancel") {
      this.#cancels.get(id)?.(message.message);
      this.#cancels.delete(id);
    } else if (message.asyncscope === "run") this.#run(id, message.name, message.args);
    else this.#call(id, message.name, message.args);
  };

  #call(id: number, name: string, args: unknown[]): void {
    const problem = this.#whyNotCalled(name);
    if (problem !== null) {
      this.#loop.callExceptionHandler({ message: "Exception in callSoonThreadsafe()", exception: problem });
      return;
    }
    const fn = this.#functions.get(name)!;
    const callback = (): void => {
      this.#cancels.delete(id);
      fn(...args);
    };
    Object.defineProperty(callback, "name", { value: name });
    const handle = this.#loop.callSoonThreadsafe(callback, { context: this.#context });
    this.#cancels.set(id, () => handle.cancel());
  }

  #whyNotCalled(name: string): Error | null {
    const fn = this.#functions.get(name);
    if (fn === undefined) return this.#unknown(name);
    return isCoroutineFunction(fn)
      ? new TypeError(`${name} is a coroutine function: the thread has to use runCoroutineThreadsafe()`)
      : null;
  }

  #run(id: number, name: string, args: unknown[]): void {
    const end = (): void => void this.#cancels.delete(id);
    const fn = this.#functions.get(name);
    if (fn === undefined) {
      this.#post({ asyncscope: "error", id, error: encodeError(this.#unknown(name)) });
      return;
    }
    const cancel = runOnLoop(
      this.#loop,
      () => callBody(fn as Body<unknown[], unknown>, args, name),
      {
        result: (value) => {
          end();
          this.#postResult(id, name, value);
        },
        error: (error) => {
          end();
          if (this.#isClosed)
            this.#loop.callExceptionHandler({
              message: `Exception in ${name}, for a thread that has gone`,
              exception: error,
            });
          else this.#post({ asyncscope: "error", id, error: encodeError(error) });
        },
        cancelled: (message) => {
          end();
          this.#post({ asyncscope: "cancelled", id, message });
        },
      },
      this.#context,
    );
    this.#cancels.set(id, cancel);
  }

  #unknown(name: string): LookupError {
    const names = [...this.#functions.keys()].join(", ") || "none";
    return new LookupError(
      `exposeLoop() has no function called ${JSON.stringify(String(name))}; registered: ${names}`,
    );
  }

  #postResult(id: number, name: string, value: unknown): void {
    const list: Transferable[] = [];
    try {
      this.#post({ asyncscope: "result", id, value: unwrapTransfer(value, list) }, list);
    } catch (error) {
      const reason = new TypeError(
        `the result of ${name} cannot travel between threads: return plain data, or transfer() what is handed over`,
        { cause: error },
      );
      this.#post({ asyncscope: "error", id, error: encodeError(reason) });
    }
  }

  #post(message: FromLoop, list: readonly Transferable[] = []): void {
    if (!this.#isClosed) this.#endpoint.postMessage(message, list as never);
  }

  readonly #unreadable = (error: Error): void => {
    this.#loop.callExceptionHandler({
      message: "A message of another thread cannot be read here",
      exception: error,
    });
  };
}
