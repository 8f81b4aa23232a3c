import type { ActivationOptions, InspectorHello } from "@asyncscope/protocol";
import { ACTIVATE_KEY, INSPECTOR_KEY } from "@asyncscope/protocol";
import { announce, createInspector } from "./inspector.js";
import type { AdoptingInspector } from "./inspector.js";
import { parse } from "./primordials.js";
import { ADOPT, thisCopy } from "./runtime-copy.js";

/**
 * Puts the inspector where a debug adapter looks for it. The first copy of the runtime in a program wins, the others
 * join it; it starts recording only when the preload asked for it, or when a debug adapter attaches and asks.
 */
const place = globalThis as Record<symbol, unknown>;
const key = Symbol.for(INSPECTOR_KEY);
// Not through the getter of the loader, which would load another copy of the runtime.
const present = Object.getOwnPropertyDescriptor(place, key)?.value as Partial<AdoptingInspector> | undefined;

if (present !== undefined) present[ADOPT]?.(thisCopy());
else {
  const inspector = createInspector(thisCopy());
  Object.defineProperty(globalThis, key, { value: inspector, enumerable: false, configurable: true });
  const wanted = place[Symbol.for(ACTIVATE_KEY)] as ActivationOptions | undefined;
  if (wanted !== undefined) announce(parse(inspector.enable(wanted)) as InspectorHello);
}
