import type { ProgramFacts } from "../../../tasks/backend.js";
import type { CdpConnection } from "../cdp/connection.js";
import { withTimeout } from "../inspector-access.js";
import type { Scripts } from "../scripts.js";
import { SnapshotBackend } from "./snapshot-backend.js";
import { takeSnapshot, type SnapshotEstimate, type SnapshotProgress } from "./take-snapshot.js";

/** A snapshot takes the time it takes; one that takes this much longer than estimated is given up. */
const PATIENCE = 20;
const LEAST_PATIENCE_MS = 60_000;
const STEP_MS = 5000;

/** Reads the suspended functions of a program out of its heap, which stops it for about as long as was estimated. */
export async function readHeap(
  cdp: CdpConnection,
  scripts: Scripts,
  facts: ProgramFacts,
  estimate: SnapshotEstimate,
  progress?: SnapshotProgress,
): Promise<SnapshotBackend> {
  const clock = cdp.send("Runtime.evaluate", {
    expression: 'require("node:process").uptime() * 1000',
    // Gives `require` to the expression.
    includeCommandLineAPI: true,
    returnByValue: true,
    silent: true,
    disableBreaks: true,
  });
  const { result } = await withTimeout(clock, STEP_MS);
  const patience = Math.max(LEAST_PATIENCE_MS, estimate.pause * PATIENCE);
  const heap = await withTimeout(takeSnapshot(cdp, progress), patience);
  return new SnapshotBackend(cdp, scripts, heap, facts, Number(result.value));
}
