import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Collects garbage, at most 50 times, until `condition` holds: collection promises no moment. */
export async function collectGarbageUntil(condition: () => boolean, what: string): Promise<void> {
  for (let round = 0; round < 50 && !condition(); round++) {
    // What a WeakRef was asked for lives until the end of the job.
    await setImmediate();
    gc();
    await setImmediate();
  }
  assert.ok(condition(), `after 50 garbage collections: ${what}`);
}

/** Collects garbage often enough that what can go is gone. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    gc();
    await setImmediate();
  }
}
