import type { Coroutine } from "./coroutine.js";
import { creationStack, stackText } from "./creation-stack.js";
import type { EventLoop } from "./event-loop.js";
import { tryGetRunningLoop } from "./running-loop.js";

/** @internal A coroutine that was called and that nobody has awaited or started yet. */
export class NeverAwaited {
  #done = false;
  constructor(
    readonly name: string,
    /** Where it was called, in debug mode. */
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

/** @internal */
export function countMade(coroutine: Coroutine<unknown>): void {
  recent[made & 63] = coroutine;
  made = (made + 1) | 0;
  if (notesCalls && tryGetRunningLoop()?._debug === true) calls.set(coroutine, creationStack());
}

/** Where coroutines were called, in debug mode. */
const calls = new WeakMap<Coroutine<unknown>, Error>();
let notesCalls = false;

/** @internal There is a loop in debug mode. */
export function noteCalls(): void {
  notesCalls = true;
}

/** @internal It was started, closed, or is one that everybody shares. */
export function countStarted(): void {
  started = (started + 1) | 0;
}

/** @internal A run begins: what was called before it, and for whom, is not known. */
export function forgetRecent(): void {
  recent.fill(null);
  started = made;
}

/** @internal The loop comes to rest: watches the coroutines that nobody has started. */
export function watchRecent(loop: EventLoop): void {
  if (made !== started) {
    started = made;
    for (const coroutine of recent)
      if (coroutine?._isNew() === true && !watched.has(coroutine))
        watch(coroutine, loop, calls.get(coroutine));
  }
  if (recent[(made - 1) & 63] !== null) recent.fill(null);
}
