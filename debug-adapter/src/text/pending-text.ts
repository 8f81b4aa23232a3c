/** What is said of a program that ends while tasks of it have not: instead of nothing, as Node does. */
import type { FindingNode, TreeBody } from "@asyncscope/protocol";
import { isAboutWaits } from "./finding-kinds.js";
import { count, shortLocation } from "./plain-text.js";
import { ageText, calledTask, isFinished, stateText } from "./task-text.js";

/** Tasks that are told apart. */
const TOLD = 5;
/** Findings that are told. */
const TOLD_FINDINGS = 3;

/**
 * Undefined when there is nothing to say. Plain text of several lines, which ends with a line break.
 * @param list whether the tasks are told that were pending, beside what is wrong with them.
 */
export function pendingText(
  { tasks, counts, now }: Pick<TreeBody, "tasks" | "counts" | "now">,
  findings: readonly Pick<FindingNode, "kind" | "text">[],
  list = true,
): string | undefined {
  const lines = list ? pendingLines({ tasks, counts, now }) : [];
  // Without a task that is pending none is stuck.
  const wrong = findings.filter(
    (finding) => finding.kind === "floating-promise" || (lines.length > 0 && isAboutWaits(finding)),
  );
  for (const { text } of wrong.slice(0, TOLD_FINDINGS)) lines.push(text);
  if (wrong.length > TOLD_FINDINGS) lines.push(`and ${count(wrong.length - TOLD_FINDINGS, "more problem")}.`);
  return lines.length === 0 ? undefined : `${lines.join("\n")}\n`;
}

function pendingLines({ tasks, counts, now }: Pick<TreeBody, "tasks" | "counts" | "now">): string[] {
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
  }
  if (pending > told.length) lines.push(`  and ${(pending - told.length).toLocaleString("en-US")} more.`);
  return lines;
}

function waitsForTask({ waits }: TreeBody["tasks"][number]): boolean {
  return waits.some(({ tasks }) => tasks !== undefined && tasks.length > 0);
}
