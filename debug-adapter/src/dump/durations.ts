/** Durations in a dump: for people, and without loss. */

const HOUR = 3_600_000;
const MINUTE = 60_000;
const SECOND = 1000;

/** Whole milliseconds as `340 ms`, `12.345 s`, `3 min 2.004 s`, `26 h 5 min 0.000 s`. */
export function exactDuration(milliseconds: number): string {
  const ms = wholeMilliseconds(milliseconds);
  if (ms < SECOND) return `${ms} ms`;
  const parts: string[] = [];
  if (ms >= HOUR) parts.push(`${Math.floor(ms / HOUR)} h`);
  if (ms >= MINUTE) parts.push(`${Math.floor((ms % HOUR) / MINUTE)} min`);
  const rest = ms % MINUTE;
  parts.push(`${Math.floor(rest / SECOND)}.${String(rest % SECOND).padStart(3, "0")} s`);
  return parts.join(" ");
}

/** What {@link exactDuration} writes, as part of a larger pattern; has no group that captures. */
export const DURATION = String.raw`\d{1,15} ms|(?:\d{1,12} h )?(?:\d{1,2} min )?\d{1,2}\.\d{3} s`;

/** Milliseconds of a text that matches {@link DURATION}. */
export function parseDuration(text: string): number {
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?) (ms|s|min|h)/g)) {
    const value = Number(number);
    ms += unit === "ms" ? value : unit === "s" ? value * SECOND : value * (unit === "h" ? HOUR : MINUTE);
  }
  return Math.round(ms);
}

/** Not negative, and finite: clocks of the program may be anything. */
export function wholeMilliseconds(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(0, Math.round(value)), 1e15 - 1) : 0;
}
