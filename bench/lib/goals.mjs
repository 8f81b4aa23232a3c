// Whether a goal is reached: by the medians of one run.
import { MEASURED } from "../contestants.mjs";

/**
 * @typedef {object} Verdict
 * @property {string} goal in words
 * @property {string} is what was measured, in the same terms
 * @property {boolean | undefined} reached undefined: not measurable here
 */

/** @param {import("./rounds.mjs").Result} result @returns {Verdict | undefined} undefined: there is no goal */
export function verdict({ workload: { goal }, measured }) {
  if (goal === undefined) return undefined;
  const ours = measured.get(MEASURED)?.median;
  if ("atMost" in goal) {
    const words = `at most ${goal.atMost}`;
    return ours === undefined
      ? { goal: words, is: "–", reached: undefined }
      : { goal: words, is: ours.toFixed(0), reached: ours <= goal.atMost };
  }
  const other = measured.get(goal.to)?.median;
  const words = `${goal.factor} × ${goal.to}`;
  if (ours === undefined || other === undefined) return { goal: words, is: "–", reached: undefined };
  const factor = ours / other;
  return { goal: words, is: `${factor.toPrecision(2)} ×`, reached: factor <= goal.factor };
}
