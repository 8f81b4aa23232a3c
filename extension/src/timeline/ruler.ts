/** The marks of a timeline's ruler. Times are ticks (0.1 µs). */

export interface RulerMark {
  readonly time: number;
  readonly label: string;
}

const MICROSECOND = 10;
const MILLISECOND = 10_000;
const SECOND = 10_000_000;
const MINUTE = 60 * SECOND;
/** Steps beyond which the next unit counts in sixties. */
const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].map((s) => s * SECOND);

/** Marks between two times, at least `distance` ticks apart. */
export function rulerMarks(from: number, to: number, distance: number): RulerMark[] {
  const step = stepFor(distance);
  const marks: RulerMark[] = [];
  for (let i = Math.max(0, Math.ceil(from / step)); i * step <= to && marks.length < 1000; i++)
    marks.push({ time: i * step, label: rulerLabel(i * step, step) });
  return marks;
}

/** The smallest round number of ticks that is not below `distance`. */
export function stepFor(distance: number): number {
  if (distance > SECOND / 2) return LONG_STEPS.find((step) => step >= distance) ?? LONG_STEPS.at(-1)!;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, distance)));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= distance) ?? 10;
  return step * power;
}

/** A time, as exact as the distance between two marks needs: `250 µs`, `12.5 ms`, `3.004 s`, `2:30`. */
export function rulerLabel(time: number, step: number): string {
  if (time === 0) return "0";
  if (time >= MINUTE) {
    const minutes = Math.floor(time / MINUTE);
    const seconds = (time - minutes * MINUTE) / SECOND;
    const digits = digitsFor(step, SECOND);
    const text = seconds.toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, "0");
    return minutes < 60
      ? `${minutes}:${text}`
      : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${text}`;
  }
  const [unit, name] =
    time >= SECOND ? [SECOND, "s"] : time >= MILLISECOND ? [MILLISECOND, "ms"] : [MICROSECOND, "µs"];
  return `${(time / unit).toFixed(digitsFor(step, unit))} ${name}`;
}

function digitsFor(step: number, unit: number): number {
  return Math.max(0, Math.ceil(Math.log10(unit / step) - 1e-9));
}
