import type { TaskId, TaskNode, WaitInfo } from "@asyncscope/protocol";
import { formatDuration, markdownText, shortLocation } from "../text.js";
import { floats, isFinished, stateText, taskLabel } from "./task-presentation.js";

/**
 * The hover of a task as Markdown, every part that comes from the program escaped.
 * @param now the program's loop clock
 * @param nameOf the name of another task, undefined when it is not known here
 */
export function taskTooltip(
  task: TaskNode,
  now: number,
  nameOf: (task: TaskId) => string | undefined,
): string {
  const named = (id: TaskId): string => {
    const name = nameOf(id);
    return name === undefined ? `task ${id}` : `${markdownText(name)} (task ${id})`;
  };
  const lines = [`**${markdownText(taskLabel(task))}** — ${markdownText(stateText(task))}`];
  const row = (title: string, text: string): void => void lines.push(`${title}: ${text}`);

  const form = task.form === "generator" ? "generator coroutine" : "async function";
  row("Coroutine", `${markdownText(task.coroutine) || "(anonymous)"}, ${form}`);
  row("Task", `${task.id}, in this state for ${formatDuration(now - task.since)}`);
  for (const wait of task.waits.slice(0, 10)) row("Waits for", waitText(wait, now, named));
  if (task.waits.length > 10) row("Waits for", `${task.waits.length - 10} more`);
  if (task.location) row("Stands at", place(task.location));
  row(
    "Created",
    [
      task.createdAtLocation
        ? `at ${place(task.createdAtLocation)}${task.createdIsInferred ? " (inferred from its siblings)" : ""}`
        : "",
      `${formatDuration(now - task.createdAt)} ago`,
      task.parent === 0 ? "outside any task" : `by ${named(task.parent)}`,
    ]
      .filter((part) => part !== "")
      .join(", "),
  );
  if (floats(task))
    row(
      "Floating",
      task.createdAtLocation
        ? `called at ${place(task.createdAtLocation)}, where nobody awaits its promise`
        : "nobody awaits its promise",
    );
  if (task.childCount > 0) row("Children", task.childCount.toLocaleString("en-US"));
  if (task.cancelling > 0 && !isFinished(task.state)) row("Cancel requests", String(task.cancelling));
  if (task.cancelledBy) {
    const by = task.cancelledBy;
    const message = by.message === "" ? "" : `: ${markdownText(by.message)}`;
    row("Cancelled by", `${by.task === 0 ? "code outside any task" : named(by.task)}${message}`);
  }
  if (task.error !== undefined)
    row("Error", markdownText(task.error) + (task.unretrieved ? " (nobody has looked at it)" : ""));
  if (task.threadId !== undefined) row("Pinned", "shown in the Call Stack");
  return lines.join("  \n");
}

function waitText(wait: WaitInfo, now: number, named: (id: TaskId) => string): string {
  const parts = [markdownText(wait.label || wait.kind), `for ${formatDuration(now - wait.since)}`];
  if (wait.due !== undefined && wait.due > now) parts.push(`${formatDuration(wait.due - now)} left`);
  const tasks = wait.tasks ?? [];
  if (tasks.length > 0) {
    const more = (wait.taskCount ?? tasks.length) - Math.min(5, tasks.length);
    parts.push(
      tasks.slice(0, 5).map(named).join(", ") + (more > 0 ? ` and ${more.toLocaleString("en-US")} more` : ""),
    );
  }
  return parts.join(", ");
}

function place(location: {
  readonly path: string;
  readonly line: number;
  readonly functionName?: string;
}): string {
  const at = markdownText(shortLocation(location));
  return location.functionName ? `${at} in ${markdownText(location.functionName, 80)}` : at;
}
