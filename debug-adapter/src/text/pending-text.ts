/** What is said of a program that ends while tasks of it have not: instead of nothing, as Node does. */
import type { FindingNode, SourceLocation, TaskId, TreeBody } from "@asyncscope/protocol";
import { isAboutWaits } from "./finding-kinds.js";
import { cleanText, count, shortLocation } from "./plain-text.js";
import { ageText, calledTask, isFinished, stateText } from "./task-text.js";

/** Tasks that are told apart. */
const TOLD = 5;
/** Findings that are told. */
const TOLD_FINDINGS = 3;

/** One function of an await chain. */
export interface PendingFrame {
  readonly functionName: string;
  readonly location?: SourceLocation;
}

/**
 * Undefined when there is nothing to say. Plain text of several lines, which ends with a line break.
 * @param list whether the tasks are told that were pending, beside what is wrong with them.
 * @param chainOf the await chain of a task, innermost first, for each that is told.
 */
export function pendingText(
  { tasks, counts, now }: Pick<TreeBody, "tasks" | "counts" | "now">,
  findings: readonly (Pick<FindingNode, "kind" | "text"> & Partial<Pick<FindingNode, "tasks">>)[],
  list = true,
  chainOf: (task: TaskId) => readonly PendingFrame[] = () => [],
): string | undefined {
  const lines = list ? pendingLines({ tasks, counts, now }, chainOf) : [];
  // Without a task that is pending none is stuck.
  const wrong = findings.filter(
    (finding) => finding.kind === "floating-promise" || (lines.length > 0 && isAboutWaits(finding)),
  );
  for (const { kind, text, tasks = [] } of wrong.slice(0, TOLD_FINDINGS)) {
    lines.push(text);
    // The others are about tasks that are told above.
    if (kind === "floating-promise") for (const task of tasks) lines.push(...chainLines(chainOf(task)));
  }
  if (wrong.length > TOLD_FINDINGS) lines.push(`and ${count(wrong.length - TOLD_FINDINGS, "more problem")}.`);
  return lines.length === 0 ? undefined : `${lines.join("\n")}\n`;
}

function pendingLines(
  { tasks, counts, now }: Pick<TreeBody, "tasks" | "counts" | "now">,
  chainOf: (task: TaskId) => readonly PendingFrame[],
): string[] {
  // What runs is what ended the program.
  const pending = counts.created + counts.scheduled + counts.suspended;
  if (pending === 0) return [];
  const left = tasks.filter(({ state }) => !isFinished(state) && state !== "running");
  const verb = pending === 1 ? "was" : "were";
  const lines = [`${count(pending, "task")} ${verb} still pending when the program ended:`];
  // Those that wait for other tasks say less than those.
  const told = [...left].sort((a, b) => Number(waitsForTask(a)) - Number(waitsForTask(b))).slice(0, TOLD);
  for (const task of told) {
    const location = task.location ?? (task.state === "suspended" ? undefined : task.createdAtLocation);
    const where = location === undefined ? "" : `, at ${shortLocation(location)}`;
    lines.push(`  ${calledTask(task)}: ${stateText(task)}, ${ageText(task, now)}${where}`);
    lines.push(...chainLines(chainOf(task.id)));
  }
  if (pending > told.length) lines.push(`  and ${(pending - told.length).toLocaleString("en-US")} more.`);
  return lines;
}

function waitsForTask({ waits }: TreeBody["tasks"][number]): boolean {
  return waits.some(({ tasks }) => tasks !== undefined && tasks.length > 0);
}

/** None for one frame alone, which stands in the line above. */
function chainLines(chain: readonly PendingFrame[]): string[] {
  return chain.length > 1 ? chain.map(frameLine) : [];
}

function frameLine({ functionName, location }: PendingFrame): string {
  const where = location === undefined ? "" : `  ${shortLocation(location)}`;
  return `      at ${cleanText(functionName, 120) || "(anonymous)"}${where}`;
}
