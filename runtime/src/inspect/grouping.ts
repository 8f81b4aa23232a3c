import type { ResourceId, SiteId, TaskFilter, TaskId, TaskState, WaitKind } from "@asyncscope/protocol";
import type { Frame } from "../core/coroutine.js";
import { eachFrame, generatorOf } from "./chain.js";
import { functionOf, TaskMatcher } from "./filter.js";
import { IntList } from "./int-list.js";
import {
  mapForEach,
  mapGet,
  mapSet,
  mapSize,
  setAdd,
  setHas,
  weakMapGet,
  weakMapSet,
} from "./primordials.js";
import type { Registry } from "./registry.js";
import { asyncCallOf } from "./shapes.js";
import { rawCoroutineOf } from "./task-info.js";
import { DONE, RUNNING, STATES, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { sinceWhen, standing } from "./task-state.js";
import { clean } from "./text.js";
import { eachWait, kindOf } from "./waits.js";

const NAME = 200;
/** Functions of a chain that tell groups apart, from the inside. */
const MOST_FUNCTIONS = 20;
/** Primitives that tell groups of one place apart. With more, each task has one of its own: they are one group. */
const MOST_RESOURCES = 8;

/** What tells a group from the others: function names, 0, state, kind, site, function, resource. */
type Key = string | number | object | null;
/** Those behind the names. */
const LAST_KEYS = 6;

/** Tasks that stand in the same functions and wait for the same thing, or are in the same state. */
export class Group {
  since = Infinity;
  oldest: TaskId = 0;
  /** In order of creation, unless it was put together of others. */
  readonly tasks: IntList;

  constructor(
    readonly functions: readonly string[],
    readonly state: number,
    readonly kind: WaitKind,
    readonly site: SiteId,
    /** A number for the innermost generator function, 0 when it is none: nothing of the program is held. */
    readonly innermost: number,
    /** Undefined when there are many. */
    readonly resource: ResourceId | undefined,
    tasks: readonly number[] = [],
  ) {
    this.tasks = IntList.of(tasks, 4);
  }

  get count(): number {
    return this.tasks.length;
  }

  get hasEnded(): boolean {
    return this.state >= DONE;
  }

  add(id: TaskId, since: number): void {
    if (since < this.since) {
      this.since = since;
      this.oldest = id;
    }
    this.tasks.push(id);
  }
}

/** All tasks that were asked for, by group. */
export interface Grouping {
  readonly groups: readonly Group[];
  readonly grouped: number;
  readonly suspended: number;
}

/** A tree of keys: no text is made for a task, which would cost more than all the rest. */
interface Branch {
  readonly next: Map<Key, Branch>;
  group: Group | null;
}

/** @param all also those that do not wait, see {@link GroupQuery.all} */
export function groupTasks(
  registry: Registry,
  all: boolean,
  filter: TaskFilter | undefined,
  now: number,
): Grouping {
  const matcher = filter === undefined ? null : new TaskMatcher(registry, filter, now);
  const table = new GroupTable(registry);
  let grouped = 0;
  let suspended = 0;
  let keys: Key[] = [];
  // Most tasks stand where the one before stood: its keys are compared before the tree is walked.
  let before: Key[] = [];
  let last: Group | null = null;
  const running: object[] = [];
  registry.eachRunning((task) => {
    running[running.length] = task;
  });
  registry.tasks.forEach((record) => {
    const { task, rare } = record;
    let state = task === null ? (rare === null ? 0 : rare.state) : standing(task);
    for (let i = 0; i < running.length; i++) if (running[i] === task) state = RUNNING;
    if (state !== SUSPENDED && !all) return;
    if (matcher !== null && !matcher.matches(record)) return;
    grouped++;
    if (state === SUSPENDED) {
      suspended++;
      keysOfWaiting(registry, record, keys);
    } else keysOfOther(record, state, keys);
    if (last === null || !same(keys, before)) {
      last = table.find(keys);
      const swap = before;
      before = keys;
      keys = swap;
    }
    last.add(record.id, sinceWhen(record, state));
  });
  return { groups: table.groups(), grouped, suspended };
}

class GroupTable {
  readonly #root: Branch = { next: new Map(), group: null };
  readonly #groups: Group[] = [];
  /** Those that are part of others by now. */
  readonly #merged = new Set<Group>();
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  groups(): Group[] {
    const groups: Group[] = [];
    for (let i = 0; i < this.#groups.length; i++)
      if (!setHas(this.#merged, this.#groups[i]!)) groups[groups.length] = this.#groups[i]!;
    return groups;
  }

  find(keys: readonly Key[]): Group {
    const resource = keys[keys.length - 1]!;
    let place = this.#root;
    for (let i = 0; i < keys.length - 1; i++) place = branchOf(place, keys[i]!);
    if (place.group !== null) return place.group;
    if (mapGet(place.next, resource) === undefined && mapSize(place.next) === MOST_RESOURCES)
      return (place.group = this.#merge(place, keys));
    const leaf = branchOf(place, resource);
    if (leaf.group === null) {
      const known = resource === null ? undefined : this.#registry.resources.of(resource as object);
      leaf.group = this.#add(groupOf(keys, known === undefined ? 0 : known.id));
    }
    return leaf.group;
  }

  #merge(place: Branch, keys: readonly Key[]): Group {
    const tasks: number[] = [];
    let since = Infinity;
    let oldest = 0;
    mapForEach(place.next, ({ group }) => {
      if (group === null) return;
      setAdd(this.#merged, group);
      for (let i = 0; i < group.tasks.length; i++) tasks[tasks.length] = group.tasks.at(i);
      if (group.since < since) ({ since, oldest } = group);
    });
    const merged = this.#add(groupOf(keys, undefined, tasks));
    merged.since = since;
    merged.oldest = oldest;
    return merged;
  }

  #add(group: Group): Group {
    this.#groups[this.#groups.length] = group;
    return group;
  }
}

/** Writes what tells the group of a suspended task into `keys`. */
function keysOfWaiting(registry: Registry, record: TaskRecord, keys: Key[]): void {
  const task = record.task!;
  let length = 0;
  let site: SiteId = 0;
  let innermost: object | null = null;
  const take = (frame: Frame, frameSite: SiteId): void => {
    if (!frame._isUserCode || length === MOST_FUNCTIONS) return;
    if (length === 0) {
      site = frameSite;
      innermost = generatorOf(frame);
    }
    keys[length++] = frame._name;
  };
  let kind: WaitKind = "other";
  let resource: object | null = null;
  if (task._strands === null && asyncCallOf(task._waiter) === null) {
    // Of generators alone, as most of a million tasks: nothing is allocated for them.
    for (let frame = task._frame; frame !== null; frame = frame._caller) take(frame, 0);
    const wait = task._waiter;
    if (wait !== null) {
      kind = kindOf(wait);
      resource = wait._origin?.resource ?? null;
    }
  } else {
    eachFrame(registry, record, take);
    let isFirst = true;
    eachWait(record, (future, _since, awaitable) => {
      if (!isFirst) return;
      isFirst = false;
      kind = kindOf(future);
      resource = future._origin?.resource ?? null;
      if (site === 0 && awaitable !== null) site = registry.awaitSite(awaitable);
    });
  }
  keys[length++] = 0;
  keys[length++] = SUSPENDED;
  keys[length++] = kind;
  keys[length++] = site;
  // Functions of the same name are told apart.
  keys[length++] = functionOf(innermost);
  keys[length++] = resource;
  if (keys.length !== length) keys.length = length;
}

function keysOfOther(record: TaskRecord, state: number, keys: Key[]): void {
  keys.length = 1 + LAST_KEYS;
  keys[0] = rawCoroutineOf(record);
  keys[1] = 0;
  keys[2] = state;
  keys[3] = "other";
  keys[4] = 0;
  keys[5] = keys[6] = null;
}

function groupOf(keys: readonly Key[], resource: ResourceId | undefined, tasks?: number[]): Group {
  const functions: string[] = [];
  const end = keys.length - LAST_KEYS;
  for (let i = 0; i < end; i++) functions[i] = clean(keys[i] as string, NAME);
  return new Group(
    functions,
    keys[end + 1] as number,
    keys[end + 2] as WaitKind,
    keys[end + 3] as SiteId,
    numberOf(keys[end + 4] as object | null),
    resource,
    tasks,
  );
}

const functionNumbers = new WeakMap<object, number>();
let lastNumber = 0;

function numberOf(innermost: object | null): number {
  if (innermost === null) return 0;
  const known = weakMapGet(functionNumbers, innermost);
  if (known !== undefined) return known;
  weakMapSet(functionNumbers, innermost, ++lastNumber);
  return lastNumber;
}

function same(a: readonly Key[], b: readonly Key[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function branchOf(branch: Branch, key: Key): Branch {
  let next = mapGet(branch.next, key);
  if (next === undefined) {
    next = { next: new Map(), group: null };
    mapSet(branch.next, key, next);
  }
  return next;
}

export function stateName({ state }: Group): TaskState {
  return STATES[state]!;
}
