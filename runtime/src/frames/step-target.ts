/** For a debugger that steps: what V8 cannot follow, because a rewritten function ends in a `finally`. */
import { isLinked } from "./frame.js";
import type { Frame } from "./frame.js";
import { pointAt } from "./points-table.js";

/** The frame that a step out of another one leads to. */
let target: Frame | null = null;

/**
 * Who goes on when a function ends: "caller" for code that is on the stack, "" for nobody that is known, else where
 * the function stands that awaits it: JSON of url, line and column of the running code, 0-based.
 */
export function stepOut(frame: Frame): string {
  target = null;
  if (frame.time < 0) return "caller";
  const found = isLinked(frame) ? pointAt(frame.parent!.site) : undefined;
  if (found === undefined) return "";
  target = frame.parent;
  const { file, point } = found;
  return JSON.stringify([file.url, point.line, file.generatedColumn(point.line, point.column)]);
}

/** Whether this is the frame that the last step out leads to. */
export function isStepTarget(frame: Frame): boolean {
  return frame === target;
}
