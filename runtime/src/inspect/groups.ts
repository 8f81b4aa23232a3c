import type { GroupQuery, GroupReply, SiteId, TaskGroup, TaskId, WaitKind } from "@asyncscope/protocol";
import { eachFrame } from "./chain.js";
import { atMost, count } from "./numbers.js";
import { mapGet, mapSet, weakMapGet, weakMapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import { SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { sinceWhen, standing } from "./task-state.js";
import { clean } from "./text.js";
import { eachLabel, eachWait, kindOf, LABEL } from "./waits.js";

const NAME = 200;
/** Functions of a chain that tell groups apart, from the inside. */
const MOST_FUNCTIONS = 20;
const MOST_SAMPLES = 20;

/** What tells a group from the others: function names, 0, kind, resource, site. */
type Key = string | number | object | null;

/** Tasks that stand in the same functions and wait for the same thing. */
class Group {
  count = 0;
  since = Infinity;
  oldest: TaskId = 0;
  /** Evenly spread over its tasks: when full every second one goes, and from then on half as many come. */
  samples: TaskId[] = [];
  #stride = 1;

  constructor(
    readonly functions: readonly string[],
    readonly kind: WaitKind,
    readonly site: SiteId,
  ) {}

  add(id: TaskId, since: number): void {
    if (since < this.since) {
      this.since = since;
      this.oldest = id;
    }
    if (this.count++ % this.#stride !== 0) return;
    if (this.samples.length === MOST_SAMPLES) {
      const half: TaskId[] = [];
      for (let i = 0; i < MOST_SAMPLES; i += 2) half[half.length] = this.samples[i]!;
      this.samples = half;
      this.#stride *= 2;
    }
    this.samples[this.samples.length] = id;
  }
}

/** A tree of keys: no text is made for a task, which would cost more than all the rest. */
interface Branch {
  readonly next: Map<Key, Branch>;
  group: Group | null;
}

interface Grouping {
  readonly version: number;
  readonly groups: readonly Group[];
  readonly suspended: number;
}

const lastGroupings = new WeakMap<Registry, Grouping>();

/** Answers a {@link GroupQuery}: all suspended tasks are grouped before any cap. */
export function queryGroups(registry: Registry, query: GroupQuery, now: number): GroupReply {
  let grouping: Grouping | undefined = weakMapGet<Grouping>(lastGroupings, registry);
  if (grouping?.version !== registry.version) {
    grouping = groupTasks(registry);
    weakMapSet(lastGroupings, registry, grouping);
  }
  const shown = largest(grouping.groups, atMost(query.limit, 200, 1000));
  const samples = atMost(query.samples, 5, MOST_SAMPLES);
  const groups: TaskGroup[] = [];
  let shownTasks = 0;
  for (let i = 0; i < shown.length; i++) {
    groups[i] = describe(registry, shown[i]!, samples);
    shownTasks += shown[i]!.count;
  }
  return {
    now,
    version: registry.version,
    groups,
    total: grouping.groups.length,
    suspended: grouping.suspended,
    hiddenTasks: grouping.suspended - shownTasks,
    sites: registry.sites.since(count(query.knownSites, 0)),
  };
}

function groupTasks(registry: Registry): Grouping {
  const root: Branch = { next: new Map(), group: null };
  const groups: Group[] = [];
  let suspended = 0;
  // Most tasks stand where the one before stood: its keys are compared before the tree is walked.
  let keys: Key[] = [];
  let before: Key[] = [];
  let last: Group | null = null;
  const running: object[] = [];
  registry.eachRunning((task) => {
    running[running.length] = task;
  });
  registry.tasks.forEach((record) => {
    const { task } = record;
    if (task === null || standing(task) !== SUSPENDED) return;
    for (let i = 0; i < running.length; i++) if (running[i] === task) return;
    suspended++;
    keysOf(registry, record, keys);
    if (last === null || !same(keys, before)) {
      const branch = walk(root, keys);
      if (branch.group === null) {
        branch.group = groupOf(keys);
        groups[groups.length] = branch.group;
      }
      last = branch.group;
      const swap = before;
      before = keys;
      keys = swap;
    }
    last.add(record.id, sinceWhen(record, SUSPENDED));
  });
  return { version: registry.version, groups, suspended };
}

/** Writes what tells the group of a task into `keys`. */
function keysOf(registry: Registry, record: TaskRecord, keys: Key[]): void {
  let length = 0;
  let site: SiteId = 0;
  eachFrame(registry, record, (frame, frameSite) => {
    if (!frame._isUserCode || length === MOST_FUNCTIONS) return;
    if (length === 0) site = frameSite;
    keys[length++] = frame._name;
  });
  let kind: WaitKind | null = null;
  let resource: object | null = null;
  eachWait(record, (future, _since, awaitable) => {
    if (kind !== null) return;
    kind = kindOf(future);
    resource = future._origin?.resource ?? null;
    if (site === 0 && awaitable !== null) site = registry.awaitSite(awaitable);
  });
  keys[length++] = 0;
  keys[length++] = kind ?? "other";
  keys[length++] = resource;
  keys[length++] = site;
  if (keys.length !== length) keys.length = length;
}

function groupOf(keys: readonly Key[]): Group {
  const functions: string[] = [];
  const end = keys.length - 4;
  for (let i = 0; i < end; i++) functions[i] = clean(keys[i] as string, NAME);
  return new Group(functions, keys[end + 1] as WaitKind, keys[end + 3] as SiteId);
}

function same(a: readonly Key[], b: readonly Key[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function walk(root: Branch, keys: readonly Key[]): Branch {
  let branch = root;
  for (let i = 0; i < keys.length; i++) {
    let next = mapGet(branch.next, keys[i]!);
    if (next === undefined) {
      next = { next: new Map(), group: null };
      mapSet(branch.next, keys[i]!, next);
    }
    branch = next;
  }
  return branch;
}

/** The `limit` groups with most tasks, the largest first; equal ones in the order in which they were met. */
function largest(groups: readonly Group[], limit: number): Group[] {
  const top: Group[] = [];
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    if (top.length === limit && (limit === 0 || top[limit - 1]!.count >= group.count)) continue;
    let at = top.length < limit ? top.length : limit - 1;
    for (; at > 0 && top[at - 1]!.count < group.count; at--) top[at] = top[at - 1]!;
    top[at] = group;
  }
  return top;
}

/** The label is read now: the state of a queue changes while its waiters stand still. */
function describe(registry: Registry, group: Group, most: number): TaskGroup {
  const { functions, kind, site, since, oldest } = group;
  const record = registry.get(oldest);
  let label: string | null = null;
  let resource = 0;
  if (record !== undefined) {
    eachLabel(registry, record, (text) => {
      label ??= clean(text, LABEL);
    });
    eachWait(record, ({ _origin: origin }) => {
      if (resource === 0 && origin?.resource != null)
        resource = registry.resources.of(origin.resource)?.id ?? 0;
    });
  }
  const samples: TaskId[] = [];
  const { length } = group.samples;
  const shown = length < most ? length : most;
  for (let i = 0; i < shown; i++) samples[i] = group.samples[Math.floor((i * length) / shown)]!;
  return {
    functions,
    kind,
    label: label ?? kind,
    ...(resource === 0 ? {} : { resource }),
    site,
    count: group.count,
    since,
    oldest,
    samples,
  };
}
