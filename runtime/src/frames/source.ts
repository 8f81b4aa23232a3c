import type { Site } from "@asyncscope/protocol";
import { FRAMES_KEY } from "@asyncscope/protocol";
import type { FailedCall } from "./failures.js";
import type { Frame, PointId } from "./frame.js";
import type { RewrittenFile } from "./points-table.js";
import type { Point } from "../loader/points.js";

/** {@link Frame.linked} of a frame whose function a task of the runtime runs: that task stands for it. */
export const OF_A_TASK = 2;

/** {@link Frame.on} of a frame that waits for a loop of the runtime: the tasks of the loop are what it waits for. */
export const A_LOOP = Symbol.for("asyncscope.loop");

/** A loop begins to run: who awaits that at once waits for its tasks. */
export function loopBegins(): void {
  const frame = frameSource()?.currentFrame() ?? null;
  if (frame !== null && frame.at > 0) frame.on = A_LOOP;
}

/** The source of this thread, undefined without the loader. */
export function frameSource(): FrameSource | undefined {
  return (globalThis as unknown as Record<symbol, FrameSource | undefined>)[Symbol.for(FRAMES_KEY)];
}

/** What the inspector reads of the frames of plain async functions. */
export interface FrameSource {
  /** Calls `visit` with each frame that has been suspended and has not ended, oldest first. */
  eachFrame(visit: (frame: Frame) => void): void;
  /** Whether there is anything to tell: such a frame, or a call that has failed. */
  hasNews(): boolean;
  /** The inspector of this thread: see `present-inspector.ts`. */
  presentInspector(): unknown;
  /** Holds those weakly from now on that have waited since before `time`: see `frame-list.ts`. */
  holdWeakly(time: number): void;
  /** Nobody looks any more. */
  holdAgain(): void;
  pointAt(id: PointId): { readonly file: RewrittenFile; readonly point: Point } | undefined;
  /** The frame whose code runs now, null outside of all. */
  currentFrame(): Frame | null;
  /** The frame that was suspended last in this run, null when none was. */
  lastFrame(): Frame | null;
  /** From now on it is noted where functions are called and what they make. */
  watch(): void;
  /** Where a frame was called that has a number below 0 for that. */
  calledAt(born: number): Site | undefined;
  /** Whether it was called there by a statement that does nothing with the promise. */
  isFloating(born: number): boolean;
  /** Calls whose errors nobody has handled. */
  failedCalls(): readonly FailedCall[];
  /** For a debugger: see `step-target.ts`. */
  stepOut(frame: Frame): string;
  isStepTarget(frame: Frame): boolean;
  /** `afterTurn` is called when a turn of Node's loop in which a frame was suspended is over. */
  observe(hooks: { readonly afterTurn: (() => void) | null }): void;
}
