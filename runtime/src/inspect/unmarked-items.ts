import type { Inspectable } from "../core/inspectable.js";
import type { Future } from "../core/future.js";
import type { CancelScope } from "../core/cancel-scope.js";
import { FindingText, called, capital, resourceName } from "./finding-text.js";
import { IntList } from "./int-list.js";
import { mapForEach, mapGet, mapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { Taking } from "./takings.js";
import { CANCELLED, FAILED, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { standing } from "./task-state.js";
import { isTimed, type WaitGraph } from "./wait-graph.js";
import { eachWait } from "./waits.js";

/** Where something else goes on in the program, nothing may have happened to the queue for so long. Milliseconds. */
const QUIET = 5000;
/** Tasks that are told in one sentence. */
const TOLD = 5;
/** Descendants of a task that are looked at; where there are more, one of them may be at work. */
const MOST_DESCENDANTS = 10_000;

/** Items that were got from a queue without `taskDone()`, although nobody works on one; and who waits in `join()`. */
export interface UnmarkedItems {
  readonly queue: Inspectable;
  readonly count: number;
  /** Who got them; empty when that is not known. */
  readonly holders: readonly Taking[];
  /** Nodes of the tasks that wait in `join()`. */
  readonly joiners: IntList;
  /** Nodes of those that wait for the next item; only while the graph has them, which is when nothing can happen. */
  readonly getters: IntList;
}

/** Finds queues whose `join()` waits for a `taskDone()` that was forgotten. */
export class UnmarkedItemsSearch {
  readonly found: UnmarkedItems[] = [];
  readonly #registry: Registry;
  readonly #graph: WaitGraph;

  /** @param isStuck whether what a node waits for has been told already. */
  constructor(
    registry: Registry,
    graph: WaitGraph,
    idle: boolean,
    now: number,
    isStuck: (node: number) => boolean,
  ) {
    this.#registry = registry;
    this.#graph = graph;
    const joiners = new Map<Inspectable, IntList>();
    const getters = new Map<Inspectable, IntList>();
    let othersAreAtWork = false;
    for (let node = 0; node < graph.size; node++) {
      const record = graph.tasks[node]!;
      if (record === null || !graph.leadsOutside(node) || isStuck(node)) continue;
      const joined = onlyQueue(record, "queue-join");
      const gotFrom = joined === null ? onlyQueue(record, "queue-get") : null;
      if (joined !== null) add(joiners, joined, node);
      else if (gotFrom !== null && isEmpty(gotFrom)) add(getters, gotFrom, node);
      else othersAreAtWork = true;
    }
    mapForEach(joiners, (waiting, queue) => {
      const { size = 0, unfinished = 0 } = queue._inspect();
      if (size > 0 || unfinished === 0) return;
      const takings = this.#registry.takings.of(queue);
      const holders = takings?.holders(unfinished) ?? [];
      const isLost =
        holders.length === 0
          ? idle && !othersAreAtWork
          : this.#areAtRest(holders, queue) &&
            (idle || (now - takings!.changedAt >= QUIET && (takings!.returned > 0 || haveFailed(holders))));
      if (!isLost) return;
      this.found[this.found.length] = {
        queue,
        count: unfinished,
        holders,
        joiners: waiting,
        getters: mapGet(getters, queue) ?? new IntList(1),
      };
    });
  }

  /** `2 items of Queue jobs were got by task worker at … and never marked with taskDone(); it waits for the next one.` */
  tell({ queue, count, holders, getters }: UnmarkedItems): FindingText {
    const text = new FindingText(this.#registry);
    const items = count === 1 ? "1 item" : `${count} items`;
    const were = count === 1 ? "was" : "were";
    text.say(`${items} of ${resourceName(this.#registry, queue)} ${were} got`);
    if (holders.length === 1) {
      const [holder] = holders as [Taking];
      text.say(` by ${nameOf(holder.record)}`);
      this.#where(text, holder);
      text.say(` and never marked with taskDone(); it ${fate(holder.record)}. `);
      return text;
    }
    text.say(" and never marked with taskDone()");
    const told = Math.min(holders.length, TOLD);
    for (let i = 0; i < told; i++) {
      const holder = holders[i]!;
      text.say(`${i === 0 ? ": " : "; "}${holder.count} by ${nameOf(holder.record)}`);
      this.#where(text, holder);
      text.say(`, which ${fate(holder.record)}`);
    }
    if (told < holders.length) text.say(`; the others by ${holders.length - told} more tasks`);
    text.say(". ");
    if (holders.length === 0 && getters.length > 0) {
      const first = this.#graph.tasks[getters.at(0)]!;
      const others = getters.length - 1;
      text
        .say(`${capital(called(first))} waits`)
        .where(first, awaitableOf(first))
        .say(" for the next one");
      if (others > 0) text.say(others === 1 ? ", and so does 1 other" : `, and so do ${others} others`);
      text.say(". ");
    }
    return text;
  }

  #where(text: FindingText, { record, site }: Taking): void {
    // One that waits for the next item stands where it got this one, when nothing better is known.
    if (site !== 0) text.at(record.id, site);
    else if (record.task !== null) text.where(record, awaitableOf(record));
  }

  /** Whether none of them, and none of the tasks that they have made since, does anything but wait for an item. */
  #areAtRest(holders: readonly Taking[], queue: Inspectable): boolean {
    for (let i = 0; i < holders.length; i++) {
      const { record, since } = holders[i]!;
      if (!record.finished && !waitsAt(record, queue)) return false;
      if (!this.#descendantsAreAtRest(record, since)) return false;
    }
    return true;
  }

  #descendantsAreAtRest(of: TaskRecord, since: number): boolean {
    const parents = [of];
    let seen = 0;
    for (let next = 0; next < parents.length; next++) {
      const { children } = parents[next]!;
      for (let child = children === null ? null : children.first; child !== null; child = child.after) {
        if (++seen > MOST_DESCENDANTS) return false;
        if (!child.finished && child.createdAt >= since) {
          const gotFrom = onlyQueue(child, "queue-get");
          if (gotFrom === null || !isEmpty(gotFrom)) return false;
        }
        if (child.children !== null) parents[parents.length] = child;
      }
    }
    return true;
  }
}

function add(map: Map<Inspectable, IntList>, queue: Inspectable, node: number): void {
  const nodes = mapGet(map, queue);
  if (nodes === undefined) mapSet(map, queue, IntList.of([node]));
  else nodes.push(node);
}

function isEmpty(queue: Inspectable): boolean {
  return queue._inspect().size === 0;
}

function waitsAt(record: TaskRecord, queue: Inspectable): boolean {
  return onlyQueue(record, "queue-get") === queue || onlyQueue(record, "queue-join") === queue;
}

/** The queue at which a task waits in that way, without a time limit, and for nothing else. */
function onlyQueue(record: TaskRecord, kind: "queue-get" | "queue-join"): Inspectable | null {
  const { task } = record;
  if (task === null || standing(task) !== SUSPENDED) return null;
  let queue: object | null = null;
  let waits = 0;
  eachWait(record, ({ _origin: origin }: Future<unknown>, _since, _awaitable, scope: CancelScope | null) => {
    waits++;
    if (origin?.kind === kind && !isTimed(scope)) queue = origin.resource;
  });
  return waits === 1 ? queue : null;
}

function awaitableOf(record: TaskRecord): object | null {
  let first: object | null = null;
  eachWait(record, (_future, _since, awaitable) => (first ??= awaitable));
  return first;
}

function haveFailed(holders: readonly Taking[]): boolean {
  for (let i = 0; i < holders.length; i++) {
    const state = holders[i]!.record.rare?.state;
    if (state !== FAILED && state !== CANCELLED) return false;
  }
  return true;
}

function nameOf(record: TaskRecord): string {
  return record.id === 0 ? "a task" : called(record);
}

/** What has become of a task that got an item. */
function fate(record: TaskRecord): string {
  const { rare } = record;
  if (record.id === 0) return "has ended";
  if (record.finished)
    return rare!.state === FAILED
      ? `failed with ${rare!.error ?? "an error"}`
      : rare!.state === CANCELLED
        ? "was cancelled"
        : "has ended";
  return onlyQueue(record, "queue-join") === null ? "waits for the next one" : "waits in join() itself";
}
