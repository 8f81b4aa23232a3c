/** How a task reads in a row of a view. Pure functions of the task and the program's clock. */
import { isFinished, taskDescription, taskLabel } from "@asyncscope/debug-adapter/text/task-text";
import type { TaskNode, TaskState } from "@asyncscope/protocol";

export {
  chainText,
  countsText,
  floats,
  frameText,
  isFinished,
  stateText,
  taskDescription,
  taskLabel,
} from "@asyncscope/debug-adapter/text/task-text";

/** Icon of a state: a codicon and a theme colour. The state is always said in words as well. */
export interface StateIcon {
  readonly icon: string;
  readonly color: string | undefined;
}

const ICONS: Readonly<Record<TaskState, StateIcon>> = {
  created: { icon: "circle-large-outline", color: "descriptionForeground" },
  scheduled: { icon: "debug-continue", color: "charts.yellow" },
  running: { icon: "play-circle", color: "charts.green" },
  suspended: { icon: "debug-pause", color: "charts.blue" },
  done: { icon: "pass", color: "descriptionForeground" },
  failed: { icon: "error", color: "charts.red" },
  cancelled: { icon: "circle-slash", color: "charts.orange" },
};

export function stateIcon(state: TaskState): StateIcon {
  return ICONS[state];
}

/** For screen readers: one sentence with the same content as the row. */
export function taskAccessibleLabel(task: TaskNode, now: number): string {
  return `Task ${taskLabel(task)}, ${taskDescription(task, now).replaceAll(" · ", ", ")}`;
}

/** Words that menus test with `viewItem =~ /\bpinned\b/`. */
export function taskContextValue(task: TaskNode): string {
  const words = ["task", isFinished(task.state) ? "finished" : "alive"];
  words.push(task.threadId === undefined ? "unpinned" : "pinned");
  if (task.location) words.push("located");
  if (task.createdAtLocation) words.push("created");
  return words.join(" ");
}
