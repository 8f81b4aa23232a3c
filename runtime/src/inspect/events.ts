import type { InspectorEvent } from "@asyncscope/protocol";
import { EVENT_BINDING } from "@asyncscope/protocol";
import { encode } from "./json.js";

/** Tells the debug adapter, when one listens. */
export function emit(event: InspectorEvent): void {
  const binding = (globalThis as Record<string, unknown>)[EVENT_BINDING];
  if (typeof binding !== "function") return;
  try {
    (binding as (payload: string) => void)(encode(event));
  } catch {
    // A binding that is gone is nobody's concern in the program.
  }
}
