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

/** @internal Reports `coroutine` when it is collected, or its loop closed, without having been started. */
export function watchUnawaited(coroutine: Coroutine<unknown>, loop: EventLoop): NeverAwaited {
  const holder = new NeverAwaited(coroutine._name, new Error("created here").stack ?? "", loop);
  collected.register(coroutine, holder, holder);
  loop._neverAwaited.add(holder);
  return holder;
}
