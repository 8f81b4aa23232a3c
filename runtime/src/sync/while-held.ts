import type { Body } from "../core/async-call.js";
import { callBody, checkBody } from "../core/async-call.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { coroInternal } from "../core/coroutine.js";

/** What is acquired and released: a lock, or a condition by its lock. */
interface Holdable {
  acquire(): Coroutine<true>;
  release(): void;
}

const held = coroInternal(function* withLock(
  lock: Holdable,
  body: Body<[Holdable], unknown>,
): CoroutineGenerator<unknown> {
  yield* lock.acquire();
  try {
    return yield* callBody(body, [lock], "withLock()");
  } finally {
    lock.release();
  }
}, "withLock");

/** @internal Runs `body(lock)` while `lock` is acquired, and releases it however the body ends. */
export function whileHeld<L extends Holdable, T>(lock: L, body: Body<[L], T>): Coroutine<T> {
  checkBody(body, "withLock()");
  return held(lock, body as Body<[Holdable], unknown>) as Coroutine<T>;
}
