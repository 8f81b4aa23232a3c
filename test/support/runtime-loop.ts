import { EventLoop, getRunningLoop } from "asyncscope";
import type { EventLoopOptions, ExceptionContext } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";

/** A loop on a virtual clock that starts at 0. */
export function virtualLoop(options: EventLoopOptions = {}): EventLoop {
  return new EventLoop({ clock: new VirtualClock(), ...options });
}

/** The same in debug mode. */
export function debugLoop(): EventLoop {
  return virtualLoop({ debug: true });
}

/** Gives `test` a loop on a virtual clock that is not running, and closes it afterwards. */
export async function withLoop(
  test: (loop: EventLoop) => Promise<void> | void,
  options: EventLoopOptions = {},
): Promise<void> {
  const loop = virtualLoop(options);
  try {
    await test(loop);
  } finally {
    loop.close();
  }
}

/** Runs the loop until nothing that was scheduled in its first `iterations` iterations is left. */
export async function runIterations(loop: EventLoop, iterations: number): Promise<void> {
  let left = iterations;
  const count = (): void => {
    if (--left <= 0) loop.stop();
    else loop.callSoon(count);
  };
  loop.callSoon(count);
  await loop.runForever();
}

/** What the loop's exception handler is told from now on. */
export function collectReports(loop: EventLoop): ExceptionContext[] {
  const reports: ExceptionContext[] = [];
  loop.setExceptionHandler((_loop, context) => reports.push(context));
  return reports;
}

/** Counts the iterations of the running loop. Its clock stands still meanwhile: something is always ready. */
export class IterationCounter {
  count = 0;
  #stopped = false;

  constructor(loop = getRunningLoop()) {
    const tick = (): void => {
      if (this.#stopped) return;
      this.count++;
      loop.callSoon(tick);
    };
    loop.callSoon(tick);
  }

  stop(): void {
    this.#stopped = true;
  }
}
