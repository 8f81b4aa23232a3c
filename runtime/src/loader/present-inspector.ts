import { INSPECTOR_KEY } from "@asyncscope/protocol";
import { failedCalls } from "../frames/failures.js";
import { hasFrames } from "../frames/frame-list.js";

const key = Symbol.for(INSPECTOR_KEY);
// Taken before the program can change it.
const { getOwnPropertyDescriptor } = Object;

/** Whether plain async functions have left something to be told: a frame, or a call that has failed. */
export function hasNews(): boolean {
  return hasFrames() || failedCalls().length > 0;
}

/**
 * The inspector of this thread. The loader's getter, which would bring one, is asked only when there is something to
 * tell: a runtime that the program brings itself is to be the first.
 */
export function presentInspector(): unknown {
  if (getOwnPropertyDescriptor(globalThis, key)?.get !== undefined && !hasNews()) return undefined;
  return (globalThis as unknown as Record<symbol, unknown>)[key];
}
