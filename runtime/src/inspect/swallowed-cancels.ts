import type { Finding, TaskId } from "@asyncscope/protocol";
import type { Future } from "../core/future.js";
import { FindingText, called, capital } from "./finding-text.js";
import { mapForEach, mapGet, mapSet, mapSize } from "./primordials.js";
import type { Registry } from "./registry.js";
import { SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { standing } from "./task-state.js";
import { eachAwaited, eachWait, kindOf, labelOf } from "./waits.js";

/** What a task may take to clean up before it is said that it goes on. Milliseconds. */
const PATIENCE = 5000;
const LISTED = 20;

/**
 * Tasks that were cancelled a while ago, have begun other waits since, and for whose end others wait: mostly a `catch`
 * that took the CancelledError for a failure and tries again.
 */
export function swallowedCancels(registry: Registry, now: number, limit: number): Finding[] {
  const cancelled = new Map<TaskRecord, TaskRecord[]>();
  registry.tasks.forEach((record) => {
    if (hasGoneOn(record, now)) mapSet(cancelled, record, []);
  });
  if (mapSize(cancelled) === 0) return [];
  registry.tasks.forEach((record) => {
    if (record.task === null || standing(record.task) !== SUSPENDED) return;
    eachAwaited(registry, record, (awaited) => {
      const waiting = mapGet(cancelled, awaited);
      if (waiting !== undefined) waiting[waiting.length] = record;
    });
  });
  const findings: Finding[] = [];
  mapForEach(cancelled, (waiting, record) => {
    if (waiting.length > 0 && findings.length < limit)
      findings[findings.length] = tell(registry, record, waiting, now);
  });
  return findings;
}

function hasGoneOn({ task, rare }: TaskRecord, now: number): boolean {
  if (task === null || rare === null || rare.cancelledBy === null || task.cancelling() === 0) return false;
  if (now - rare.cancelledAt < PATIENCE) return false;
  // It may have waited there before: then the cancel has not come to it yet.
  return standing(task) !== SUSPENDED || (task._since ?? 0) > rare.cancelledAt;
}

function tell(registry: Registry, record: TaskRecord, waiting: readonly TaskRecord[], now: number): Finding {
  const { cancelledBy, cancelledAt } = record.rare!;
  const seconds = Math.round((now - cancelledAt) / 1000);
  const text = new FindingText(registry);
  let wait: Future<unknown> | null = null;
  let awaitable: object | null = null;
  if (standing(record.task!) === SUSPENDED)
    eachWait(record, (future, _since, awaited) => {
      if (wait !== null) return;
      wait = future;
      awaitable = awaited;
    });
  text.say(`${capital(called(record))} goes on although it was cancelled ${seconds} s ago`);
  if (wait !== null) {
    text
      .say(": it waits")
      .where(record, awaitable)
      .say(` for ${kindOf(wait) === "sleep" ? "a timer" : labelOf(registry, wait)}`);
  }
  text.say(". ");
  const [first] = waiting as [TaskRecord];
  let at: object | null = null;
  eachWait(first, (_future, _since, awaited) => (at ??= awaited));
  text
    .say(`${capital(called(first))} waits`)
    .where(first, at)
    .say(" for its end");
  if (waiting.length > 1)
    text.say(waiting.length === 2 ? ", and so does 1 other" : `, and so do ${waiting.length - 1} others`);
  text.say(".");
  if (cancelledBy!.site !== 0) text.say(" The cancel was asked for").at(0, cancelledBy!.site).say(".");
  text.say(" A catch must throw a CancelledError again.");
  const behind: TaskId[] = [];
  for (let i = 0; i < waiting.length && i < LISTED; i++) behind[i] = waiting[i]!.id;
  return text.finding("swallowed-cancel", record.id, {
    certain: false,
    since: cancelledAt,
    tasks: [record.id],
    behind,
    behindCount: waiting.length,
  });
}
