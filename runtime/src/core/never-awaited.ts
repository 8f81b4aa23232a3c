import type { Coroutine } from "./coroutine.js";
import { creationStack, isStackCostly, stackText } from "./creation-stack.js";
import type { EventLoop } from "./event-loop.js";
import { tryGetRunningLoop } from "./running-loop.js";
import type { Task } from "./task.js";

/** @internal A coroutine that was called and that nobody has awaited or started yet. */
export class NeverAwaited {
  #done = false;
  constructor(
    readonly name: string,
    /** Where it was called, if that was noted: always in debug mode. */
    readonly source: string | null,
    readonly loop: EventLoop,
  ) {}

  /** It was started or closed, or the report was made. */
  settle(): void {
    this.#done = true;
    collected.unregister(this);
    this.loop._neverAwaited.delete(this);
  }

  report(): void {
    if (this.#done) return;
    this.settle();
    const message = `coroutine ${this.name || "(anonymous)"} was never awaited: write yield* or await before the call, or createTask() it`;
    this.loop.callExceptionHandler(
      this.source === null
        ? { message: `${message}. ASYNC_DEBUG=1 in the environment tells where it was called` }
        : { message, sourceTraceback: this.source },
    );
  }
}

const collected = new FinalizationRegistry<NeverAwaited>((holder) => holder.report());

const watched = new WeakMap<Coroutine<unknown>, NeverAwaited>();

/** @internal Whether there is or was any to watch: else starting a coroutine asks for nothing. */
export let watchesUnawaited = false;

/** Reports `coroutine` when it is collected, or its loop closed, without having been started. */
function watch(coroutine: Coroutine<unknown>, loop: EventLoop, call: Error | undefined): void {
  watchesUnawaited = true;
  const holder = new NeverAwaited(coroutine._name, call === undefined ? null : stackText(call), loop);
  watched.set(coroutine, holder);
  collected.register(coroutine, holder, holder);
  loop._neverAwaited.add(holder);
}

/** @internal It was started or closed. */
export function awaited(coroutine: Coroutine<unknown>): void {
  watched.get(coroutine)?.settle();
}

/**
 * The coroutines and operations made last. Whoever makes one nearly always starts it in the same step, so one that
 * is still new when the loop comes to rest is suspicious. A store and two counters instead of a
 * FinalizationRegistry for each: about 10 ns instead of a microsecond.
 */
const recent: (Coroutine<unknown> | null)[] = new Array<null>(64).fill(null);
let made = 0;
let started = 0;
/** New ones that others have pushed out of `recent`: seldom any, but all of a fan-out. */
let older: Coroutine<unknown>[] = [];
/** How many there may be before those started since are looked for. */
let mostOlder = 1024;

/** @internal */
export function countMade(coroutine: Coroutine<unknown>): void {
  const at = made & 63;
  if (at === 0 && made !== started) keepOlder();
  recent[at] = coroutine;
  made = (made + 1) | 0;
  if (notesOperations) noteOperation(coroutine);
}

function keepOlder(): void {
  for (const coroutine of recent) if (coroutine?._isNew() === true) older.push(coroutine);
  if (older.length < mostOlder) return;
  older = older.filter((coroutine) => coroutine._isNew());
  mostOlder = Math.max(1024, 2 * older.length);
}

/** Calls whose line is noted in {@link RENEWAL} milliseconds: of coroutines, and of the runtime's own operations. */
const MOST_CALLS = 32;
const RENEWAL = 100;
/** Where coroutines were called. Without debug mode until the loop comes to rest: an Error keeps things alive (JS-20). */
let calls = new WeakMap<Coroutine<unknown>, Error>();
let hasCalls = false;
let operationsLeft = MOST_CALLS;
let coroutinesLeft = MOST_CALLS;
let renewedAt = 0;
let isDebugging = false;
let notesOperations = true;
/** @internal Whether {@link noteCall} has anything to do. */
export let notesCalls = true;

/** @internal There is a loop in debug mode. */
export function noteCalls(): void {
  isDebugging = notesOperations = notesCalls = true;
}

function noteOperation(operation: Coroutine<unknown>): void {
  if (operationsLeft <= 0 && tryGetRunningLoop()?._debug !== true) return;
  calls.set(operation, creationStack());
  hasCalls = true;
  if (--operationsLeft === 0) notesOperations = isDebugging;
}

/** @internal The program has called a coroutine function. */
export function noteCall(coroutine: Coroutine<unknown>): void {
  if (coroutinesLeft <= 0 || calls.has(coroutine)) return;
  calls.set(coroutine, creationStack());
  hasCalls = true;
  if (--coroutinesLeft === 0) notesCalls = isDebugging;
}

/** What was noted has served, and holds on to things. */
function forgetCalls(loop: EventLoop): void {
  if (loop._debug || (operationsLeft === MOST_CALLS && coroutinesLeft === MOST_CALLS)) return;
  if (hasCalls) {
    keepLines(loop);
    calls = new WeakMap();
    hasCalls = false;
  }
  const now = performance.now();
  if (now - renewedAt < RENEWAL) return;
  renewedAt = now;
  noteAgain();
}

/** Tasks that still wait when the loop comes to rest and keep the line of their call, in {@link RENEWAL}: 30 µs each. */
const MOST_LINES = 8;
/** Of the newest tasks so many are looked at. */
const MOST_LOOKED_AT = 32;
/** Different lines that are kept, each once. */
const MOST_TEXTS = 1000;
let linesLeft = MOST_LINES;
const lines = new WeakMap<Task<unknown>, string>();
const texts = new Map<string, string>();

/** For {@link lineOfTask}: the calls that were noted anyway, so that making a task costs nothing more. */
function keepLines(loop: EventLoop): void {
  if (isStackCostly()) return;
  let looked = 0;
  for (let task = loop._firstTask; task !== null && looked < MOST_LOOKED_AT; task = task._after, looked++) {
    if (linesLeft === 0) return;
    const call = task._coroutine === null ? undefined : calls.get(task._coroutine);
    if (call === undefined || lines.has(task)) continue;
    linesLeft--;
    const text = stackText(call);
    if (texts.size < MOST_TEXTS && !texts.has(text)) texts.set(text, text);
    lines.set(task, texts.get(text) ?? text);
  }
}

/**
 * @internal For the report of a task that is pending at the end: where it was made, always in debug mode; else where its
 * coroutine was called, of those of which that was noted.
 */
export function lineOfTask(task: Task<unknown>): { sourceTraceback?: string } {
  const call = task._source ?? (task._coroutine === null ? undefined : calls.get(task._coroutine));
  const text = call === undefined ? lines.get(task) : stackText(call);
  return text === undefined ? {} : { sourceTraceback: text };
}

function noteAgain(): void {
  operationsLeft = coroutinesLeft = MOST_CALLS;
  linesLeft = MOST_LINES;
  notesOperations = notesCalls = true;
}

/** @internal It was started, closed, or is one that everybody shares. */
export function countStarted(): void {
  started = (started + 1) | 0;
}

/** @internal A run begins: what was called before it, and for whom, is not known. */
export function forgetRecent(): void {
  recent.fill(null);
  older = [];
  started = made;
  noteAgain();
}

/** @internal The loop comes to rest: watches the coroutines that nobody has started. */
export function watchRecent(loop: EventLoop): void {
  if (made !== started) {
    started = made;
    for (const coroutine of [...older, ...recent])
      if (coroutine?._isNew() === true && !watched.has(coroutine))
        watch(coroutine, loop, calls.get(coroutine));
    older = [];
  }
  if (recent[(made - 1) & 63] !== null) recent.fill(null);
  forgetCalls(loop);
}
