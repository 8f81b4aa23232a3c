import { checkOptions } from "../core/arguments.js";
import { RuntimeError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import type { Inspectable, InspectedWaiter, Inspection, PrimitiveKind } from "../core/inspectable.js";
import { activity } from "../core/instrument.js";
import { getRunningLoop } from "../core/running-loop.js";

/** Options that every primitive takes. */
export interface PrimitiveOptions {
  /** What views call it. Default: its kind and a number. */
  readonly name?: string | undefined;
}

/** What `statistics()` of every primitive says. A snapshot: it does not change with the primitive. */
export interface PrimitiveStatistics {
  /** How many wait for it, in any role, and were neither woken nor cancelled. */
  readonly waiters: number;
}

/** What queues, locks and the other primitives have in common. Not for use by programs. */
export abstract class Primitive {
  /** @internal */ readonly _name: string | null;
  #loop: EventLoop | null = null;

  constructor(options: PrimitiveOptions | undefined) {
    if (options !== undefined) checkOptions(options, "a queue, lock or the like");
    this._name = options?.name === undefined ? null : String(options.name);
  }

  /** Its state in numbers. Runs no code of the program and costs the same for any number of waiters. */
  abstract statistics(): PrimitiveStatistics;

  /** @internal */ abstract get _kind(): PrimitiveKind;
  /** @internal */ abstract _inspect(): Inspection;
  /** @internal */ abstract _waiters(): Iterable<InspectedWaiter>;

  /**
   * @internal The running loop. The first wait binds the primitive to it: waiters of two loops in one queue would never be
   * served in order (rule LK-08). What needs no wait binds nothing.
   * @throws RuntimeError in another loop.
   */
  _bindLoop(): EventLoop {
    const loop = getRunningLoop();
    if (this.#loop === null) this.#loop = loop;
    else if (this.#loop !== loop)
      throw new RuntimeError(
        `${this._describe()} is bound to a different event loop: create it inside the program that uses it`,
      );
    return loop;
  }

  /** @internal For messages: `lock "db"`. */
  _describe(): string {
    const kind = this._kind.replace("-", " ");
    return this._name === null ? `this ${kind}` : `${kind} "${this._name}"`;
  }

  /** @internal Contents, owner or waiters are not what they were. */
  _changed(): void {
    if (activity !== null) activity.primitiveChanged(this satisfies Inspectable);
  }
}
