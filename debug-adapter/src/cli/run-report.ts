/** What `asyncscope run` says when the program has ended and has left something undone. */
import type { DiagnosisReply, TaskId, TaskInfo, TreeReply } from "@asyncscope/protocol";
import { ReportedSources } from "../backends/node/reported-sources.js";
import type { RunReport } from "../preload/options.js";
import { tellFindings } from "../tasks/finding-nodes.js";
import { placeTasks, resolveSite } from "../tasks/task-places.js";
import { pendingText } from "../text/pending-text.js";

/** Plain text of several lines, which ends with a line break; "" when there is nothing to say. */
export async function reportText(report: RunReport): Promise<string> {
  const tree = JSON.parse(report.tree) as TreeReply;
  const diagnosis = report.diagnosis === "" ? undefined : (JSON.parse(report.diagnosis) as DiagnosisReply);
  const sources = new ReportedSources(report.maps, [...tree.sites, ...(diagnosis?.sites ?? [])]);
  const stoodAt = new Map<TaskId, RunReport["chains"][number]["frames"][number]>(
    report.chains.flatMap(({ task, frames: [innermost] }) =>
      innermost === undefined ? [] : [[task, innermost]],
    ),
  );
  const place = (tasks: readonly TaskInfo[]): ReturnType<typeof placeTasks> =>
    placeTasks(tasks, true, {
      live: undefined,
      sources,
      paused: false,
      threadOf: () => undefined,
      stoppedAt: () => Promise.resolve(undefined),
      stoodAt: ({ id }) => {
        const { at, functionName = "" } = stoodAt.get(id) ?? {};
        return at === undefined ? Promise.resolve(undefined) : sources.resolveSite({ ...at, functionName });
      },
    });
  const findings = await tellFindings(
    diagnosis?.findings ?? [],
    await place(diagnosis?.tasks ?? []),
    (site) => resolveSite(sources, site),
  );
  return pendingText({ ...tree, tasks: await place(tree.tasks) }, findings, report.drained) ?? "";
}
