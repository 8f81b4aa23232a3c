import type { Choice, Choices, ProgramOptions } from "./program-builder.js";
import { ProgramBuilder } from "./program-builder.js";
import type { Program } from "./program.js";

/** The same program for the same arguments. */
export function generate(seed: number, options: ProgramOptions): Program {
  return new ProgramBuilder(seed, options, choices).program();
}

const nesting: readonly Choice[] = [
  [3, (g, body) => ({ op: "call", ops: g.within(body) })],
  [
    5,
    (g, body) => ({
      op: "try",
      ops: g.within(body),
      catches: g.choose([2, "none"], [2, "errors"], [3, "all"]),
      handler: g.within(body),
      finally: g.below(2) === 0 ? g.within(body) : [],
    }),
  ],
  [
    6,
    (g, body) => {
      const id = g.timeoutScope();
      return { op: "timeout", id, ms: g.limit(), ops: g.within(body, { timeout: id }) };
    },
  ],
  [
    6,
    (g, body) => {
      const id = g.groupScope();
      return { op: "group", id, ops: g.within(body, { group: id }) };
    },
  ],
  [5, (g, body) => ({ op: "withLock", ...g.lock(), ops: g.within(body) })],
  [2, (g, body) => ({ op: "withPermit", ...g.semaphore(), ops: g.within(body) })],
  [
    4,
    (g, body) => {
      const condition = g.condition();
      return { op: "withCondition", ...condition, ops: g.underCondition(body, condition) };
    },
  ],
  [14, (g, body) => ({ op: "spawn", ...g.task(body), ...g.eager() })],
  [
    8,
    (g, body) => {
      const group = g.anyGroup(body);
      return group === null ? null : { op: "groupSpawn", group, ...g.task(body) };
    },
  ],
];

const waits: readonly Choice[] = [
  [18, (g) => ({ op: "sleep", ms: g.time() })],
  [
    7,
    (g, body) => {
      const own = g.below(3) === 0 ? g.ownComposite(body) : null;
      const target = own ?? g.later(body.owner);
      return target === null ? null : { op: "await", target };
    },
  ],
  [4, (g, body) => ({ op: "gather", items: g.items(body), returnExceptions: g.below(2) === 0 })],
  [
    4,
    (g, body) => ({
      op: "wait",
      items: g.items(body),
      ms: g.limit(),
      returnWhen: g.choose([1, "FIRST_COMPLETED"], [1, "FIRST_EXCEPTION"], [1, "ALL_COMPLETED"]),
    }),
  ],
  [4, (g, body) => ({ op: "waitFor", items: [g.item(body)], ms: g.limit() })],
  [3, (g, body) => ({ op: "shield", items: [g.item(body)] })],
  [3, (g, body) => ({ op: "asCompleted", items: g.items(body), ms: g.limit(), limit: 1 + g.below(4) })],
];

const tasks: readonly Choice[] = [
  [10, (g) => ({ op: "cancel", ...g.target(), ...g.message() })],
  [3, (g) => ({ op: "uncancel", ...g.target() })],
  [2, (g) => ({ op: "cancelling", ...g.target() })],
  [2, (g) => ({ op: "state", ...g.target() })],
  [
    3,
    (g, body) => {
      const kind = g.choose([2, "gather"], [1, "shield"]);
      return { op: "make", kind, ...g.composite(body, kind), returnExceptions: g.below(2) === 0 };
    },
  ],
  [
    2,
    (g, body) => {
      const id = g.anyTimeout(body);
      return id === null ? null : { op: "reschedule", id, ms: g.limit() };
    },
  ],
  [
    1,
    (g, body) => {
      const id = g.anyTimeout(body);
      return id === null ? null : { op: "expired", id };
    },
  ],
  [2, () => ({ op: "raise" })],
  [1, () => ({ op: "raiseCancelled", message: "raised" })],
  [2, () => ({ op: "return" })],
  [1, () => ({ op: "setVariable" })],
  [1, () => ({ op: "getVariable" })],
];

const futures: readonly Choice[] = [
  [7, (g) => ({ op: "setResult", ...g.plainFuture() })],
  [2, (g) => ({ op: "setError", ...g.plainFuture() })],
  [
    3,
    (g) => {
      const { target } = g.target();
      return { op: "addCallback", target, id: g.newCallback(target), ops: g.callbackOps() };
    },
  ],
  [
    1,
    (g) => {
      const callback = g.anyCallback();
      return callback === null ? null : { op: "removeCallback", ...callback };
    },
  ],
  [2, (g) => ({ op: "callSoon", id: g.newHandle(), ops: g.callbackOps() })],
  [3, (g) => ({ op: "callLater", id: g.newHandle(), ms: g.time(), ops: g.callbackOps() })],
  [
    1,
    (g) => {
      const id = g.anyHandle();
      return id === null ? null : { op: "cancelHandle", id };
    },
  ],
];

const primitives: readonly Choice[] = [
  [6, (g) => ({ op: "put", ...g.queue(), value: [g.below(3), g.below(100)] })],
  [4, (g) => ({ op: "get", ...g.queue() })],
  [1, (g) => ({ op: "join", ...g.queue() })],
  [2, (g) => ({ op: "putNowait", ...g.queue(), value: [g.below(3), g.below(100)] })],
  [1, (g) => ({ op: "getNowait", ...g.queue() })],
  [2, (g) => ({ op: "taskDone", ...g.queue() })],
  [1, (g) => ({ op: "shutdown", ...g.queue(), immediate: g.below(2) === 0 })],
  [1, (g) => ({ op: "queueState", ...g.queue() })],
  [2, (g) => ({ op: "acquire", ...g.lock() })],
  [4, (g) => ({ op: "release", ...g.lock() })],
  [1, (g) => ({ op: "locked", ...g.lock() })],
  [3, (g) => ({ op: "acquirePermit", ...g.semaphore() })],
  [5, (g) => ({ op: "releasePermit", ...g.semaphore() })],
  [1, (g) => ({ op: "permitLocked", ...g.semaphore() })],
  [2, (g) => ({ op: "waitEvent", ...g.event() })],
  [4, (g) => ({ op: "setEvent", ...g.event() })],
  [1, (g) => ({ op: "clearEvent", ...g.event() })],
  [1, (g) => ({ op: "eventIsSet", ...g.event() })],
  [1, (g) => ({ op: "waitCondition", ...g.condition() })],
  [1, (g) => ({ op: "waitConditionFor", ...g.condition(), event: g.event().on })],
  [2, (g) => ({ op: "notify", ...g.condition(), limit: 1 + g.below(3) })],
  [1, (g) => ({ op: "notifyAll", ...g.condition() })],
  [3, (g) => ({ op: "waitBarrier", ...g.barrier() })],
  [1, (g) => ({ op: "resetBarrier", ...g.barrier() })],
  [1, (g) => ({ op: "abortBarrier", ...g.barrier() })],
  [1, (g) => ({ op: "barrierState", ...g.barrier() })],
];

const inCallbacks: Choices["inCallbacks"] = [
  [3, (g) => ({ op: "cancel", ...g.anything(), ...g.message() })],
  [2, (g) => ({ op: "setResult", ...g.plainFuture() })],
  [1, (g) => ({ op: "setError", ...g.plainFuture() })],
  [1, (g) => ({ op: "state", ...g.anything() })],
  [1, (g) => ({ op: "putNowait", ...g.queue(), value: [g.below(3), g.below(100)] })],
  [1, (g) => ({ op: "getNowait", ...g.queue() })],
  [1, (g) => ({ op: "release", ...g.lock() })],
  [1, (g) => ({ op: "releasePermit", ...g.semaphore() })],
  [2, (g) => ({ op: "setEvent", ...g.event() })],
  [1, (g) => ({ op: "clearEvent", ...g.event() })],
  [1, () => ({ op: "raise" })],
  [1, () => ({ op: "setVariable" })],
  [1, () => ({ op: "getVariable" })],
];

const choices: Choices = {
  nesting,
  others: [...waits, ...tasks, ...futures, ...primitives],
  inCallbacks,
};
