import { PREFIX } from "../loader/emitted.js";
import {
  enter,
  exit,
  goOn,
  inputs,
  resume,
  resumeFromYield,
  suspend,
  suspendAtYield,
  suspendMany,
} from "./calls.js";
import { noteTimer } from "./made-things.js";
import { delegate, disposal, disposed, iterate } from "./loops.js";

/** What rewritten code calls, by the letter behind {@link PREFIX}. */
const CALLS = {
  E: enter,
  X: exit,
  S: suspend,
  M: suspendMany,
  A: inputs,
  R: resume,
  Y: suspendAtYield,
  G: resumeFromYield,
  C: goOn,
  I: iterate,
  W: delegate,
  D: disposal,
  U: disposed,
  T: noteTimer,
};

/** Puts the calls of rewritten code where it finds them, invisible to whoever lists the global object. */
export function installCalls(): void {
  for (const [letter, value] of Object.entries(CALLS))
    Object.defineProperty(globalThis, PREFIX + letter, { value, enumerable: false });
}
