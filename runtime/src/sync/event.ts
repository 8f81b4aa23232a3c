import type { Suspension } from "../core/awaitable.js";
import { complete } from "../core/awaitable.js";
import type { Coroutine } from "../core/coroutine.js";
import type { InspectedWaiter, Inspection } from "../core/inspectable.js";
import { instrument } from "../core/instrument.js";
import { Primitive } from "./primitive.js";
import type { PrimitiveOptions, PrimitiveStatistics } from "./primitive.js";
import { WaitOperation } from "./wait-operation.js";
import { WaitQueue } from "./wait-queue.js";

/** What {@link Event.statistics} says. */
export interface EventStatistics extends PrimitiveStatistics {
  /** Whether `wait()` returns at once. */
  readonly isSet: boolean;
  /** How many wait for it to be set. */
  readonly waiters: number;
}

/**
 * A flag that tasks wait for. Not the DOM's Event.
 * @example
 * const ready = new Event({ name: "ready" });
 * createTask(function* () { yield* ready.wait(); start(); });
 * ready.set();
 */
export class Event extends Primitive {
  #isSet = false;
  /** @internal */ readonly _queue = new WaitQueue(this, { kind: "event", resource: this }, "waiter");

  constructor(options?: PrimitiveOptions) {
    super(options);
    if (instrument !== null) instrument.primitiveCreated(this, this._kind);
  }

  /**
   * Waits until the flag is set; does not suspend when it is. Once woken it returns, also when the flag was
   * cleared again before it could run (rule EV-02).
   * @returns true.
   * @throws RuntimeError when it has to wait in another loop than those before.
   */
  wait(): Coroutine<true> {
    return new Wait(this, this._queue);
  }

  /** Sets the flag and wakes all that wait, in order. No effect when it is set already. */
  set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    this._queue.wakeAll();
    this._changed();
  }

  /** Clears the flag; whoever was woken returns all the same. */
  clear(): void {
    if (!this.#isSet) return;
    this.#isSet = false;
    this._changed();
  }

  /** Whether {@link wait} returns at once. */
  isSet(): boolean {
    return this.#isSet;
  }

  statistics(): EventStatistics {
    return { isSet: this.#isSet, waiters: this._queue.pending };
  }

  /** @internal */
  get _kind(): "event" {
    return "event";
  }

  /** @internal */
  _inspect(): Inspection {
    return { state: this.#isSet ? "set" : "not set" };
  }

  /** @internal */
  _waiters(): Iterable<InspectedWaiter> {
    return this._queue.inspect();
  }
}

class Wait extends WaitOperation<Event, true> {
  get _name(): string {
    return "Event.wait";
  }

  override get _needsAsyncScope(): boolean {
    return false;
  }

  start(): IteratorResult<Suspension, true> {
    return this.on.isSet() ? complete<true>(true) : this.wait();
  }

  woken(): IteratorResult<Suspension, true> {
    return complete<true>(true);
  }
}
