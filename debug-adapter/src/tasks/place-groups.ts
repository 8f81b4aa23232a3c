import type {
  GroupNode,
  GroupsArguments,
  GroupsBody,
  SourceLocation,
  TaskGroup,
  TaskId,
  TaskInfo,
  TaskNode,
} from "@asyncscope/protocol";
import type { TaskBackend } from "./backend.js";
import type { FilePlaces } from "./file-places.js";
import { LOCATIONS_MS, MAX_LOCATIONS, siteResolver } from "./task-places.js";
import { within } from "./within.js";

/** How many tasks of a program stand where. @param nodes gives tasks their positions */
export async function askGroups(
  backend: TaskBackend,
  { filter, ...query }: GroupsArguments,
  files: FilePlaces,
  nodes: (tasks: readonly TaskInfo[]) => Promise<TaskNode[]>,
): Promise<Omit<GroupsBody, "status">> {
  const translated = filter && { filter: await files.translate(backend, filter) };
  const reply = await backend.groups({ ...query, ...translated });
  const { now, version, total, grouped, hiddenTasks, pages, counts } = reply;
  const unplaced = reply.groups.map((group) => ({ ...group, locations: [] }));
  const [groups, tasks] = await Promise.all([
    within(LOCATIONS_MS, placeGroups(reply.groups, backend), unplaced),
    within(LOCATIONS_MS, nodes(reply.tasks), reply.tasks),
  ]);
  return { now, version, groups, total, grouped, hiddenTasks, pages, tasks, counts };
}

/** Gives groups the lines where their tasks stand: of generators those of their samples, the first ones first. */
async function placeGroups(groups: readonly TaskGroup[], backend: TaskBackend): Promise<GroupNode[]> {
  const asked = samplesOf(groups);
  const found = asked.length === 0 ? [] : await backend.locations(asked).catch(() => []);
  const places = new Map<TaskId, SourceLocation | undefined>(asked.map((id, i) => [id, found[i]]));
  const resolve = siteResolver(backend);
  return Promise.all(
    groups.map(async (group) => {
      const known =
        group.site === 0
          ? [group.oldest, ...group.samples].map((id) => places.get(id))
          : [await resolve(group.site)];
      return { ...group, locations: distinct(known) };
    }),
  );
}

/** The oldest task of each group, then one sample of each after the other, as long as there is room. */
function samplesOf(groups: readonly TaskGroup[]): TaskId[] {
  const generators = groups.filter(({ site, state }) => site === 0 && state === "suspended");
  const asked = new Set(generators.map(({ oldest }) => oldest));
  const most = Math.max(0, ...generators.map(({ samples }) => samples.length));
  for (let i = 0; i < most; i++)
    for (const { samples } of generators)
      if (samples[i] !== undefined && asked.size < MAX_LOCATIONS) asked.add(samples[i]!);
  return [...asked];
}

/** Those that are known, by line. */
export function distinct(locations: readonly (SourceLocation | undefined)[]): SourceLocation[] {
  const lines = new Map<string, SourceLocation>();
  for (const at of locations)
    if (at !== undefined && !lines.has(`${at.path}:${at.line}`)) lines.set(`${at.path}:${at.line}`, at);
  return [...lines.values()];
}
