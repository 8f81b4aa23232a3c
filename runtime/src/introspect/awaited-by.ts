import { given } from "../core/arguments.js";
import { isFuture } from "../core/future.js";
import type { Future } from "../core/future.js";
import type { EventLoop } from "../core/event-loop.js";
import { eachFutureBehind, eachWait } from "../inspect/waits.js";

/** Who was said to wait for a future, by those whose waits the runtime cannot see itself. */
const declared = new WeakMap<Future<unknown>, Set<Future<unknown>>>();

/**
 * For those who write an awaitable of their own: says that `waiter` waits for `future`, so that call graphs show it.
 * The waits of tasks and of everything in the runtime are known without. Take it back with
 * {@link futureDiscardFromAwaitedBy}; both are kept alive no longer than they are.
 * @throws TypeError unless both are futures.
 */
export function futureAddToAwaitedBy(future: Future<unknown>, waiter: Future<unknown>): void {
  check("futureAddToAwaitedBy", future, waiter);
  const waiters = declared.get(future);
  if (waiters === undefined) declared.set(future, new Set([waiter]));
  else waiters.add(waiter);
}

/** Takes back what {@link futureAddToAwaitedBy} said; nothing happens when it was not said. */
export function futureDiscardFromAwaitedBy(future: Future<unknown>, waiter: Future<unknown>): void {
  check("futureDiscardFromAwaitedBy", future, waiter);
  declared.get(future)?.delete(waiter);
}

function check(name: string, ...futures: readonly unknown[]): void {
  for (const future of futures)
    if (!isFuture(future)) throw new TypeError(`${name}() takes two futures or tasks, got ${given(future)}`);
}

/**
 * Who waits for what on a loop at this moment. Nothing is recorded while the program runs: the waits of all tasks are
 * looked through when somebody asks.
 */
export class Awaiters {
  readonly #of = new Map<Future<unknown>, Set<Future<unknown>>>();

  constructor(loop: EventLoop) {
    const tasks: NonNullable<EventLoop["_firstTask"]>[] = [];
    for (let task = loop._firstTask; task !== null; task = task._after) tasks.push(task);
    // The loop's list begins with the newest: here the oldest is to come first.
    for (const task of tasks.reverse())
      eachWait({ task }, (waited) =>
        eachFutureBehind(waited, (future) => {
          const known = this.#of.get(future);
          if (known === undefined) this.#of.set(future, new Set([task]));
          else known.add(task);
        }),
      );
  }

  /** Those that wait for `future`, oldest first. */
  of(future: Future<unknown>): readonly Future<unknown>[] {
    return [...new Set([...(this.#of.get(future) ?? []), ...(declared.get(future) ?? [])])];
  }
}
