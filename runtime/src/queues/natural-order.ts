/**
 * @internal Order of items without a comparator: numbers, bigints, strings and Dates by `<`, arrays element by
 * element as tuples.
 * @throws TypeError for anything else, and for what cannot be compared with each other.
 */
export function compareNaturally(a: unknown, b: unknown): number {
  if (isNumeric(a) && isNumeric(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (a instanceof Date && b instanceof Date) return checked(a) - checked(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareTuples(a, b);
  throw new TypeError(
    `a priority queue cannot order ${describe(a)} and ${describe(b)}: give it a comparator, new PriorityQueue(maxsize, (a, b) => …)`,
  );
}

function compareTuples(a: readonly unknown[], b: readonly unknown[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    // The same object in both places needs no order.
    if (a[i] === b[i]) continue;
    const order = compareNaturally(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && !Number.isNaN(value));
}

function checked(date: Date): number {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new TypeError("a priority queue cannot order an invalid Date");
  return time;
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return "an array";
  return value instanceof Date ? "a Date" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
