/** Number of a function or suspension point in its isolate, from 1; see {@link pointAt}. */
export type PointId = number;

/** {@link Frame.site} of a frame whose code runs. */
export const RUNNING = 0;
/** {@link Frame.site} of a frame whose function has ended. */
export const ENDED = -1;
/** {@link Frame.at} of an async generator that stands at a `yield`: nobody waits for anything. */
export const AT_YIELD = -1;

/** What stands for a call while somebody watches: it is told when the call ends. */
export interface WatchedCall {
  ended: boolean;
}

/**
 * A call of an async function of the program. Its fields are counted: each takes 8 bytes of every pending call. Only
 * the function itself holds it (and for a short time the list of young frames), so that a call that nothing can resume
 * is collected as without us.
 */
export class Frame {
  /** Where it is suspended; {@link RUNNING} or {@link ENDED} otherwise. */
  site: PointId = RUNNING;
  /** The await whose operand is being evaluated, 0 when none is; {@link AT_YIELD}. */
  at: PointId = 0;
  /** 1 when `parent` awaited it at once: it is its callee, and no task of its own. 2: a task of the runtime runs it. */
  linked = 0;
  /** When it was suspended last, in whole milliseconds of the clock of the process; -1 before the first time. */
  time = -1;
  /** Who is current again when it is suspended in the run that resumed it. */
  ret: Frame | null;
  /**
   * What it waits for, when that is known: the inputs of a combinator, what a known function was given, what was made
   * for it, a loop of the runtime. Null for nothing.
   */
  on: unknown = null;
  /** For the inspector: the task that stands for it. */
  task: WatchedCall | null = null;

  constructor(
    /** Its function. */
    readonly point: PointId,
    /** The frame that called it; null when none was running. */
    public parent: Frame | null,
    /** Point of the await in whose operand it was called, 0 when it was called elsewhere; below 0: see `calledAt`. */
    public born: number,
    /** The first argument, when it is a primitive. */
    readonly argument: unknown,
  ) {
    this.ret = parent;
  }
}

/** Awaited at once by one that has not ended. */
export function isLinked(frame: Frame): boolean {
  return frame.linked === 1 && frame.parent !== null && frame.parent.site > 0;
}
