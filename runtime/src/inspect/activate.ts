import type { ActivationOptions, Inspector } from "@asyncscope/protocol";
import { ACTIVATE_KEY, INSPECTOR_KEY } from "@asyncscope/protocol";
import { announce, createInspector } from "./inspector.js";

/**
 * Puts the inspector where a debug adapter looks for it. The first copy of the runtime in a program wins; it
 * starts recording only when the preload asked for it, or when a debug adapter attaches and asks.
 */
const place = globalThis as Record<symbol, unknown>;
const key = Symbol.for(INSPECTOR_KEY);

if (place[key] === undefined) {
  const inspector: Inspector = createInspector();
  Object.defineProperty(globalThis, key, { value: inspector, enumerable: false, configurable: true });
  const wanted = place[Symbol.for(ACTIVATE_KEY)] as ActivationOptions | undefined;
  if (wanted !== undefined) {
    inspector.enable(wanted);
    announce(inspector);
  }
}
