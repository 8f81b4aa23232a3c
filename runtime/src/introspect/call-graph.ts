import type { Future } from "../core/future.js";

/** One function of a {@link FutureCallGraph}. */
export interface FrameCallGraphEntry {
  /** Empty when it has none. */
  readonly functionName: string;
  /**
   * `function`: one that runs at the moment. `coroutine`: a generator coroutine. `async function` and
   * `async generator`: as written; in the stack of an error all that awaited are `coroutine`. `runtime`: a step of the runtime itself, such as `taskGroup`.
   */
  readonly kind: "function" | "coroutine" | "async function" | "async generator" | "runtime";
  /**
   * The script as V8 names it, mostly a `file:` URL, and the position in it as it runs (1-based, before any source
   * map). All three are null where the position is not known: for a suspended async function unless the program is
   * watched by a debugger, for `runtime`, and in a graph of very many coroutines for all but the nearest 500.
   */
  readonly url: string | null;
  /** From 1; null when the position is not known. */
  readonly line: number | null;
  /** From 1; null when the position is not known. */
  readonly column: number | null;
}

/** What a future waits for and who waits for it, at one moment. */
export interface FutureCallGraph {
  /** Whose graph it is. */
  readonly future: Future<unknown>;
  /** Innermost first; empty for a plain future and for a task that is done (rule DB-08). */
  readonly callStack: readonly FrameCallGraphEntry[];
  /**
   * One for each that waits for it (rule DB-04). One that is met on two ways is the same object in both places; one
   * that closes a cycle has `cycle` set (rule DB-09).
   */
  readonly awaitedBy: readonly FutureCallGraph[];
  /** True for a future that stands further down on the same way already: its graph is there. */
  readonly cycle: boolean;
  /** How many more wait for it, left out because the graph has become too large. */
  readonly hidden: number;
}

/** Options of {@link captureCallGraph}. */
export interface CallGraphOptions {
  /** Of the current task: how many of the innermost functions are left out, 1 being `captureCallGraph` itself. Default 1. */
  readonly depth?: number;
  /**
   * At most so many functions of each call stack: the innermost ones when positive, the outermost ones when negative,
   * none when 0. Default: all.
   */
  readonly limit?: number | null;
}
