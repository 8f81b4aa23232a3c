import { FRAMES_KEY } from "@asyncscope/protocol";
import { thoughBlocked } from "../backends/node/blocked-loop.js";
import { readHeap } from "../backends/node/heap/read-heap.js";
import { estimateSnapshot } from "../backends/node/heap/take-snapshot.js";
import type { SnapshotEstimate, SnapshotProgress } from "../backends/node/heap/take-snapshot.js";
import type { SnapshotBackend } from "../backends/node/heap/snapshot-backend.js";
import { withTimeout } from "../backends/node/inspector-access.js";
import { priceText } from "../text/heap-price.js";
import { formatDuration } from "../text/plain-text.js";
import { CliError } from "./cli-error.js";
import { evaluate, STEP_MS } from "./visit.js";
import type { Visited } from "./visit.js";

/** Whether a program may be stopped for a heap snapshot, and who sees how far it is. */
export interface SnapshotConsent {
  /** Whether the command line says so. */
  readonly given: boolean;
  /** Asks the user, who has been told the price. */
  ask(price: string): Promise<boolean>;
  readonly progress: SnapshotProgress | undefined;
}

/** What is known of a program's waits without stopping it. */
export interface QuickLook {
  /** What keeps the program alive, by kind, as Node names it: `{ "Timeout": 2, "TCPServerWrap": 1 }`. */
  readonly active: Readonly<Record<string, number>>;
  readonly estimate: SnapshotEstimate;
}

/** What Node counts by itself: costs the program nothing. */
export async function quickLook({ cdp }: Visited): Promise<QuickLook> {
  const estimate = await withTimeout(estimateSnapshot(cdp), STEP_MS);
  const names = await evaluate<unknown>(
    cdp,
    'require("node:process").getActiveResourcesInfo().slice(0, 10000)',
  );
  const active: Record<string, number> = {};
  for (const name of Array.isArray(names) ? (names as unknown[]) : [])
    if (typeof name === "string") active[name] = (active[name] ?? 0) + 1;
  return { active, estimate };
}

/** Whether a program runs under the loader, which makes tasks of its plain async functions. */
export async function isUnderLoader({ cdp }: Visited): Promise<boolean> {
  return (await evaluate(cdp, `Symbol.for(${JSON.stringify(FRAMES_KEY)}) in globalThis`)) === true;
}

/** What a snapshot costs, in words. */
export function priceOf(estimate: SnapshotEstimate): string {
  return priceText(formatDuration(estimate.pause), estimate);
}

/**
 * Reads the suspended functions of a program out of its heap.
 * @returns undefined when the user does not want that
 */
export async function suspendedFunctions(
  visited: Visited,
  consent: SnapshotConsent,
): Promise<SnapshotBackend | undefined> {
  const { cdp, domain, scripts, program, pid, node } = visited;
  const estimate = await withTimeout(estimateSnapshot(cdp), STEP_MS);
  if (!(await consent.ask(priceOf(estimate)))) return undefined;
  const facts = { program, pid, node, runtime: "" };
  return thoughBlocked(cdp, domain, () => readHeap(cdp, scripts, facts, estimate, consent.progress));
}

export function needsSnapshot({ pid, program, node }: Visited, command: string): CliError {
  return new CliError(
    `Process ${pid} (${program}, Node ${node}) does not use the asyncscope runtime. Its suspended async functions stand in its heap: asyncscope ${command} ${pid} --snapshot reads them, which stops the program for a moment. asyncscope tree ${pid} says first for how long.`,
  );
}
