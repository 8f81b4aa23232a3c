import type { EventLoop } from "./event-loop.js";

/** Loops with errors that nobody has looked at. */
const withErrors = new Set<EventLoop>();
/** Loops that were not closed, with tasks that are not done. */
const withTasks = new Set<EventLoop>();
let listening = false;

/** @internal What nobody looked at is reported at the end of the process, should nothing else do it (rule JS-14). */
export function reportAtExit(loop: EventLoop): void {
  withErrors.add(loop);
  listen();
}

/** @internal */
export function nothingToReport(loop: EventLoop): void {
  withErrors.delete(loop);
}

/** @internal It has a task: what is not done at the end of the process is reported then, unless it is closed before. */
export function reportTasksAtExit(loop: EventLoop): void {
  withTasks.add(loop);
  listen();
}

/** @internal */
export function noTasksToReport(loop: EventLoop): void {
  withTasks.delete(loop);
}

function listen(): void {
  if (listening) return;
  listening = true;
  process.on("exit", () => {
    for (const loop of withTasks) loop._reportLeft();
    for (const loop of withErrors) for (const holder of [...loop._unretrieved]) holder.report();
  });
}
