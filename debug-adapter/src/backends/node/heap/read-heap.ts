import type { ProgramFacts } from "../../../tasks/backend.js";
import { patienceFor } from "../../../text/heap-price.js";
import type { CdpConnection } from "../cdp/connection.js";
import { withTimeout } from "../inspector-access.js";
import type { Scripts } from "../scripts.js";
import { SnapshotBackend } from "./snapshot-backend.js";
import { takeSnapshot, type SnapshotEstimate, type SnapshotProgress } from "./take-snapshot.js";

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
  const heap = await withTimeout(takeSnapshot(cdp, progress), patienceFor(estimate.pause));
  return new SnapshotBackend(cdp, scripts, heap, facts, Number(result.value));
}
