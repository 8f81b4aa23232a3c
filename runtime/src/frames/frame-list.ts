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
/** Those that somebody who looks has let go. */
let loose: WeakRef<Frame>[] = [];
/** Length of `old` at which those that have ended are taken out. */
let sweepAt = YOUNG;

/** Takes in a frame that is suspended for the first time. */
export function enlist(frame: Frame): void {
  if (youngCount === YOUNG) age();
  young[youngCount++] = frame;
}

/** Calls `visit` with each frame that has been suspended and has not ended, about the oldest first. */
export function eachFrame(visit: (frame: Frame) => void): void {
  eachHeldWeakly(old, visit);
  eachHeldWeakly(loose, visit);
  for (let i = 0; i < youngCount; i++) if (young[i]!.site !== ENDED) visit(young[i]!);
}

function eachHeldWeakly(list: readonly WeakRef<Frame>[], visit: (frame: Frame) => void): void {
  for (let i = 0; i < list.length; i++) {
    const frame = deref(list[i]!);
    if (frame !== undefined && frame.site !== ENDED) visit(frame);
  }
}

/** Whether any frame has been suspended and has not ended. */
export function hasFrames(): boolean {
  for (let i = 0; i < youngCount; i++) if (young[i]!.site !== ENDED) return true;
  for (const list of [loose, old])
    for (let i = 0; i < list.length; i++) {
      const frame = deref(list[i]!);
      if (frame !== undefined && frame.site !== ENDED) return true;
    }
  return false;
}

/**
 * Young ones that have waited since before `time` are held weakly from now on, so that one that nothing can resume is
 * collected although few have begun since. For who looks at the frames: each one that waits for long costs a reference.
 */
export function holdWeakly(time: number): void {
  loose = alive(loose);
  let left = 0;
  const count = youngCount;
  for (let i = 0; i < count; i++) {
    const frame = young[i]!;
    if (frame.site === ENDED) continue;
    if (frame.time < time) loose[loose.length] = new Reference(frame);
    else young[left++] = frame;
  }
  for (let i = left; i < count; i++) young[i] = null;
  youngCount = left;
}

/** Nobody looks any more: what {@link holdWeakly} has let go, and is still there, is there for the next one who looks. */
export function holdAgain(): void {
  const list = loose;
  loose = [];
  eachHeldWeakly(list, enlist);
}

/** Drops what has ended; when most frames live on, they are held weakly from now on. */
function age(): void {
  let kept = 0;
  for (let i = 0; i < YOUNG; i++) {
    const frame = young[i]!;
    if (frame.site !== ENDED) young[kept++] = frame;
  }
  if (kept > YOUNG / 2) {
    for (let i = 0; i < kept; i++) old[old.length] = new Reference(young[i]!);
    kept = 0;
    if (old.length >= sweepAt) sweep();
  }
  for (let i = kept; i < YOUNG; i++) young[i] = null;
  youngCount = kept;
}

function sweep(): void {
  old = alive(old);
  sweepAt = Math.max(2 * old.length, YOUNG);
}

function alive(list: readonly WeakRef<Frame>[]): WeakRef<Frame>[] {
  const left: WeakRef<Frame>[] = [];
  for (let i = 0; i < list.length; i++) {
    const frame = deref(list[i]!);
    if (frame !== undefined && frame.site !== ENDED) left[left.length] = list[i]!;
  }
  return left;
}
