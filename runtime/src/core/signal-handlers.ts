import { constants } from "node:os";
import { isMainThread } from "node:worker_threads";
import { given } from "./arguments.js";
import type { Context } from "./context.js";
import { isCoroutine, isCoroutineFunction } from "./coroutine.js";
import { RuntimeError, ValueError } from "./errors.js";
import type { EventLoop } from "./event-loop.js";
import { Handle } from "./handle.js";

/** @internal Marks the listener of SIGINT that a run has by itself, in every copy of the runtime. */
export const OF_A_RUN: unique symbol = Symbol.for("asyncscope.interrupt");

/** A handler that was added. */
interface Entry {
  readonly listener: () => void;
  /** False once it was removed or replaced: signals that have come and were not handled yet are dropped. */
  active: boolean;
}

/** One arrival of a signal, in the ready queue. */
class Arrival extends Handle {
  constructor(
    callback: () => void,
    loop: EventLoop,
    context: Context,
    readonly entry: Entry,
  ) {
    super(callback, loop, context);
  }

  override _run(): void {
    if (this.entry.active) super._run();
  }
}

/** @internal The signal handlers of one loop. Node keeps no process alive for them. */
export class SignalHandlers {
  readonly #loop: EventLoop;
  readonly #entries = new Map<NodeJS.Signals, Entry>();

  constructor(loop: EventLoop) {
    this.#loop = loop;
    loop._resources.add(this);
  }

  /** Calls `callback` in the loop each time the signal comes; replaces an earlier one (rule SI-01). */
  add(signal: NodeJS.Signals, callback: () => void, context: Context): void {
    const listener = (): void => this.#loop._enqueue(new Arrival(callback, this.#loop, context, entry));
    const entry: Entry = { listener, active: true };
    try {
      process.on(signal, listener);
    } catch (error) {
      throw new RuntimeError(`signal ${signal} cannot be caught on this platform`, { cause: error });
    }
    // In this order: without any listener in between, the signal would end the process.
    this.remove(signal);
    this.#entries.set(signal, entry);
  }

  /** @returns false when there was none (rule SI-03). */
  remove(signal: NodeJS.Signals): boolean {
    const entry = this.#entries.get(signal);
    if (entry === undefined) return false;
    this.#entries.delete(signal);
    entry.active = false;
    process.off(signal, entry.listener);
    return true;
  }

  /** Rule SI-04. */
  _loopClosed(): void {
    for (const signal of [...this.#entries.keys()]) this.remove(signal);
  }
}

/** @internal @throws TypeError, ValueError for what is no signal (rule SI-02). */
export function checkSignal(signal: unknown): asserts signal is NodeJS.Signals {
  if (typeof signal !== "string")
    throw new TypeError(`a signal is given by its name, as in "SIGTERM"; got ${given(signal)}`);
  if (!Object.hasOwn(constants.signals, signal))
    throw new ValueError(`there is no signal "${signal}" here: see os.constants.signals`);
}

/** @internal @throws TypeError, RuntimeError for what cannot be handled, and here (rule SI-02). */
export function checkSignalHandler(signal: NodeJS.Signals, callback: unknown): void {
  if (isCoroutine(callback) || isCoroutineFunction(callback))
    throw new TypeError(
      "a signal handler is a plain function, not a coroutine: let it set an event, or call createTask()",
    );
  if (typeof callback !== "function")
    throw new TypeError(`a signal handler is a function, got ${given(callback)}`);
  if (signal === "SIGKILL" || signal === "SIGSTOP")
    throw new RuntimeError(`signal ${signal} cannot be caught: the system acts on it by itself`);
  if (!isMainThread)
    throw new RuntimeError(
      "signals go to the main thread alone: add the handler there, and post a message to this thread",
    );
}
