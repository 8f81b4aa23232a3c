/** What `asyncscope run` says when the program has ended and has left something undone. */
import type { DiagnosisReply, TaskId, TaskInfo, TreeReply } from "@asyncscope/protocol";
import { ReportedSources } from "../backends/node/reported-sources.js";
import type { RunReport } from "../preload/options.js";
import { tellFindings } from "../tasks/finding-nodes.js";
import { placeTasks, resolveSite } from "../tasks/task-places.js";
import { isAboutWaits } from "../text/finding-kinds.js";
import { pendingText, type PendingFrame } from "../text/pending-text.js";

/** Plain text of several lines, which ends with a line break; "" when there is nothing to say. */
export async function reportText(report: RunReport): Promise<string> {
  const tree = JSON.parse(report.tree) as TreeReply;
  const diagnosis = report.diagnosis === "" ? undefined : (JSON.parse(report.diagnosis) as DiagnosisReply);
  const sources = new ReportedSources(report.maps, [...tree.sites, ...(diagnosis?.sites ?? [])]);
  const chains = await chainsOf(report, sources);
  const place = (tasks: readonly TaskInfo[]): ReturnType<typeof placeTasks> =>
    placeTasks(tasks, true, {
      live: undefined,
      sources,
      paused: false,
      threadOf: () => undefined,
      stoppedAt: () => Promise.resolve(undefined),
      stoodAt: ({ id }) => Promise.resolve(chains.get(id)?.[0]?.location),
    });
  const findings = await tellFindings(
    diagnosis?.findings ?? [],
    await place(diagnosis?.tasks ?? []),
    (site) => resolveSite(sources, site),
  );
  const all = { ...tree, tasks: await place(tree.tasks) };
  // Calls whose end nobody misses are no news.
  const list = report.drained && findings.some(isAboutWaits);
  return pendingText(all, findings, list, (task) => chains.get(task) ?? []) ?? "";
}

async function chainsOf(
  { chains }: RunReport,
  sources: ReportedSources,
): Promise<ReadonlyMap<TaskId, readonly PendingFrame[]>> {
  const placed = chains.map(async ({ task, frames }): Promise<[TaskId, PendingFrame[]]> => [
    task,
    await Promise.all(
      frames.map(async ({ functionName, site, at }) => {
        const position = at === undefined ? sources.site(site) : { ...at, functionName };
        return position === undefined
          ? { functionName }
          : { functionName, location: await sources.resolveSite(position) };
      }),
    ),
  ]);
  return new Map(await Promise.all(placed));
}
