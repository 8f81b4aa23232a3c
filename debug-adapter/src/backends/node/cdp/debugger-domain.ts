import type { CdpConnection } from "./connection.js";

/** Why the Debugger domain is on. */
export type DebuggerNeed =
  "breakpoints" | "exceptions" | "pause" | "step" | "entry" | "paused" | "scripts" | "statements";

/**
 * Keeps V8's Debugger domain enabled exactly while something needs it.
 *
 * `Debugger.enable` alone makes promise-heavy code 3 to 10 times slower, so it is off whenever nothing can stop the
 * program. Async call stacks (`Debugger.setAsyncCallStackDepth`), up to 180 times slower, are never switched on:
 * the stacks across awaits come from the tasks themselves.
 */
export class DebuggerDomain {
  readonly #cdp: CdpConnection;
  readonly #needs = new Set<DebuggerNeed>();
  readonly #onEnabled: (() => Promise<void>)[] = [];
  readonly #onDisabled: (() => void)[] = [];
  #enabled = false;
  /** Transitions one after the other: enabling sends several commands that belong together. */
  #queue: Promise<void> = Promise.resolve();

  constructor(cdp: CdpConnection) {
    this.#cdp = cdp;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Resolves when every change asked for so far is made. */
  get settled(): Promise<void> {
    return this.#queue;
  }

  /** Work to do each time the domain comes on, before whoever asked for it goes on. */
  onEnabled(work: () => Promise<void>): void {
    this.#onEnabled.push(work);
  }

  /** V8 forgets breakpoints, skip lists and the exception state when the domain goes off. */
  onDisabled(work: () => void): void {
    this.#onDisabled.push(work);
  }

  /** Resolves when the domain is on. */
  need(reason: DebuggerNeed): Promise<void> {
    this.#needs.add(reason);
    return this.#settle();
  }

  /** The domain goes off when this was the last reason. */
  release(reason: DebuggerNeed): Promise<void> {
    if (!this.#needs.delete(reason)) return Promise.resolve();
    return this.#settle();
  }

  needs(reason: DebuggerNeed): boolean {
    return this.#needs.has(reason);
  }

  #settle(): Promise<void> {
    const run = this.#queue.then(() => this.#apply());
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #apply(): Promise<void> {
    const wanted = this.#needs.size > 0;
    if (wanted === this.#enabled) return;
    this.#enabled = wanted;
    if (wanted) {
      await this.#cdp.send("Debugger.enable", {});
      for (const work of this.#onEnabled) await work();
    } else {
      await this.#cdp.send("Debugger.disable");
      for (const work of this.#onDisabled) work();
    }
  }
}
