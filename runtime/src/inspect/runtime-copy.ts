import type { EventLoop } from "../core/event-loop.js";
import { currentTaskOrNull, interruptedTasks } from "../core/current-task.js";
import { setActivity, setInstrument } from "../core/instrument.js";
import type { Activity, Instrument } from "../core/instrument.js";
import { tryGetRunningLoop } from "../core/running-loop.js";
import type { Task } from "../core/task.js";
import { ownScript } from "./sites.js";

/** Replaced by the build with the version in package.json. */
declare const ASYNCSCOPE_VERSION: string;

/**
 * Method of the inspector by which a second copy of the runtime in the same program (ESM and CommonJS, or two
 * installed ones) hands itself to the first one.
 */
export const ADOPT = Symbol.for("asyncscope.adopt");

/** A copy of the runtime, as the inspector of the first one sees it. */
export interface RuntimeCopy {
  readonly version: string;
  readonly script: string;
  setInstrument(instrument: Instrument | null): void;
  setActivity(activity: Activity | null): void;
  runningLoop(): EventLoop | null;
  currentTask(): Task<unknown> | null;
  /** Those in the middle of whose step that one runs. */
  readonly interruptedTasks: readonly Task<unknown>[];
}

/** The copy that this module is part of. */
export function thisCopy(): RuntimeCopy {
  return {
    version: ASYNCSCOPE_VERSION,
    script: ownScript(),
    setInstrument,
    setActivity,
    runningLoop: tryGetRunningLoop,
    currentTask: currentTaskOrNull,
    interruptedTasks,
  };
}
