/** @param {readonly number[]} list not empty */
export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** @param {readonly number[]} list */
export const summary = (list) => ({
  median: median(list),
  min: Math.min(...list),
  max: Math.max(...list),
  rounds: list.length,
});
