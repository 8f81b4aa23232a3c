/** Characters of a dump in which its time stands. */
const HEAD = 2000;

/** Whether the first dump was taken after the second, as their texts say; false when one of them does not say. */
export function isLater(first: string, second: string): boolean {
  const [a, b] = [timeOf(first), timeOf(second)];
  return a !== "" && b !== "" && a > b;
}

/** An ISO date; "" when the dump is damaged. */
function timeOf(dump: string): string {
  return /^time +(\S+)$/m.exec(dump.slice(0, HEAD))?.[1] ?? "";
}
