import type { Frame } from "./frame.js";
import { ENDED } from "./frame.js";

/**
 * How many young frames are held. Most calls end before that many others have begun, and never cost a weak reference;
 * the others are kept weakly from then on: a call that nothing can resume is collected as it would be without us.
 */
const YOUNG = 4096;

// Taken before the program can change it.
const Reference = WeakRef;
// eslint-disable-next-line @typescript-eslint/unbound-method -- bound here
const deref = Function.prototype.call.bind(WeakRef.prototype.deref) as (
  ref: WeakRef<Frame>,
) => Frame | undefined;

const young: (Frame | null)[] = [];
for (let i = 0; i < YOUNG; i++) young[i] = null;
let youngCount = 0;
let old: WeakRef<Frame>[] = [];
/** Length of `old` at which those that have ended are taken out. */
let sweepAt = YOUNG;

/** Takes in a frame that is suspended for the first time. */
export function enlist(frame: Frame): void {
  if (youngCount === YOUNG) age();
  young[youngCount++] = frame;
}

/** Calls `visit` with each frame that has been suspended and has not ended, oldest first. */
export function eachFrame(visit: (frame: Frame) => void): void {
  for (let i = 0; i < old.length; i++) {
    const frame = deref(old[i]!);
    if (frame !== undefined && frame.site !== ENDED) visit(frame);
  }
  for (let i = 0; i < youngCount; i++) if (young[i]!.site !== ENDED) visit(young[i]!);
}

/** Whether any frame has been suspended and has not ended. */
export function hasFrames(): boolean {
  for (let i = 0; i < youngCount; i++) if (young[i]!.site !== ENDED) return true;
  for (let i = 0; i < old.length; i++) {
    const frame = deref(old[i]!);
    if (frame !== undefined && frame.site !== ENDED) return true;
  }
  return false;
}

/**
 * Those that have waited since before `time` are held weakly from now on, so that one that nothing can resume is
 * collected although few have begun since. For who looks at the frames: each one that waits for long costs a reference.
 */
export function holdWeakly(time: number): void {
  let left = 0;
  const count = youngCount;
  for (let i = 0; i < count; i++) {
    const frame = young[i]!;
    if (frame.site === ENDED) continue;
    if (frame.time < time) old[old.length] = new Reference(frame);
    else young[left++] = frame;
  }
  for (let i = left; i < count; i++) young[i] = null;
  youngCount = left;
  if (old.length >= sweepAt) sweep();
}

/** Drops what has ended; when most frames live on, they are held weakly from now on. */
function age(): void {
  let alive = 0;
  for (let i = 0; i < YOUNG; i++) {
    const frame = young[i]!;
    if (frame.site !== ENDED) young[alive++] = frame;
  }
  if (alive > YOUNG / 2) {
    for (let i = 0; i < alive; i++) old[old.length] = new Reference(young[i]!);
    alive = 0;
    if (old.length >= sweepAt) sweep();
  }
  for (let i = alive; i < YOUNG; i++) young[i] = null;
  youngCount = alive;
}

function sweep(): void {
  const left: WeakRef<Frame>[] = [];
  for (let i = 0; i < old.length; i++) {
    const frame = deref(old[i]!);
    if (frame !== undefined && frame.site !== ENDED) left[left.length] = old[i]!;
  }
  old = left;
  sweepAt = Math.max(2 * left.length, YOUNG);
}
