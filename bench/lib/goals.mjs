// Whether a goal is reached: by the medians of one run.
import { MEASURED, titleOf } from "../contestants.mjs";

/**
 * @typedef {object} Verdict
 * @property {string} goal in words
 * @property {string} is what was measured, in the same terms
 * @property {"reached" | "missed" | "not measured"} verdict
 */

/** @param {import("./rounds.mjs").Result} result @returns {Verdict | undefined} undefined: there is no goal */
export function judge({ workload: { goal, unit }, measured }) {
  if (goal === undefined) return undefined;
  const ours = measured.get(MEASURED)?.median ?? NaN;
  if ("atMost" in goal)
    return {
      goal: `at most ${goal.atMost} ${unit}`,
      is: Number.isNaN(ours) ? "–" : ours < 100 ? ours.toPrecision(3) : ours.toFixed(0),
      verdict: verdict(ours, goal.atMost),
    };
  const factor = ours / (measured.get(goal.to)?.median ?? NaN);
  return {
    goal: `${goal.factor} of ${titleOf(goal.to)}`,
    is: Number.isNaN(factor) ? "–" : factor.toPrecision(2),
    verdict: verdict(factor, goal.factor),
  };
}

/**
 * What async functions may cost: as much more than generators as native promises inside an AsyncLocalStorage cost
 * for the same.
 * @param {import("./rounds.mjs").Result} result
 */
export function judgeAsync({ measured }) {
  const [generators, async, native] = [MEASURED, "async-registry", "native-als"].map(
    (id) => measured.get(id)?.median,
  );
  if (generators === undefined || async === undefined || native === undefined) return undefined;
  return {
    generators,
    async,
    more: async - generators,
    native,
    verdict: verdict(async - generators, native),
  };
}

/** @param {number} is @param {number} atMost @returns {Verdict["verdict"]} */
function verdict(is, atMost) {
  if (Number.isNaN(is)) return "not measured";
  return is <= atMost ? "reached" : "missed";
}
