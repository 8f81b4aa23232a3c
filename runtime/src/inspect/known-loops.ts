import type { EventLoop } from "../core/event-loop.js";
import { deref } from "./primordials.js";

/** The loops that a registry knows of: an ended one must not stay alive for having been looked at. */
export class KnownLoops {
  #last: WeakRef<EventLoop> | null = null;
  /** The same while it has unfinished tasks. */
  #lastLive: EventLoop | null = null;
  #live: EventLoop[] = [];

  /** That of the task that was created last; it may have ended. */
  get last(): EventLoop | undefined {
    return this.#last === null ? undefined : deref(this.#last);
  }

  /** Calls `visit` with each that has unfinished tasks. */
  eachLive(visit: (loop: EventLoop) => void): void {
    for (let i = 0; i < this.#live.length; i++) visit(this.#live[i]!);
  }

  /** A task was created in it. */
  add(loop: EventLoop): void {
    if (loop === this.#lastLive) return;
    this.#last = new WeakRef(loop);
    this.#lastLive = loop;
    for (let i = 0; i < this.#live.length; i++) if (this.#live[i] === loop) return;
    this.#live[this.#live.length] = loop;
  }

  /** Its last task has ended. */
  release(loop: EventLoop): void {
    if (this.#lastLive === loop) this.#lastLive = null;
    const left: EventLoop[] = [];
    for (let i = 0; i < this.#live.length; i++)
      if (this.#live[i] !== loop) left[left.length] = this.#live[i]!;
    this.#live = left;
  }
}
