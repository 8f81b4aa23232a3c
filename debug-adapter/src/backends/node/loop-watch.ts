import { readFile } from "node:fs/promises";
import type { LoopBlock } from "../../tasks/loop-blocks.js";
import type { CdpConnection } from "./cdp/connection.js";
import { LOOP_HELPER, LOOP_HELPER_SOURCE, PULSE_SCRIPT, type Pulse } from "./loop-helper.js";

/** While the program has little to do. Milliseconds. */
const CALM_PERIOD_MS = 500;
/** While it has much to do. */
const BUSY_PERIOD_MS = 100;
/** From this part of the time on it has. */
const BUSY = 0.4;
/** An answer that takes longer than this was not possible before: native code runs. */
const LATE_MS = 250;
const SHORTEST_PERIOD_MS = 10;

export interface LoopWatchEvents {
  /** The loop is held up, and for how long it has been; said again with each heartbeat as long as that lasts. */
  held(block: LoopBlock): void;
  /** It goes on. */
  freed(block: LoopBlock): void;
}

/**
 * A heartbeat that finds what keeps the event loop of the program from coming round, from outside: no thread and no
 * timer in the program, nothing while nobody wants it, and 0.05 ms of the program's time for each beat.
 */
export class LoopWatch {
  readonly #cdp: CdpConnection;
  readonly #events: LoopWatchEvents;
  readonly #isPaused: () => boolean;
  readonly #pid: () => number | undefined;
  readonly #isOfProgram: (url: string) => boolean;
  readonly #periods = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #beating = false;
  #installed = false;
  #anew = true;
  #busy = false;
  #block: LoopBlock | undefined;

  constructor(
    cdp: CdpConnection,
    events: LoopWatchEvents,
    isPaused: () => boolean,
    pid: () => number | undefined,
    isOfProgram: (url: string) => boolean,
  ) {
    this.#cdp = cdp;
    this.#events = events;
    this.#isPaused = isPaused;
    this.#pid = pid;
    this.#isOfProgram = isOfProgram;
    void cdp.closed.then(() => this.#stop());
  }

  /**
   * @param who wants to know
   * @param longerThan about what holds the loop for so long, in milliseconds; undefined: nothing any more
   */
  want(who: string, longerThan: number | undefined): void {
    const period = longerThan === undefined ? undefined : Math.max(SHORTEST_PERIOD_MS, longerThan / 4);
    if (this.#periods.get(who) === period) return;
    if (period === undefined) this.#periods.delete(who);
    else this.#periods.set(who, period);
    if (this.#periods.size === 0) this.#stop();
    else if (!this.#beating) this.#schedule(0);
  }

  /** The program stood still, which is no block. */
  restart(): void {
    this.#anew = true;
    this.#free();
  }

  /** A method, because it changes while something is waited for. */
  #mustBegin(): boolean {
    return this.#anew;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#free();
  }

  #period(): number {
    return Math.min(...this.#periods.values(), this.#busy ? BUSY_PERIOD_MS : CALM_PERIOD_MS);
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#beat(), delay).unref();
  }

  async #beat(): Promise<void> {
    this.#beating = true;
    try {
      if (!this.#isPaused()) await this.#ask();
    } catch {
      // The program is going away.
    } finally {
      this.#beating = false;
      if (this.#periods.size > 0 && !this.#cdp.isClosed) this.#schedule(this.#period());
    }
  }

  async #ask(): Promise<void> {
    if (!this.#installed) {
      this.#installed = true;
      await this.#evaluate(LOOP_HELPER_SOURCE);
    }
    const sent = performance.now();
    const anew = this.#anew;
    this.#anew = false;
    const answer = this.#evaluate(`${LOOP_HELPER}.pulse(${anew})\n//# sourceURL=${PULSE_SCRIPT}`);
    answer.catch(() => undefined);
    while ((await Promise.race([answer, delay(LATE_MS)])) === LATE && !this.#isPaused()) {
      const block = this.#heldFor(performance.now() - sent);
      const child = block.child ?? (await childOf(this.#pid()));
      this.#held({ ...block, answers: false, ...(child === undefined ? {} : { child }) });
    }
    const text = await answer;
    const took = performance.now() - sent;
    // What stood still meanwhile was not blocked.
    if (this.#isPaused() || this.#mustBegin() || typeof text !== "string") return;
    const { blocked, busy, frames: all } = JSON.parse(text) as Pulse;
    const frames = all.filter(({ url }) => this.#isOfProgram(url));
    this.#busy = busy >= BUSY;
    if (blocked === 0 && took < LATE_MS) {
      this.#free();
      return;
    }
    // Native code has just come back, or code runs that may have been running since.
    const block = this.#heldFor(Math.max(blocked, blocked === 0 ? took : 0));
    const isSame = frames[0]?.url === block.frames[0]?.url && frames[0]?.line === block.frames[0]?.line;
    this.#held({ ...block, answers: true, ...(frames.length === 0 || isSame ? {} : { frames }) });
  }

  #heldFor(milliseconds: number): LoopBlock {
    const known = this.#block;
    const since = Math.min(known?.since ?? Infinity, performance.now() - milliseconds);
    return { frames: [], answers: true, ...known, since, milliseconds: performance.now() - since };
  }

  #held(block: LoopBlock): void {
    this.#block = block;
    this.#events.held(block);
  }

  #free(): void {
    const block = this.#block;
    this.#block = undefined;
    if (block !== undefined) this.#events.freed(block);
  }

  async #evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#cdp.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      silent: true,
      disableBreaks: true,
    });
    return result.value;
  }
}

const LATE = Symbol("late");

function delay(milliseconds: number): Promise<typeof LATE> {
  return new Promise((resolve) => setTimeout(() => resolve(LATE), milliseconds).unref());
}

/** The command line of the only child process, which a program that does not answer may wait for. Linux tells. */
async function childOf(pid: number | undefined): Promise<string | undefined> {
  if (pid === undefined) return undefined;
  try {
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(/\s+/);
    const [child] = children;
    if (children.length !== 1 || child === undefined || child === "") return undefined;
    const text = (await readFile(`/proc/${child}/cmdline`, "utf8")).replaceAll("\0", " ").trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
