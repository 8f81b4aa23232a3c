import { given } from "../core/arguments.js";
import type { Suspension } from "../core/awaitable.js";
import { complete } from "../core/awaitable.js";
import type { Coroutine } from "../core/coroutine.js";
import { Operation } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { InspectedWaiter, Inspection } from "../core/inspectable.js";
import { instrument } from "../core/instrument.js";
import { BrokenBarrierError } from "./errors.js";
import { Primitive } from "./primitive.js";
import type { PrimitiveOptions, PrimitiveStatistics } from "./primitive.js";
import { WaitOperation } from "./wait-operation.js";
import { WaitQueue } from "./wait-queue.js";

/**
 * `filling`: tasks arrive. `draining`: all have arrived and not all have gone on. `resetting`: it was reset, and not
 * all who waited have gone. `broken`: it was aborted.
 */
export type BarrierState = "filling" | "draining" | "resetting" | "broken";

/** What {@link Barrier.statistics} says. */
export interface BarrierStatistics extends PrimitiveStatistics {
  /** What it is doing. */
  readonly state: BarrierState;
  /** How many go on together. */
  readonly parties: number;
  /** How many have arrived for the round that is filling: {@link Barrier.nWaiting}. */
  readonly arrived: number;
  /** How many wait at it, those for the next round included. */
  readonly waiters: number;
}

/**
 * Lets tasks go on together: each waits until a number of them has arrived. It can be used again and again.
 * @example
 * const start = new Barrier(3, { name: "start" });
 * const index = yield* start.wait();
 */
export class Barrier extends Primitive {
  /** How many go on together. */
  readonly parties: number;
  /** @internal Those in the round; while it drains or is reset, those who wait for that to end. */
  readonly _queue = new WaitQueue(this, { kind: "barrier", resource: this }, "waiter");
  /** Those in the round, in the order in which they arrived, until they have gone on. */
  readonly #inside = new Set<Wait>();
  #state: BarrierState = "filling";

  /** @throws ValueError when `parties` is no integer of 1 or more (rule BA-01). */
  constructor(parties: number, options?: PrimitiveOptions) {
    super(options);
    if (!Number.isInteger(parties) || parties < 1)
      throw new ValueError(`a barrier needs 1 or more parties, got ${given(parties)}`);
    this.parties = parties;
    if (instrument !== null) instrument.primitiveCreated(this, this._kind);
  }

  /** How many have arrived and wait for the others; 0 unless it is filling. */
  get nWaiting(): number {
    return this.#state === "filling" ? this.#inside.size : 0;
  }

  /** Whether it was aborted. */
  get broken(): boolean {
    return this.#state === "broken";
  }

  /**
   * Waits until as many tasks as `parties` have arrived; the last one does not suspend (rule BA-02). Who comes while
   * the others are leaving waits for the next round (rule BA-04). Who is cancelled is no longer counted, and the
   * barrier is not broken by it (rule BA-06).
   * @returns a number from 0 to parties - 1, a different one for each task of a round, by order of arrival.
   * @throws BrokenBarrierError when it is aborted, or reset while this waits; RuntimeError when it has to wait in
   * another loop than those before.
   * @example if ((yield* barrier.wait()) === 0) console.log("all are here");
   */
  wait(): Coroutine<number> {
    return new Wait(this, this._queue);
  }

  /**
   * Makes it as new: who waits gets BrokenBarrierError, those for the next round excepted (rules BA-07, BA-08).
   * Like any coroutine it does so when it is awaited; it does not suspend.
   */
  reset(): Coroutine<void> {
    return new Change(this, "Barrier.reset", (barrier) => barrier._reset());
  }

  /**
   * Breaks it: who waits, and who comes later, gets BrokenBarrierError until it is {@link reset} (rule BA-09). Like
   * any coroutine it does so when it is awaited; it does not suspend.
   */
  abort(): Coroutine<void> {
    return new Change(this, "Barrier.abort", (barrier) => barrier._enterState("broken"));
  }

  statistics(): BarrierStatistics {
    return {
      state: this.#state,
      parties: this.parties,
      arrived: this.nWaiting,
      waiters: this._queue.pending,
    };
  }

  /** @internal */
  get _kind(): "barrier" {
    return "barrier";
  }

  /** @internal */
  _inspect(): Inspection {
    return {
      state: this.#state === "filling" ? `${this.#inside.size} of ${this.parties} arrived` : this.#state,
    };
  }

  /** @internal */
  _waiters(): Iterable<InspectedWaiter> {
    return this._queue.inspect();
  }

  /** @internal */
  get _state(): BarrierState {
    return this.#state;
  }

  /** @internal */
  _reset(): void {
    this._enterState(this.#inside.size > 0 ? "resetting" : "filling");
  }

  /** @internal Everybody who waits looks at the new state. */
  _enterState(state: BarrierState): void {
    this.#state = state;
    this._queue.wakeAll();
    this._changed();
  }

  /** @internal Takes `wait` into the round. @returns whether that was the last one needed. */
  _arrive(wait: Wait): boolean {
    this.#inside.add(wait);
    if (this.#inside.size < this.parties) return false;
    // Numbered only now: a place that a cancelled task left is not given twice.
    let index = 0;
    for (const member of this.#inside) member.index = index++;
    this._enterState("draining");
    return true;
  }

  /** @internal `wait` goes on, with or without success. */
  _leave(wait: Wait): void {
    this.#inside.delete(wait);
    if (this.#inside.size > 0 || this.#state === "filling" || this.#state === "broken") this._changed();
    else this._enterState("filling");
  }
}

class Wait extends WaitOperation<Barrier, number> {
  index = -1;
  #inside = false;

  get _name(): string {
    return "Barrier.wait";
  }

  start(): IteratorResult<Suspension, number> {
    const barrier = this.on;
    const state = barrier._state;
    if (state === "draining" || state === "resetting") return this.wait();
    if (state === "broken") throw this.#broken();
    // Who cannot wait here must not be counted as having arrived.
    if (barrier.parties > 1) barrier._bindLoop();
    this.#inside = true;
    if (!barrier._arrive(this)) return this.wait();
    barrier._leave(this);
    return complete(this.index);
  }

  woken(): IteratorResult<Suspension, number> {
    if (!this.#inside) return this.start();
    const state = this.on._state;
    // Woken by one that was cancelled: nothing has changed for those who are left.
    if (state === "filling") return this.wait();
    this.on._leave(this);
    if (state !== "draining") throw this.#broken();
    return complete(this.index);
  }

  /** As asyncio's, whose barrier is a condition: that may have been told of a change, so the next one looks (rule CO-05). */
  override gaveUp(): void {
    this._queue.wakeNext();
    if (this.#inside) this.on._leave(this);
  }

  #broken(): BrokenBarrierError {
    const barrier = this.on;
    const what = barrier.broken ? "was aborted" : "was reset while this task waited";
    return new BrokenBarrierError(
      `${barrier._describe()} ${what}${barrier.broken ? ": reset() makes it usable again" : ""}`,
    );
  }
}

/** Acts when it is awaited, without suspending. */
class Change extends Operation<void> {
  readonly #barrier: Barrier;
  readonly #act: (barrier: Barrier) => void;
  readonly _name: string;

  constructor(barrier: Barrier, name: string, act: (barrier: Barrier) => void) {
    super();
    this.#barrier = barrier;
    this._name = name;
    this.#act = act;
  }

  override next(): IteratorResult<Suspension, void> {
    this.#act(this.#barrier);
    return complete(undefined);
  }
}
