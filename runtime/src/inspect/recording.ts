import type {
  RecordedResource,
  RecordingChunk,
  RecordingOptions,
  RecordingQuery,
  RecordingState,
} from "@asyncscope/protocol";
import { EventFlag, EventType, RECORDED_WAITS } from "@asyncscope/protocol";
import type { Frame } from "../core/coroutine.js";
import type { Inspectable } from "../core/inspectable.js";
import type { Activity } from "../core/instrument.js";
import type { Task } from "../core/task.js";
import { atMost, count } from "./numbers.js";
import { each, idleTime, mapGet, mapSet, setAdd, setHas } from "./primordials.js";
import { RecordingRing } from "./recording-ring.js";
import type { Registry } from "./registry.js";
import { asyncCallOf, isTask } from "./shapes.js";
import { CREATED, DONE, RUNNING, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { standing, stateOf } from "./task-state.js";
import { clean } from "./text.js";

const DEFAULT_CAPACITY = 2 ** 18;
const LEAST_CAPACITY = 2 ** 10;
const MOST_CAPACITY = 2 ** 22;
const DEFAULT_LIMIT = 10_000;
const MOST_LIMIT = 50_000;
const NAME = 200;
/** Functions and primitives that are told apart; a program that makes ever new ones must not grow for being recorded. */
const MOST_NAMES = 20_000;
/** A pause between two events beyond which it is asked how much of it the process slept. Milliseconds. */
const PAUSE = 1;
/** Of a timer: the most that 32 bits hold. */
const MOST_MICROSECONDS = 2 ** 32 - 1;

const KINDS = new Map<string, number>(RECORDED_WAITS.map((kind, i) => [kind, (i + 1) << 8]));
const OTHER = mapGet(KINDS, "other")!;
const LEFT = EventType.left;

/**
 * Writes down what happens, for a timeline. The hot path takes the time, reads a few fields and writes 32 bytes;
 * everything else is left to whoever reads it.
 */
export class Recording implements Activity {
  readonly ring: RecordingRing;
  readonly start: number;
  readonly #registry: Registry;
  readonly #functions = new Map<string, number>();
  readonly #functionNames: string[] = [];
  readonly #seenResources = new Set<number>();
  readonly #resources: RecordedResource[] = [];
  #hiddenTasks = 0;
  #lastTime: number;
  #idle = idleTime();
  #handedOut = 0;

  /** @param now the loop's time. */
  constructor(registry: Registry, options: RecordingOptions | undefined, now: number) {
    const wanted = atMost(options?.capacity, DEFAULT_CAPACITY, MOST_CAPACITY);
    let capacity = LEAST_CAPACITY;
    while (capacity < wanted) capacity *= 2;
    this.ring = new RecordingRing(capacity);
    this.#registry = registry;
    this.start = this.#lastTime = now;
    this.#takeIn();
  }

  // --- Activity -------------------------------------------------------------------------------------------

  stepEntered(task: Task<unknown>): void {
    this.ring.add(this.#now(task), EventType.entered, this.#id(task), 0, 0, 0, 0, null);
  }

  stepLeft(task: Task<unknown>): void {
    this.#left(task, this.#now(task));
  }

  taskScheduled(task: Task<unknown>): void {
    const by = this.#registry.currentTask();
    const time = this.#now(task);
    this.ring.add(time, EventType.scheduled, this.#id(task), by === null ? 0 : this.#id(by), 0, 0, 0, null);
  }

  primitiveChanged(): void {
    // Whom it wakes is told as such.
  }

  // --- Told by the registry -------------------------------------------------------------------------------

  taskCreated(task: Task<unknown>, record: TaskRecord): void {
    this.#created(task, record, this.#now(task), 0);
  }

  taskDone(task: Task<unknown>, id: number, state: number): void {
    const head = EventType.done + ((state - DONE) << 8);
    this.ring.add(this.#now(task), head, id, 0, 0, 0, 0, task._givenName);
  }

  /** An async function made something to await: code of it has run that no other event shows. */
  ran(task: Task<unknown>): void {
    this.ring.add(this.#now(task), EventType.ran, this.#id(task), 0, 0, 0, 0, null);
  }

  cancelRequested(task: Task<unknown>, by: number): void {
    this.ring.add(this.#now(task), EventType.cancelled, this.#id(task), by, 0, 0, 0, null);
  }

  // --- Asked from outside ---------------------------------------------------------------------------------

  /** Tasks that go on get the names that they have by now. */
  stopped(now: number): void {
    let left = this.ring.capacity / 4;
    this.#registry.tasks.forEach(({ task, id }) => {
      const name = task === null ? null : task._givenName;
      if (name !== null && --left >= 0) this.ring.add(now, EventType.named, id, 0, 0, 0, 0, name);
    });
  }

  state(recording: boolean, now: number): RecordingState {
    const { capacity, next, oldest } = this.ring;
    return { recording, start: this.start, now, capacity, next, oldest, hiddenTasks: this.#hiddenTasks };
  }

  chunk(query: RecordingQuery, recording: boolean, now: number): RecordingChunk {
    const { ring } = this;
    const from = Math.min(ring.next, Math.max(ring.oldest, count(query.from, this.#handedOut)));
    const to = Math.min(ring.next, from + atMost(query.limit, DEFAULT_LIMIT, MOST_LIMIT));
    const labels: [number, string][] = [];
    for (let event = from; event < to; event++) {
      const label = ring.label(event);
      if (label !== null) labels[labels.length] = [event, clean(label, NAME)];
    }
    this.#handedOut = to;
    return {
      ...this.state(recording, now),
      from,
      to,
      events: ring.pieces(from, to),
      labels,
      functions: after(this.#functionNames, query.knownFunctions),
      resources: after(this.#resources, query.knownResources),
      sites: this.#registry.sites.since(count(query.knownSites, 0)),
    };
  }

  // --------------------------------------------------------------------------------------------------------

  /** The time; after a pause it is noted until when the process slept. */
  #now(task: Task<unknown>): number {
    const now = task._loop.time();
    const pause = now - this.#lastTime;
    if (pause > PAUSE) this.#slept(pause);
    return (this.#lastTime = now);
  }

  #slept(pause: number): void {
    const idle = idleTime();
    const slept = Math.min(pause, idle - this.#idle);
    this.#idle = idle;
    if (slept > PAUSE)
      this.ring.add(this.#lastTime + slept, EventType.idle, 0, microseconds(slept), 0, 0, 0, null);
  }

  #id(task: Task<unknown>): number {
    return this.#registry.adoptExisting(task).id;
  }

  #left(task: Task<unknown>, time: number): void {
    const id = this.#id(task);
    let waiter = task._waiter;
    let frame = task._frame;
    let site = 0;
    const more = task._more;
    if (more !== null && more.hasAwaited) {
      const call = asyncCallOf(waiter);
      if (call !== null) frame = call;
      for (let strand = more.firstStrand; strand !== null; strand = strand._after) {
        if (strand._waiter === null || asyncCallOf(strand._waiter) !== null) continue;
        waiter = strand._waiter;
        site = this.#registry.awaitSite(strand._awaitable);
        for (let at = strand._frame; at !== null; at = at._caller)
          if (at._isUserCode) {
            frame = at;
            break;
          }
        break;
      }
    }
    // It is ready again, or one of its awaits is.
    if (waiter === null || (more !== null && more.readyStrands > 0)) {
      if (!this.ring.lastIs(LEFT, id, 0, site))
        this.ring.add(time, LEFT, id, 0, 0, this.#function(frame), site, null);
      return;
    }
    const origin = isTask(waiter) ? null : waiter._origin;
    const kind = isTask(waiter) ? "task" : origin === null ? "future" : origin.kind;
    const head = LEFT + (mapGet(KINDS, kind) ?? OTHER);
    let a = 0;
    let b = 0;
    let label: string | null = null;
    if (origin === null) a = isTask(waiter) ? this.#id(waiter) : 0;
    else if (origin.resource !== null) {
      const primitive = origin.resource as Inspectable;
      a = this.#resource(primitive);
      if (kind === "lock") {
        const owner = primitive._inspect().owner;
        if (owner != null) b = this.#id(owner);
      }
    } else if (origin.due !== undefined) a = microseconds((origin.due(waiter) ?? time) - time);
    else if (origin.describe !== undefined) label = origin.describe();
    else if (origin.children !== undefined) a = this.#firstTask(origin.children(waiter));
    // Told once more where nothing has happened in between: an await of an async function begins in two steps.
    if (this.ring.lastIs(head, id, a, site)) return;
    this.ring.add(time, head, id, a, b, this.#function(frame), site, label);
  }

  #firstTask(children: Iterable<object>): number {
    let first = 0;
    each(children, (child) => {
      if (first === 0 && isTask(child) && !child.done()) first = this.#id(child);
    });
    return first;
  }

  #function(from: Frame | null): number {
    let frame = from;
    while (frame !== null && !frame._isUserCode) frame = frame._caller;
    return frame === null ? 0 : this.#name(frame._name);
  }

  #name(name: string): number {
    if (name === "") return 0;
    const known = mapGet(this.#functions, name);
    if (known !== undefined) return known;
    if (this.#functionNames.length >= MOST_NAMES) return 0;
    this.#functionNames[this.#functionNames.length] = clean(name, NAME);
    mapSet(this.#functions, name, this.#functionNames.length);
    return this.#functionNames.length;
  }

  #resource(primitive: Inspectable): number {
    const record = this.#registry.resources.of(primitive);
    if (record === undefined) return 0;
    const { id } = record;
    if (setHas(this.#seenResources, id) || this.#resources.length >= MOST_NAMES) return id;
    setAdd(this.#seenResources, id);
    this.#resources[this.#resources.length] = {
      id,
      label: this.#registry.resources.labelOf(record, primitive),
    };
    return id;
  }

  #created(task: Task<unknown>, record: TaskRecord, time: number, flags: number): void {
    const bits = (flags | (task._isAsync ? EventFlag.async : 0)) << 16;
    const parent = record.parent === null ? 0 : record.parent.id;
    const fn = this.#name(task._coroutineName);
    const site = Math.abs(record.created);
    const head = EventType.created + bits;
    this.ring.add(time, head, record.id, parent, task._number, fn, site, task._givenName);
  }

  /** What is there already: two events each. */
  #takeIn(): void {
    let left = this.ring.capacity / 4;
    const { start: time } = this;
    this.#registry.tasks.forEach((record) => {
      const { task } = record;
      if (task === null) return;
      if (--left < 0) {
        this.#hiddenTasks++;
        return;
      }
      this.#created(task, record, time, EventFlag.existed);
      const state = stateOf(this.#registry, record);
      if (state === RUNNING) this.ring.add(time, EventType.entered, record.id, 0, 0, 0, 0, null);
      else if (state !== CREATED && standing(task) === SUSPENDED) this.#left(task, time);
    });
  }
}

function microseconds(milliseconds: number): number {
  return Math.min(MOST_MICROSECONDS, Math.max(0, Math.round(milliseconds * 1000)));
}

function after<T>(list: readonly T[], known: unknown): T[] {
  const rest: T[] = [];
  for (let i = count(known, 0); i < list.length; i++) rest[rest.length] = list[i]!;
  return rest;
}
