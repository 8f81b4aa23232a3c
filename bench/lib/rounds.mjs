// The rounds of one workload: A B C, A B C, …, so that what else the machine does meets all alike.
import { contestants } from "../contestants.mjs";
import { measure } from "./measure.mjs";
import { summary } from "./statistics.mjs";

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
export async function runRounds(workload, { rounds, scale }, { versions, progress }) {
  /** @type {Map<string, number[]>} */
  const values = new Map();
  const failed = new Map();
  const skipped = new Map();
  for (let round = 1; round <= rounds; round++)
    for (const contestant of contestants) {
      const { id, title, only } = contestant;
      if ((only && !only.includes(workload.id)) || failed.has(id) || skipped.has(id)) continue;
      progress(`${workload.id}, round ${round} of ${rounds}: ${title}`);
      const answer = await measure(contestant, workload, scale);
      if ("skipped" in answer) skipped.set(id, answer.skipped);
      else if ("failed" in answer) failed.set(id, answer.failed);
      else {
        values.set(id, [...(values.get(id) ?? []), answer.value]);
        if (answer.version !== undefined) versions.set(id, answer.version);
      }
    }
  // Half a row says nothing: who failed once has failed.
  for (const id of failed.keys()) values.delete(id);
  return {
    workload,
    measured: new Map([...values].map(([id, list]) => [id, summary(list)])),
    failed,
    skipped,
  };
}
