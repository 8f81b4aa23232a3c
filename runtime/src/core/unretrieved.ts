import { types } from "node:util";
import type { EventLoop } from "./event-loop.js";
import type { Future } from "./future.js";
import type { Context } from "./context.js";
import { stackText } from "./creation-stack.js";
import { nothingToReport, reportAtExit } from "./exit-report.js";
import { instrument } from "./instrument.js";
import { countAwaitFrames, restoreStack } from "./await-frame.js";

/**
 * @internal The error of a failed future, shared between the future and the report that comes when the future is
 * collected, or its loop closed, before anybody looked (rules FU-11, TK-18, JS-14).
 */
export class UnretrievedError {
  retrieved = false;
  /** Somebody holds the future and will look when the others that it waits for have ended: no news for a view yet. */
  isAwaited = false;
  /** Of the error when the future failed: each one that awaits it starts from there (rule FU-16). */
  readonly #stack: string | null = null;
  readonly #awaitFrames: number = 0;

  constructor(
    readonly error: unknown,
    readonly loop: EventLoop,
    readonly what: "Future" | "Task",
    /** Name of the future in words: `future`, `task "worker-1"`. */
    readonly described: string,
    /** Where the future was made, in debug mode. Not the Error: it would keep the future alive (JS-20). */
    readonly source: string | null,
    /** What the report runs in: the task's own (rule EH-05). */
    readonly context: Context | null,
  ) {
    // An Error whose stack was never read keeps the objects of its frames alive, the future among them (JS-20).
    if (!types.isProxy(error) && error instanceof Error) {
      this.#stack = readStack(error);
      this.#awaitFrames = countAwaitFrames(error);
    }
  }

  /** The error, as it was when the future failed. */
  toThrow(): unknown {
    if (this.#stack !== null) restoreStack(this.error as Error, this.#stack, this.#awaitFrames);
    return retrieved(this);
  }

  report(): void {
    if (this.retrieved) return;
    retrieved(this);
    if (instrument !== null) instrument.errorUnretrieved(this.error, this.described);
    this.loop._report(
      {
        message: `${this.what} exception was never retrieved`,
        exception: this.error,
        described: this.described,
        ...(this.source === null ? {} : { sourceTraceback: this.source }),
      },
      this.context,
    );
  }
}

const collected = new FinalizationRegistry<UnretrievedError>((holder) => holder.report());

/** @internal Called when a future fails. */
export function watchForCollection(
  future: Future<unknown>,
  what: "Future" | "Task",
  error: unknown,
  context: Context | null,
): UnretrievedError {
  const holder = new UnretrievedError(
    error,
    future._loop,
    what,
    future._describe(),
    future._source === null ? null : stackText(future._source),
    context,
  );
  collected.register(future, holder, holder);
  future._loop._unretrieved.add(holder);
  reportAtExit(future._loop);
  return holder;
}

/** @internal Somebody looked. @returns the error. */
export function retrieved(holder: UnretrievedError): unknown {
  if (!holder.retrieved) {
    holder.retrieved = true;
    collected.unregister(holder);
    holder.loop._unretrieved.delete(holder);
    if (holder.loop._unretrieved.size === 0) nothingToReport(holder.loop);
  }
  return holder.error;
}

function readStack(error: Error): string | null {
  try {
    return typeof error.stack === "string" ? error.stack : null;
  } catch {
    return null;
  }
}
