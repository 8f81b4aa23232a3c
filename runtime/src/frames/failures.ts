/**
 * Calls that have failed and that nobody handled: their promise alone knows of the error, and no frame is told of it.
 * So the calls that ended last are kept for a moment, and the stack of an error that nobody handles says which it was.
 */
import { pointAt } from "./points-table.js";
import type { PointId } from "./frame.js";

/** A call that nobody awaited at once, and that has failed. */
export interface FailedCall {
  readonly functionName: string;
  /** See `calledAt`. */
  readonly born: number;
  /** `name: message` of its error. */
  readonly error: string;
}

/** Node tells of an error in the turn in which it happens. */
const LATEST = 64;
const MOST_FAILED = 20;
const MESSAGE = 300;

const points = new Array<PointId>(LATEST).fill(0);
const places = new Array<number>(LATEST).fill(0);
let next = 0;
const failed: FailedCall[] = [];
let listens = false;

/** A call has ended whose place is known. */
export function noteEnd(point: PointId, born: number): void {
  points[next] = point;
  places[next] = born;
  next = (next + 1) % LATEST;
}

export function failedCalls(): readonly FailedCall[] {
  return failed;
}

/** From now on errors are looked at that nobody handles. What becomes of them is not changed by that. */
export function watchFailures(): void {
  if (listens) return;
  listens = true;
  process.on("uncaughtExceptionMonitor", (error: unknown, origin) => {
    if (origin === "unhandledRejection" && failed.length < MOST_FAILED) look(error);
  });
}

function look(error: unknown): void {
  if (!(error instanceof Error)) return;
  const { stack, name, message } = error;
  if (typeof stack !== "string") return;
  const names = new Set(
    Array.from(stack.matchAll(/^ +at (?:async )?(?:new )?(\S+) \(/gm), ([, found]) => found),
  );
  for (let i = 1; i <= LATEST; i++) {
    const at = (next - i + LATEST) % LATEST;
    const functionName = points[at] === 0 ? undefined : pointAt(points[at]!)?.point.text;
    if (functionName === undefined || !isAmong(functionName, names)) continue;
    failed.push({ functionName, born: places[at]!, error: `${name}: ${message}`.slice(0, MESSAGE) });
    return;
  }
}

/** V8 names a method by the class of its object, which may be a derived one. */
function isAmong(name: string, names: ReadonlySet<string | undefined>): boolean {
  if (names.has(name)) return true;
  const method = name.slice(name.lastIndexOf("."));
  return method !== name && [...names].some((each) => each?.endsWith(method));
}
