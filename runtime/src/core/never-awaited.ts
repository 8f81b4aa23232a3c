import type { Coroutine } from "./coroutine.js";
import type { EventLoop } from "./event-loop.js";

/** @internal A coroutine that was called and that nobody has awaited or started yet (debug mode). */
export class NeverAwaited {
  #done = false;
  constructor(
    readonly name: string,
    readonly source: string,
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
    this.loop.callExceptionHandler({
      message: `coroutine ${this.name} was never awaited: write yield* or await before the call, or createTask() it`,
      sourceTraceback: this.source,
    });
  }
}

const collected = new FinalizationRegistry<NeverAwaited>((holder) => holder.report());

const watched = new WeakMap<Coroutine<unknown>, NeverAwaited>();

/** @internal Whether there is or was any to watch: without debug mode starting a coroutine asks for nothing. */
export let watchesUnawaited = false;

/** @internal Reports `coroutine` when it is collected, or its loop closed, without having been started. */
export function watchUnawaited(coroutine: Coroutine<unknown>, loop: EventLoop): void {
  watchesUnawaited = true;
  const holder = new NeverAwaited(coroutine._name, new Error("created here").stack ?? "", loop);
  watched.set(coroutine, holder);
  collected.register(coroutine, holder, holder);
  loop._neverAwaited.add(holder);
}

/** @internal It was started or closed. */
export function awaited(coroutine: Coroutine<unknown>): void {
  watched.get(coroutine)?.settle();
}
