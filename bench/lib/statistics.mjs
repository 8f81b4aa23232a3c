/** The value at a fraction of the sorted list, between two neighbours in proportion. @param {readonly number[]} list @param {number} fraction */
export function quantile(list, fraction) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * fraction;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** @param {readonly number[]} list */
export const median = (list) => quantile(list, 0.5);

/** @param {readonly number[]} list */
export const summary = (list) => ({ median: median(list), min: Math.min(...list), max: Math.max(...list) });
