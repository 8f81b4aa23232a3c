import { isMainThread } from "node:worker_threads";
import { KeyboardInterrupt } from "../core/errors.js";
import { OF_A_RUN } from "../core/signal-handlers.js";

/**
 * @internal Calls `act` at the first SIGINT, unless the program handles SIGINT itself: then it does nothing, and it
 * steps back when a handler of the program's comes later. A second SIGINT ends the process as it does by default.
 * Signals go to the main thread alone; elsewhere this does nothing (rule RU-11). Node keeps no process alive for it.
 * @returns gives the signal back. Idempotent.
 */
export function onFirstInterrupt(act: () => void): () => void {
  if (!isMainThread || process.listenerCount("SIGINT") > 0) return nothing;
  const release = (): void => {
    process.off("newListener", stepBack);
    process.off("SIGINT", interrupted);
  };
  const interrupted = (): void => {
    release();
    act();
  };
  interrupted[OF_A_RUN] = true;
  const stepBack = (event: string | symbol): void => {
    // Once it is there: were there no listener for a moment, Node would let go of the signal.
    if (event === "SIGINT") queueMicrotask(release);
  };
  try {
    process.on("SIGINT", interrupted);
  } catch {
    // A platform without this signal: a run works without (rule RU-11).
    return nothing;
  }
  process.on("newListener", stepBack);
  return release;
}

const nothing = (): void => undefined;

let watching = false;

/**
 * @internal A program that lets a KeyboardInterrupt through ends as one that never handled Ctrl+C: by the signal,
 * silently, so that a shell sees 130 and stops its script. Other ways of handling the error are not touched.
 */
export function endBySignalWhenUncaught(): void {
  if (watching) return;
  watching = true;
  process.on("uncaughtExceptionMonitor", (error: unknown) => {
    const isCaught =
      process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback();
    if (!(error instanceof KeyboardInterrupt) || isCaught) return;
    // Behind the program's own listeners, and before Node prints the error.
    process.once("exit", () => {
      process.exitCode = 130;
      if (process.platform !== "win32" && process.listenerCount("SIGINT") === 0)
        process.kill(process.pid, "SIGINT");
    });
  });
}
