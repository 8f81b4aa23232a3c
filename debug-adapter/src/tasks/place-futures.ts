import type {
  FutureInfo,
  FutureNode,
  FuturesArguments,
  FuturesBody,
  TaskInfo,
  TaskNode,
} from "@asyncscope/protocol";
import type { TaskBackend } from "./backend.js";
import { LOCATIONS_MS, siteResolver } from "./task-places.js";
import { within } from "./within.js";

/** The pending futures of a program with the lines where they were made. @param nodes gives tasks their positions */
export async function askFutures(
  backend: TaskBackend,
  args: FuturesArguments,
  nodes: (tasks: readonly TaskInfo[]) => Promise<TaskNode[]>,
): Promise<Omit<FuturesBody, "status">> {
  const { now, version, futures, total, otherWaits, tasks } = await backend.futures(args);
  const [placed, placedTasks] = await Promise.all([
    within(LOCATIONS_MS, placeFutures(futures, backend), futures),
    within(LOCATIONS_MS, nodes(tasks), tasks),
  ]);
  return { now, version, futures: placed, total, otherWaits, tasks: placedTasks };
}

function placeFutures(futures: readonly FutureInfo[], sources: TaskBackend): Promise<FutureNode[]> {
  const resolve = siteResolver(sources);
  return Promise.all(
    futures.map(async (future) => {
      const createdAtLocation = future.created === 0 ? undefined : await resolve(future.created);
      return createdAtLocation === undefined ? future : { ...future, createdAtLocation };
    }),
  );
}
