/** How tasks that are suspended at a line read. Pure functions of what the program said and its clock. */
import type { SuspendedAtBody, SuspendedLine, TaskNode } from "@asyncscope/protocol";
import { taskDescription, taskLabel } from "../tasks/task-presentation.js";
import { formatDuration, markdownText } from "../text.js";

type Counted = Pick<SuspendedLine, "count" | "estimated" | "since">;

/** `1 task waits, 3.2 s` or `about 600 tasks wait, up to 3 min`. @param now the program's loop clock */
export function suspendedText({ count, estimated, since }: Counted, now: number): string {
  const age = formatDuration(Math.max(0, now - since));
  if (count === 1) return `1 task waits, ${age}`;
  return `${estimated ? "about " : ""}${count.toLocaleString("en-US")} tasks wait, up to ${age}`;
}

/** The tasks at a line as a Markdown list, every part that comes from the program escaped. */
export function suspendedMarkdown({ tasks, count, now }: SuspendedAtBody): string {
  const lines = tasks.map(
    (task, i) =>
      `${i + 1}. **${markdownText(taskLabel(task), 80)}** — ${markdownText(detail(task, now), 200)}`,
  );
  const rest = count - tasks.length;
  if (rest > 0) lines.push(`\n…and ${rest.toLocaleString("en-US")} more`);
  return lines.join("\n");
}

/**
 * Links to the tasks of {@link suspendedMarkdown} by their numbers. Holds nothing but words of ours and numbers, so
 * that it may be trusted with commands: no text of the program can become a link.
 */
export function suspendedLinks(
  tasks: readonly Pick<TaskNode, "id">[],
  commands: { readonly reveal: string; readonly pin: string },
): string {
  const links = (command: string): string =>
    tasks
      .map(
        ({ id }, i) =>
          `[${i + 1}](command:${command}?${encodeURIComponent(JSON.stringify([Math.trunc(id)]))})`,
      )
      .join(" ");
  return `Reveal in Tasks: ${links(commands.reveal)} · Pin to Call Stack: ${links(commands.pin)}`;
}

/** What it waits for and since when, as beside its row in the Tasks view. */
export function detail(task: TaskNode, now: number): string {
  const { location: _, ...elsewhere } = task;
  return taskDescription(elsewhere, now);
}
