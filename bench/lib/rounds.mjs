// The rounds of one workload: A B C, A B C, …, so that what else the machine does meets all alike.
import { contestants, fits } from "../contestants.mjs";
import { measure } from "./measure.mjs";
import { summary } from "./statistics.mjs";

/** Milliseconds after which a contestant takes part in no further round of a workload. */
const ENOUGH = 8000;

/**
 * @typedef {object} Result
 * @property {import("../workloads.mjs").Workload} workload
 * @property {Map<string, ReturnType<typeof summary>>} measured by contestant
 * @property {Map<string, string>} failed by contestant, why
 * @property {Map<string, string>} skipped by contestant, why
 */

/**
 * @param {import("../workloads.mjs").Workload} workload
 * @param {import("./options.mjs").Options} options
 * @param {{ versions: Map<string, string>, progress: (line: string) => void }} report
 * @returns {Promise<Result>}
 */
export async function runRounds(workload, { rounds, scale, peers }, { versions, progress }) {
  /** @type {Map<string, number[]>} */
  const values = new Map();
  /** @type {Map<string, number>} */
  const spent = new Map();
  const failed = new Map();
  const skipped = new Map();
  for (let round = 1; round <= rounds; round++) {
    progress(`${workload.id}: round ${round} of ${rounds}`);
    const all = contestants.filter((contestant) => fits(contestant, workload.id));
    // One after the other, unless the numbers mean nothing anyway.
    if (scale === "smoke") await Promise.all(all.map(takeTurn));
    else for (const contestant of all) await takeTurn(contestant);
  }
  // Half a row says nothing: who failed once has failed.
  for (const id of failed.keys()) values.delete(id);
  return {
    workload,
    measured: new Map([...values].map(([id, list]) => [id, summary(list)])),
    failed,
    skipped,
  };

  /** @param {import("../contestants.mjs").Contestant} contestant */
  async function takeTurn(contestant) {
    const { id } = contestant;
    if (failed.has(id) || skipped.has(id) || (spent.get(id) ?? 0) > ENOUGH) return;
    if (contestant.package !== undefined && !peers) {
      skipped.set(id, "left out by --no-peers");
      return;
    }
    const start = performance.now();
    const answer = await measure(contestant, workload, scale);
    spent.set(id, (spent.get(id) ?? 0) + performance.now() - start);
    if ("skipped" in answer) skipped.set(id, answer.skipped);
    else if ("failed" in answer) failed.set(id, answer.failed);
    else {
      values.set(id, [...(values.get(id) ?? []), answer.value]);
      if (answer.version !== undefined) versions.set(id, answer.version);
    }
  }
}
