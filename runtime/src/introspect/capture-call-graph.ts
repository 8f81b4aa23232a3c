import { checkNumber, checkOptions, given } from "../core/arguments.js";
import { RuntimeError } from "../core/errors.js";
import { isFuture } from "../core/future.js";
import type { Future } from "../core/future.js";
import { currentTaskOrNull } from "../core/current-task.js";
import { tryGetRunningLoop } from "../core/running-loop.js";
import { isTask } from "../inspect/shapes.js";
import { stackFrames } from "../inspect/stack-frames.js";
import { Awaiters } from "./awaited-by.js";
import type { CallGraphOptions, FrameCallGraphEntry, FutureCallGraph } from "./call-graph.js";
import { currentFrames, MOST_SITES } from "./current-frames.js";
import { generatorPositions } from "./source-positions.js";
import { taskFrames } from "./task-frames.js";
import type { PendingFrame } from "./task-frames.js";

/** Futures in a graph. */
const MOST = 5000;

/**
 * What `future` (default: the current task) waits for and who waits for it, transitively (rules DB-03 to DB-09). Costs
 * nothing until it is called: it then looks through all tasks of the loop, and asks V8 for positions, which takes
 * some 10 ms the first time, then about 1 ms and half a millisecond for each suspended coroutine.
 * @returns null when no future is given and no task runs.
 * @throws RuntimeError when none is given and no loop runs; TypeError when it is no future.
 * @example printCallGraph(); // or captureCallGraph(task)?.awaitedBy
 */
export function captureCallGraph(
  future?: Future<unknown> | null,
  options: CallGraphOptions = {},
): FutureCallGraph | null {
  return capture(future, options, stackFrames(MOST_SITES).slice(1));
}

/** @internal @param stack from the function of the runtime on that was called. */
export function capture(
  future: Future<unknown> | null | undefined,
  options: CallGraphOptions,
  stack: readonly NodeJS.CallSite[],
): FutureCallGraph | null {
  checkOptions(options, "captureCallGraph()");
  const { depth = 1, limit = null } = options;
  checkNumber(depth, "captureCallGraph() takes its depth as a number");
  if (limit !== null) checkNumber(limit, "captureCallGraph() takes its limit as a number or null");
  const current = currentTaskOrNull();
  const asked = future ?? current;
  if (asked === null) {
    if (tryGetRunningLoop() === null)
      throw new RuntimeError("no event loop is running: name the future whose call graph is wanted");
    return null;
  }
  if (!isFuture(asked))
    throw new TypeError(`captureCallGraph() takes a future or a task, got ${given(asked)}`);
  const wanted = stack.slice(Math.max(0, depth));
  const drafts = walk(asked, (each) => {
    if (limit === 0 || !isTask(each) || each.done()) return [];
    return cut(each === current ? currentFrames(each, wanted) : taskFrames(each), limit);
  });
  return finish(drafts);
}

/** A node under construction. */
interface Draft {
  readonly future: Future<unknown>;
  readonly frames: readonly PendingFrame[];
  readonly awaitedBy: Draft[];
  readonly cycle: boolean;
  hidden: number;
}

/** Goes from each future to those that wait for it; by hand, because chains may be deeper than the stack. */
function walk(
  root: Future<unknown>,
  framesOf: (future: Future<unknown>) => readonly PendingFrame[],
): Draft[] {
  const awaiters = new Awaiters(root._loop);
  const known = new Map<Future<unknown>, Draft>();
  const open = new Set<Future<unknown>>();
  const all: Draft[] = [];
  const add = (future: Future<unknown>): Draft => {
    const draft: Draft = { future, frames: framesOf(future), awaitedBy: [], cycle: false, hidden: 0 };
    known.set(future, draft);
    all.push(draft);
    return draft;
  };
  const path: { readonly draft: Draft; readonly waiters: readonly Future<unknown>[]; at: number }[] = [];
  const enter = (draft: Draft): void => {
    open.add(draft.future);
    path.push({ draft, waiters: awaiters.of(draft.future), at: 0 });
  };
  enter(add(root));
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const waiter = step.waiters[step.at++];
    if (waiter === undefined) {
      open.delete(step.draft.future);
      path.pop();
      continue;
    }
    const before = known.get(waiter);
    if (open.has(waiter)) {
      const closing: Draft = { future: waiter, frames: [], awaitedBy: [], cycle: true, hidden: 0 };
      all.push(closing);
      step.draft.awaitedBy.push(closing);
    } else if (before !== undefined) step.draft.awaitedBy.push(before);
    else if (all.length >= MOST) step.draft.hidden++;
    else {
      const draft = add(waiter);
      step.draft.awaitedBy.push(draft);
      enter(draft);
    }
  }
  return all;
}

function cut(frames: readonly PendingFrame[], limit: number | null): readonly PendingFrame[] {
  return limit === null ? frames : limit > 0 ? frames.slice(0, limit) : frames.slice(limit);
}

/** Looks all positions up together, and makes the graph. The first draft is the root. */
function finish(drafts: readonly Draft[]): FutureCallGraph {
  const positioned = positionFrames(drafts.map(({ frames }) => frames));
  const awaitedBy = drafts.map((): FutureCallGraph[] => []);
  const nodes = new Map<Draft, FutureCallGraph>();
  drafts.forEach((draft, index) => {
    const { future, cycle, hidden } = draft;
    nodes.set(draft, {
      future,
      callStack: positioned[index]!,
      awaitedBy: awaitedBy[index]!,
      cycle,
      hidden,
    });
  });
  drafts.forEach((draft, index) =>
    awaitedBy[index]!.push(...draft.awaitedBy.map((next) => nodes.get(next)!)),
  );
  for (const node of nodes.values()) {
    Object.freeze(node.awaitedBy);
    Object.freeze(node);
  }
  return nodes.get(drafts[0]!)!;
}

/** @internal Several call stacks with their positions. */
export function positionFrames(
  stacks: readonly (readonly PendingFrame[])[],
): readonly (readonly FrameCallGraphEntry[])[] {
  const generators = stacks.flatMap((frames) =>
    frames.flatMap(({ generator }) => (generator === null ? [] : [generator])),
  );
  const positions = generatorPositions(generators);
  let next = 0;
  return stacks.map((frames) =>
    Object.freeze(
      frames.map(({ functionName, kind, generator, position }): FrameCallGraphEntry => {
        const {
          url = null,
          line = null,
          column = null,
        } = (generator === null ? position : positions[next++]) ?? {};
        return Object.freeze({ functionName, kind, url, line, column });
      }),
    ),
  );
}
