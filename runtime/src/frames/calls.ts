/**
 * What rewritten functions call. The frame that is current is kept exactly, without AsyncLocalStorage: a function says
 * when it is entered, suspended, resumed and left, and whoever was current before is so again.
 */
import { AT_YIELD, ENDED, Frame, RUNNING } from "./frame.js";
import type { PointId } from "./frame.js";
import { noteEnd } from "./failures.js";
import { enlist } from "./frame-list.js";

/** The frame whose code runs now. */
let current: Frame | null = null;
/** The frame that was suspended last since one was resumed: what an operand that is a call has just called. */
let last: Frame | null = null;
/** Whole milliseconds at about now. */
let time = 0;
let turnHasBegun = false;
/** Suspensions until the clock is read again within a turn. */
let untilClock = 0;
/** Tells where the function was called that has just been entered; null while nobody wants to know. */
let callSite: ((caller: PointId, called: PointId) => number) | null = null;
/** Called when a turn of Node's loop in which a frame was suspended is over. */
let afterTurn: (() => void) | null = null;

/** A look at the clock costs as much as an await. */
const CLOCK = 64;
const now = performance.now.bind(performance);
// Taken before the program can replace it by a fake.
const nextTick = process.nextTick.bind(process);

/** At the start of a function. */
export function enter(point: PointId, argument?: unknown): Frame {
  const parent = current;
  let born = parent === null || parent.at < 0 ? 0 : parent.at;
  if (born === 0 && callSite !== null) born = callSite(parent === null ? 0 : parent.point, point);
  return (current = new Frame(
    point,
    parent,
    born,
    typeof argument === "object" || typeof argument === "function" ? undefined : argument,
  ));
}

/** Before `await`: the operand has been evaluated. */
export function suspend<T>(frame: Frame, site: PointId, operand: T): T {
  const called = last;
  if (called !== null && called.parent === frame && called.born === site && frame.at === site)
    called.linked = 1;
  leave(frame, site);
  return operand;
}

/** Before `await Promise.all(…)` and its like: what the operand called are tasks of their own. */
export function suspendMany<T>(frame: Frame, site: PointId, operand: T): T {
  leave(frame, site);
  return operand;
}

/** The inputs of a combinator that is about to be awaited, or the first argument of a known function of Node's. */
export function inputs<T>(frame: Frame, given: T): T {
  frame.on = given;
  return given;
}

/** Before `yield` of an async generator. */
export function suspendAtYield<T>(frame: Frame, site: PointId, value?: T): T | undefined {
  leave(frame, site);
  frame.at = AT_YIELD;
  return value;
}

function leave(frame: Frame, site: PointId): void {
  frame.site = site;
  if (frame.time < 0) enlist(frame);
  if (--untilClock < 0 || !turnHasBegun) readClock();
  frame.time = time;
  current = frame.ret;
  last = frame;
}

/** Behind `await`: returns its value. `at`: the await of the same frame in whose operand this one stands. */
export function resume<T>(frame: Frame, value: T, at?: PointId): T {
  frame.site = RUNNING;
  frame.at = at === undefined ? 0 : at;
  frame.ret = frame.on = null;
  last = null;
  current = frame;
  return value;
}

/** Behind `yield` of an async generator: whoever asked for its next value is current again when it is suspended. */
export function resumeFromYield<T>(frame: Frame, value: T): T {
  drive(frame);
  return value;
}

/** A consumer, or nobody, makes an async generator go on. */
function drive(frame: Frame): void {
  const driver = current;
  frame.site = RUNNING;
  frame.at = 0;
  frame.on = null;
  frame.ret = frame.parent = driver;
  frame.linked = 0;
  frame.born = driver === null ? 0 : driver.at > 0 ? driver.at : 0;
  current = frame;
}

/** At the start of a `catch`, a `finally` and a loop body: the frame goes on if it had been suspended. */
export function goOn(frame: Frame): void {
  if (frame.site !== RUNNING) {
    if (frame.at === AT_YIELD) drive(frame);
    else {
      frame.site = RUNNING;
      frame.ret = frame.on = null;
      last = null;
    }
  }
  frame.at = 0;
  current = frame;
}

/** When a function ends. `returnsCall`: its code has a `return f()`. */
export function exit(frame: Frame, returnsCall?: number): void {
  if (frame.site === RUNNING) {
    current = frame.ret;
    const called = last;
    // Whoever awaits the end of this one awaits the end of that one.
    if (returnsCall !== undefined && called !== null && called.parent === frame && called.linked === 0) {
      called.parent = frame.parent;
      called.linked = frame.linked;
      called.born = frame.born;
    }
  } else if (frame.at !== AT_YIELD) current = null;
  frame.site = ENDED;
  if (frame.task !== null) frame.task.ended = true;
  // Known only while somebody watches.
  if (frame.born < 0) noteEnd(frame.point, frame.born);
  frame.parent = frame.ret = frame.on = frame.task = null;
}

function readClock(): void {
  time = Math.trunc(now());
  untilClock = CLOCK;
  if (turnHasBegun) return;
  turnHasBegun = true;
  nextTick(endTurn);
}

/** Runs when all microtasks of a turn are through: no frame runs then, whatever went wrong in between. */
function endTurn(): void {
  turnHasBegun = false;
  current = last = null;
  if (afterTurn !== null) afterTurn();
}

/** The frame whose code runs now, null outside of all. */
export function currentFrame(): Frame | null {
  return current;
}

/** The frame that was suspended last in this run, null when none was. */
export function lastFrame(): Frame | null {
  return last;
}

/** From now on it is noted where functions are called that no await stands around. */
export function noteCalls(site: typeof callSite): void {
  callSite = site;
}

/** Lets the inspector hear of changes. */
export function observe(hooks: { readonly afterTurn: (() => void) | null }): void {
  afterTurn = hooks.afterTurn;
}
