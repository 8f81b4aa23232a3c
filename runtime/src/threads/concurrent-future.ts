import type { Suspension } from "../core/awaitable.js";
import { awaitNatively } from "../core/awaitable.js";
import { CancelledError, TimeoutError } from "../core/errors.js";
import type { Future } from "../core/future.js";
import { tryGetRunningLoop, getRunningLoop } from "../core/running-loop.js";
import { adopt } from "../tasks/until.js";

/** Node's timers take no more. */
const LONGEST = 2 ** 31 - 1;

type Outcome<T> =
  | { readonly kind: "result"; readonly value: T }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "cancelled"; readonly message: string };

/**
 * The result of a coroutine that another loop runs, in this thread or in another one: `runCoroutineThreadsafe`. Unlike
 * a {@link Future} it belongs to no loop: `await` it anywhere, or `yield*` it in a coroutine.
 */
export class ConcurrentFuture<T> implements PromiseLike<T> {
  #outcome: Outcome<T> | null = null;
  #whenDone: ((outcome: Outcome<T>) => void)[] = [];
  readonly #onCancel: (message: string) => void;

  /** @internal @param onCancel cancels the coroutine. */
  constructor(onCancel: (message: string) => void) {
    this.#onCancel = onCancel;
  }

  /** Whether it has a result or an error, or was cancelled. */
  done(): boolean {
    return this.#outcome !== null;
  }

  /** Whether it ended by being cancelled. */
  cancelled(): boolean {
    return this.#outcome?.kind === "cancelled";
  }

  /**
   * Cancels the coroutine's task (rule EX-05). Whoever waits here gets a CancelledError at once.
   * @returns false when it was done already.
   */
  cancel(message = ""): boolean {
    if (this.#outcome !== null) return false;
    this._settle({ kind: "cancelled", message });
    this.#onCancel(message);
    return true;
  }

  /**
   * The result, as a native promise.
   * @param options.timeout milliseconds, after which the coroutine is cancelled.
   * @throws TimeoutError after that; CancelledError; what the coroutine threw.
   */
  result(options: { readonly timeout?: number | undefined } = {}): Promise<T> {
    const { timeout } = options;
    return new Promise((resolve, reject) => {
      const timer =
        timeout === undefined || timeout > LONGEST
          ? undefined
          : setTimeout(() => {
              reject(new TimeoutError(`no result within ${timeout} ms: the coroutine was cancelled`));
              this.cancel();
            }, timeout);
      this.#tell((outcome) => {
        clearTimeout(timer);
        if (outcome.kind === "result") resolve(outcome.value);
        else if (outcome.kind === "error") reject(outcome.error);
        else reject(new CancelledError(outcome.message));
      });
    });
  }

  /** For `await`. In a task, a cancel of that task cancels the coroutine. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const promise = tryGetRunningLoop() === null ? this.result() : awaitNatively(this.#inLoop());
    return promise.then(onFulfilled, onRejected);
  }

  /** For `yield*`. @throws RuntimeError when no loop runs. */
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this.#inLoop()[Symbol.iterator]();
  }

  /** @internal Nothing happens when it is done already. */
  _settle(outcome: Outcome<T>): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    for (const tell of this.#whenDone.splice(0)) tell(outcome);
  }

  #inLoop(): Future<T> {
    const result = this.result();
    const source = {
      then: result.then.bind(result),
      cancel: (message: string) => this.cancel(message),
    };
    return adopt(source as PromiseLike<T>, getRunningLoop());
  }

  #tell(listener: (outcome: Outcome<T>) => void): void {
    if (this.#outcome !== null) listener(this.#outcome);
    else this.#whenDone.push(listener);
  }
}
