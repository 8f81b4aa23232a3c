import type { EventLoop } from "./event-loop.js";

/** Loops with errors that nobody has looked at. */
const loops = new Set<EventLoop>();
let listening = false;

/** @internal What nobody looked at is reported at the end of the process, should nothing else do it (rule JS-14). */
export function reportAtExit(loop: EventLoop): void {
  loops.add(loop);
  if (listening) return;
  listening = true;
  process.on("exit", () => {
    for (const left of loops) for (const holder of [...left._unretrieved]) holder.report();
  });
}

/** @internal */
export function nothingToReport(loop: EventLoop): void {
  loops.delete(loop);
}
