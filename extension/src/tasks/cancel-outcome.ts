import type { TaskId, TaskNode } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import { cleanText } from "../text.js";
import { systemTimers, type Timers } from "../views/refresh-schedule.js";
import { isFinished, stateText, taskLabel } from "./task-presentation.js";

/** A task that goes on for longer than that is reported as it is then. Milliseconds. */
export const CANCEL_PATIENCE = 2000;
/** Between two looks. Milliseconds. */
const LOOK = 200;

/** Cancels a task, and says in words what has become of it. */
export async function cancelTask(
  session: ScopeSession,
  task: TaskNode,
  timers: Timers = systemTimers,
): Promise<string> {
  const name = `“${taskLabel(task)}”`;
  const message = "cancelled from the debugger";
  const { requested } = await session.request("asyncscope/cancelTask", { task: task.id, message });
  if (!requested) return `${name} had already finished: nothing was cancelled.`;
  const end = timers.now() + CANCEL_PATIENCE;
  for (;;) {
    const { now, paused } = await lookAt(session, task);
    if (now === undefined) return `${name} has ended after the cancellation; how is not known any more.`;
    if (isFinished(now.state)) return endedText(name, now);
    if (paused) return `Cancellation of ${name} requested: it takes effect when the program continues.`;
    if (timers.now() >= end) return stillText(name, now);
    await new Promise<void>((resolve) => void timers.after(LOOK, resolve));
  }
}

async function lookAt(
  session: ScopeSession,
  { id, name }: { readonly id: TaskId; readonly name: string },
): Promise<{ readonly now: TaskNode | undefined; readonly paused: boolean }> {
  const body = await session.request("asyncscope/tree", {
    order: "creation",
    pages: [{ task: 0, limit: 1000 }],
    deep: true,
    limit: 20_000,
    filter: { name },
    locations: false,
  });
  return { now: body.tasks.find((each) => each.id === id), paused: body.status === "paused" };
}

function endedText(name: string, { state, error }: TaskNode): string {
  if (state === "cancelled") return `${name} was cancelled.`;
  if (state === "failed")
    return `${name} failed while it was being cancelled: ${cleanText(error ?? "with an error", 200)}`;
  return `${name} has finished with a result: it caught the cancellation, or was done before it came.`;
}

function stillText(name: string, task: TaskNode): string {
  const doing = stateText(task);
  return task.cancelling === 0
    ? `${name} goes on: it caught the cancellation and took it back (${doing}).`
    : `${name} still runs ${CANCEL_PATIENCE / 1000} s after the cancellation (${doing}): it cleans up, waits for something shielded, or caught the CancelledError without ending.`;
}
