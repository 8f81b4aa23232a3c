import type { SiteId, SourceLocation, TaskId, TaskInfo, TaskNode } from "@asyncscope/protocol";
import type { TaskBackend } from "./backend.js";

/** Locations are asked for at most this many tasks of a reply: the rows that can be seen. */
export const MAX_LOCATIONS = 200;

/** How long an answer waits for positions, in milliseconds. */
export const LOCATIONS_MS = 500;

/** Resolves positions, also after the end of the program. */
export type Sources = Pick<TaskBackend, "site" | "resolveSite">;

/** What is known beside what the program says of a task. */
export interface Surroundings {
  /** Undefined: the program cannot be asked any more. */
  readonly live: TaskBackend | undefined;
  readonly sources: Sources | undefined;
  readonly paused: boolean;
  /** Thread of a pinned task. */
  threadOf(task: TaskId): number | undefined;
  /** Where the program is stopped, in the user's code. */
  stoppedAt(): Promise<SourceLocation | undefined>;
  /** Where a task stood when the program ended. */
  stoodAt(task: TaskInfo): Promise<SourceLocation | undefined>;
}

/** Gives tasks their positions in the user's sources, and what else a view shows of them. */
export async function placeTasks(
  tasks: readonly TaskInfo[],
  locations: boolean,
  surroundings: Surroundings,
): Promise<TaskNode[]> {
  const { live, sources, paused } = surroundings;
  const places = new Map<TaskId, SourceLocation | undefined>();
  const waiting = tasks.filter(({ state, form }) => state === "suspended" && form === "generator");
  const asked = waiting.slice(0, MAX_LOCATIONS).map(({ id }) => id);
  if (locations && live !== undefined && asked.length > 0) {
    const found = await live.locations(asked).catch(() => []);
    asked.forEach((id, i) => places.set(id, found[i]));
  }
  const running = tasks.filter(({ state }) => state === "running");
  // A task that started another eagerly runs as well, but stands elsewhere.
  if (locations && paused && live !== undefined && running.length === 1)
    places.set(running[0]!.id, await surroundings.stoppedAt().catch(() => undefined));
  const resolve = siteResolver(sources);
  return Promise.all(
    tasks.map(async (task, i) => {
      const wanted = locations && i < MAX_LOCATIONS * 10;
      const waitSite = task.waits.find(({ site }) => site !== undefined && site !== 0)?.site;
      const location =
        places.get(task.id) ??
        (await surroundings.stoodAt(task)) ??
        (wanted && waitSite !== undefined ? await resolve(waitSite) : undefined);
      const createdAtLocation = wanted && task.created !== 0 ? await resolve(task.created) : undefined;
      const threadId = surroundings.threadOf(task.id);
      return {
        ...task,
        ...(location === undefined ? {} : { location }),
        ...(createdAtLocation === undefined ? {} : { createdAtLocation }),
        ...(threadId === undefined ? {} : { threadId }),
      };
    }),
  );
}

/** Resolves each site once. */
export function siteResolver(
  sources: Sources | undefined,
): (id: SiteId) => Promise<SourceLocation | undefined> {
  const known = new Map<SiteId, Promise<SourceLocation | undefined>>();
  return (id) => {
    let location = known.get(id);
    if (location === undefined) known.set(id, (location = resolveSite(sources, id)));
    return location;
  };
}

/** The position of a site that came with an earlier reply, in the user's sources. */
export async function resolveSite(
  sources: Sources | undefined,
  id: SiteId,
): Promise<SourceLocation | undefined> {
  const site = sources?.site(id);
  return site === undefined ? undefined : sources?.resolveSite(site).catch(() => undefined);
}
