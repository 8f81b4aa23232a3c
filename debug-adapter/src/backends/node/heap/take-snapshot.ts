import type { CdpConnection } from "../cdp/connection.js";
import type { HeapGraph } from "./heap-graph.js";
import { SnapshotParser } from "./snapshot-parser.js";

/** What a heap snapshot will cost the program. */
export interface SnapshotEstimate {
  /** Size of the JavaScript heap, bytes. */
  readonly heap: number;
  /** How long the program will stand still, milliseconds. */
  readonly pause: number;
  /** What travels to us, bytes; the program needs about as much memory again while it is made. */
  readonly size: number;
}

/** Where a snapshot is: `share` from 0 to 1. */
export type SnapshotProgress = (share: number) => void;

// Rough figures, on the safe side: not calibrated. A machine that is busy takes longer.
const BASE_PAUSE_MS = 150;
const PAUSE_MS_PER_MB = 22;
const SIZE_PER_BYTE = 0.95;
const MB = 1024 * 1024;

/** What a snapshot would cost. The question itself costs nothing: V8 knows the size of its heap. */
export async function estimateSnapshot(cdp: CdpConnection): Promise<SnapshotEstimate> {
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return {
    heap: usedSize,
    pause: Math.round(BASE_PAUSE_MS + (usedSize / MB) * PAUSE_MS_PER_MB),
    size: Math.round(usedSize * SIZE_PER_BYTE),
  };
}

/**
 * Takes a heap snapshot: the program stands still meanwhile. Numbers are in it, texts and code are not kept.
 * @throws SnapshotFormatError
 */
export async function takeSnapshot(cdp: CdpConnection, progress?: SnapshotProgress): Promise<HeapGraph> {
  const parser = new SnapshotParser();
  let problem: unknown;
  const stop = [
    cdp.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => {
      if (problem !== undefined) return;
      try {
        parser.push(chunk);
      } catch (error) {
        problem = error;
      }
    }),
    cdp.on("HeapProfiler.reportHeapSnapshotProgress", ({ done, total }) =>
      progress?.(total > 0 ? Math.min(1, done / total) : 0),
    ),
  ];
  try {
    await cdp.send("HeapProfiler.takeHeapSnapshot", {
      reportProgress: progress !== undefined,
      captureNumericValue: true,
    });
  } finally {
    for (const each of stop) each();
  }
  if (problem !== undefined) throw problem;
  return parser.finish();
}
