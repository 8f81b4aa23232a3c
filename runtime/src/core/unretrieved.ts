import type { EventLoop } from "./event-loop.js";
import type { Future } from "./future.js";

/**
 * @internal The error of a failed future, shared between the future and the report that comes when the future is
 * collected, or its loop closed, before anybody looked (rules FU-11, TK-18, JS-14).
 */
export class UnretrievedError {
  retrieved = false;
  constructor(
    readonly error: unknown,
    readonly loop: EventLoop,
    readonly what: "Future" | "Task",
    /** Name of the future in words: `future`, `task "worker-1"`. */
    readonly described: string,
    readonly source: Error | null,
  ) {}

  report(): void {
    if (this.retrieved) return;
    retrieved(this);
    this.loop.callExceptionHandler({
      message: `${this.what} exception was never retrieved`,
      exception: this.error,
      described: this.described,
      ...(this.source === null ? {} : { sourceTraceback: this.source.stack ?? "" }),
    });
  }
}

const collected = new FinalizationRegistry<UnretrievedError>((holder) => holder.report());

/** @internal Called when a future fails. */
export function watchForCollection(
  future: Future<unknown>,
  what: "Future" | "Task",
  error: unknown,
): UnretrievedError {
  const holder = new UnretrievedError(error, future._loop, what, future._describe(), future._source);
  // An Error whose stack was never read keeps the objects of its frames alive, this future among them (JS-20).
  if (error instanceof Error) readStack(error);
  collected.register(future, holder, holder);
  future._loop._unretrieved.add(holder);
  return holder;
}

/** @internal Somebody looked. @returns the error. */
export function retrieved(holder: UnretrievedError): unknown {
  if (!holder.retrieved) {
    holder.retrieved = true;
    collected.unregister(holder);
    holder.loop._unretrieved.delete(holder);
  }
  return holder.error;
}

function readStack(error: Error): unknown {
  return error.stack;
}
