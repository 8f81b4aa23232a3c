/**
 * A trace is a list of lines `TIME/ITERATION TASK TEXT`: who did what at which virtual time (milliseconds), in which
 * iteration of the loop since time moved.
 */
export type Difference = Place | null;

interface Place {
  readonly at: number;
  readonly expected: string;
  readonly actual: string;
}

/** Generator coroutines: line by line. */
export function compareExactly(expected: readonly string[], actual: readonly string[]): Difference {
  for (let at = 0; at < Math.max(expected.length, actual.length); at++)
    if (!sameLine(expected[at], actual[at]))
      return { at, expected: expected[at] ?? "(end)", actual: actual[at] ?? "(end)" };
  return null;
}

/**
 * Async functions: lines of one iteration may change places (rule 14 of how the API reads). What they do to each other
 * then, say who gets a lock first, may show much later: a difference is `excused` when lines changed places before it,
 * or when there was an iteration in which several callbacks ran (`shared`).
 */
export function compareByIteration(
  expected: readonly string[],
  actual: readonly string[],
  shared: ReadonlySet<string>,
): { readonly difference: Difference; readonly excused: boolean } {
  const difference = compareExactly(byIteration(expected), byIteration(actual));
  if (difference === null) return { difference, excused: false };
  const iterations = [difference.expected, difference.actual].map(iterationOf);
  const before = Math.min(position(expected, iterations[0]!), position(actual, iterations[1]!));
  const isReordered = compareExactly(expected.slice(0, before), actual.slice(0, before)) !== null;
  const time = Math.max(...iterations.map(Number.parseFloat));
  const isShared = [...shared].some((iteration) => Number.parseFloat(iteration) <= time);
  return { difference, excused: isReordered || isShared };
}

function position(lines: readonly string[], iteration: string): number {
  const at = lines.findIndex((line) => iterationOf(line) === iteration);
  return at < 0 ? lines.length : at;
}

function iterationOf(line: string): string {
  return line.slice(0, line.indexOf(" "));
}

function byIteration(lines: readonly string[]): string[] {
  const sorted: string[] = [];
  let from = 0;
  for (let to = 1; to <= lines.length; to++)
    if (to === lines.length || iterationOf(lines[to]!) !== iterationOf(lines[from]!)) {
      sorted.push(...lines.slice(from, to).sort());
      from = to;
    }
  return sorted;
}

const cancelled = /Cancelled\(([^()]*)\)/g;

/**
 * CPython gives the message of a cancellation to the first that asks for it only, ours to all: where CPython has
 * none, ours may have one.
 */
function sameLine(expected: string | undefined, actual: string | undefined): boolean {
  if (expected === actual) return true;
  if (expected === undefined || actual === undefined) return false;
  if (expected.replace(cancelled, "Cancelled") !== actual.replace(cancelled, "Cancelled")) return false;
  const messages = [...actual.matchAll(cancelled)];
  return [...expected.matchAll(cancelled)].every(
    ([, message], at) => message === "" || message === messages[at]![1],
  );
}

/**
 * Whether a difference is that of an `uncancel()` inside a timeout that had fired: here it took the request of that
 * timeout back, so that a later cancel from outside stays one; CPython takes it for the timeout's, or loses it when the
 * block ends well (docs/coming-from-python.md).
 */
export function isTakenBack(expected: readonly string[], { at, expected: line, actual }: Place): boolean {
  return (
    expected.slice(0, at).some((before) => / \d+:uncancel \d/.test(before)) &&
    (isLost(expected, at, actual) ||
      (/ \d+:(?:timeout|waitFor) !TimeoutError<Cancelled/.test(line) &&
        line.replace("TimeoutError<", "").replace(cancelled, "") === actual.replace(cancelled, "")))
  );
}

/** A task that has ended well behind a timeout of its own, and is cancelled here. */
function isLost(expected: readonly string[], at: number, actual: string): boolean {
  const [, done, name] = /^(.* - done (\w+)) cancelled$/.exec(actual) ?? [];
  if (done === undefined || !expected[at]!.startsWith(`${done} result `)) return false;
  return expected
    .slice(0, at)
    .some((line) => line.includes(` ${name} `) && / \d+:(?:timeout|waitFor) /.test(line));
}
