import type { Frame, PointId } from "./frame.js";
import type { RewrittenFile } from "./points-table.js";
import type { Point } from "../loader/points.js";

/** Key on `globalThis` (through `Symbol.for`) at which the loader leaves {@link FrameSource} for the inspector. */
export const FRAME_SOURCE = "asyncscope.frames.1";

/** {@link Frame.linked} of a frame whose function a task of the runtime runs: that task stands for it. */
export const OF_A_TASK = 2;

/** The source of this thread, undefined without the loader. */
export function frameSource(): FrameSource | undefined {
  return (globalThis as unknown as Record<symbol, FrameSource | undefined>)[Symbol.for(FRAME_SOURCE)];
}

/** What the inspector reads of the frames of plain async functions. */
export interface FrameSource {
  /** Calls `visit` with each frame that has been suspended and has not ended, oldest first. */
  eachFrame(visit: (frame: Frame) => void): void;
  pointAt(id: PointId): { readonly file: RewrittenFile; readonly point: Point } | undefined;
  /** The frame that was suspended last in this run, null when none was. */
  lastFrame(): Frame | null;
  /** `afterTurn` is called when a turn of Node's loop in which a frame was suspended is over. */
  observe(hooks: { readonly afterTurn: (() => void) | null }): void;
}
