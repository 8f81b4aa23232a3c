import { currentTaskOrNull } from "./current-task.js";
import type { EventLoop } from "./event-loop.js";
import { RuntimeError } from "./errors.js";

let running: EventLoop | null = null;
let preset: EventLoop | null = null;

/**
 * The loop that runs now.
 * @throws RuntimeError when none does.
 */
export function getRunningLoop(): EventLoop {
  // An async function may go on while its loop is stopped: what it waits for belongs there.
  const loop = running ?? currentTaskOrNull()?._loop;
  if (loop === undefined)
    throw new RuntimeError("no running event loop: call this inside run(main), or while a loop runs");
  return loop;
}

/** The loop that runs now, or null. */
export function tryGetRunningLoop(): EventLoop | null {
  return running;
}

/** @internal */
export function setRunningLoop(loop: EventLoop | null): void {
  running = loop;
}

/**
 * The running loop, else the one given to {@link setEventLoop}.
 * @throws RuntimeError when there is neither.
 */
export function getEventLoop(): EventLoop {
  const loop = running ?? preset;
  if (loop === null)
    throw new RuntimeError(
      "there is no current event loop: call this inside run(main), or setEventLoop() first",
    );
  return loop;
}

/** Sets the loop that {@link getEventLoop} returns while none runs. One per worker thread. */
export function setEventLoop(loop: EventLoop | null): void {
  preset = loop;
}
