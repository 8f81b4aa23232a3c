import type {
  GroupId,
  GroupPage,
  GroupPageQuery,
  GroupQuery,
  GroupReply,
  TaskGroup,
  TaskId,
} from "@asyncscope/protocol";
import { groupTasks, stateName } from "./grouping.js";
import type { Group, Grouping } from "./grouping.js";
import { atMost, count } from "./numbers.js";
import { mapGet, mapSet, mapSize, stringify, weakMapGet, weakMapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import { SUSPENDED } from "./task-record.js";
import { clean } from "./text.js";
import { counts, taskInfos } from "./tree.js";
import { eachLabel, LABEL } from "./waits.js";

const MOST_GROUPS = 1000;
const MOST_SAMPLES = 20;
const MOST_PER_PAGE = 1000;
/** Groups of which it is remembered which id they have. */
const MOST_IDS = 10_000;

/** What is kept of a registry between two questions. */
class Memory {
  version = -1;
  question = "";
  grouping: Grouping | null = null;
  #ids = new Map<string, GroupId>();
  #lastId = 0;

  /** Texts are made for groups only, never for tasks. */
  idOf({ functions, state, kind, site, innermost, resource }: Group): GroupId {
    let key = `${state} ${kind} ${site} ${innermost} ${resource ?? "many"}`;
    for (let i = 0; i < functions.length; i++) key += `\n${functions[i]!}`;
    const known = mapGet(this.#ids, key);
    if (known !== undefined) return known;
    if (mapSize(this.#ids) >= MOST_IDS) this.#ids = new Map();
    mapSet(this.#ids, key, ++this.#lastId);
    return this.#lastId;
  }
}

const memories = new WeakMap<Registry, Memory>();

/** Answers a {@link GroupQuery}: all tasks are filtered and grouped before any cap. */
export function queryGroups(registry: Registry, query: GroupQuery, now: number): GroupReply {
  let memory = weakMapGet(memories, registry);
  if (memory === undefined) weakMapSet(memories, registry, (memory = new Memory()));
  const grouping = groupingOf(registry, memory, query, now);
  const shown = largest(grouping.groups, atMost(query.limit, 200, MOST_GROUPS));
  const samples = atMost(query.samples, 5, MOST_SAMPLES);
  const groups: TaskGroup[] = [];
  let shownTasks = 0;
  for (let i = 0; i < shown.length; i++) {
    groups[i] = describe(registry, memory, shown[i]!, samples);
    shownTasks += shown[i]!.count;
  }
  const { pages, named } = pagesOf(memory, grouping, query.pages ?? []);
  return {
    now,
    version: registry.version,
    groups,
    total: grouping.groups.length,
    grouped: grouping.grouped,
    suspended: grouping.suspended,
    hiddenTasks: grouping.grouped - shownTasks,
    pages,
    tasks: taskInfos(registry, named),
    counts: counts(registry),
    sites: registry.sites.since(count(query.knownSites, 0)),
  };
}

/** While no task has moved the last grouping holds, unless it hangs on the time. */
function groupingOf(
  registry: Registry,
  memory: Memory,
  { all = false, filter }: GroupQuery,
  now: number,
): Grouping {
  const question = `${all} ${stringify(filter) ?? ""}`;
  const holds = memory.version === registry.version && filter?.olderThan === undefined;
  if (memory.grouping === null || !holds || memory.question !== question) {
    memory.grouping = groupTasks(registry, all, filter, now);
    memory.version = registry.version;
    memory.question = question;
  }
  return memory.grouping;
}

/** The tasks of those groups that were asked for; the groups are found again by their ids. */
function pagesOf(
  memory: Memory,
  { groups }: Grouping,
  asked: readonly GroupPageQuery[],
): { readonly pages: GroupPage[]; readonly named: TaskId[] } {
  const pages: GroupPage[] = [];
  const named: TaskId[] = [];
  const byId = new Map<GroupId, Group>();
  if (asked.length > 0)
    for (let i = 0; i < groups.length && i < MOST_IDS; i++) mapSet(byId, memory.idOf(groups[i]!), groups[i]!);
  for (let i = 0; i < asked.length; i++) {
    const { group: id } = asked[i]!;
    const group = mapGet(byId, id);
    const offset = count(asked[i]!.offset, 0);
    const total = group === undefined ? 0 : group.count;
    const end = Math.min(total, offset + atMost(asked[i]!.limit, 100, MOST_PER_PAGE));
    const tasks: TaskId[] = [];
    for (let at = offset; at < end; at++) {
      const task = group!.tasks.at(at);
      tasks[tasks.length] = task;
      named[named.length] = task;
    }
    pages[pages.length] = { group: id, offset, tasks, total };
  }
  return { pages, named };
}

/** The `limit` groups with most tasks, the largest first; equal ones in the order in which they were met. */
function largest(groups: readonly Group[], limit: number): Group[] {
  const top: Group[] = [];
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    if (top.length === limit && (limit === 0 || !comesBefore(group, top[limit - 1]!))) continue;
    let at = top.length < limit ? top.length : limit - 1;
    for (; at > 0 && comesBefore(group, top[at - 1]!); at--) top[at] = top[at - 1]!;
    top[at] = group;
  }
  return top;
}

/** What has ended is there to look it up; what is alive is what one looks for. */
function comesBefore(a: Group, b: Group): boolean {
  return a.hasEnded === b.hasEnded ? a.count > b.count : b.hasEnded;
}

/** The label is read now: the state of a queue changes while its waiters stand still. */
function describe(registry: Registry, memory: Memory, group: Group, most: number): TaskGroup {
  const { functions, state, kind, site, since, oldest, count: size, resource } = group;
  const record = registry.get(oldest);
  let label: string | null = null;
  if (record !== undefined && state === SUSPENDED) {
    eachLabel(registry, record, (text) => {
      label ??= clean(text, LABEL);
    });
  }
  const samples: TaskId[] = [];
  const shown = size < most ? size : most;
  for (let i = 0; i < shown; i++) samples[i] = group.tasks.at(Math.floor((i * size) / shown));
  return {
    id: memory.idOf(group),
    functions,
    state: stateName(group),
    kind,
    label: label ?? (state === SUSPENDED ? kind : ""),
    ...(resource === undefined ? { manyResources: true } : resource === 0 ? {} : { resource }),
    site,
    count: size,
    since,
    oldest,
    samples,
  };
}
