import * as vscode from "vscode";
import type { ChainBody, SourceLocation, TaskNode } from "@asyncscope/protocol";
import { messageText } from "../text.js";
import { openLocation } from "../views/open-location.js";
import { cancelTask } from "./cancel-outcome.js";
import { FILTER_EXAMPLE, FILTER_PROMPT, parseFilter } from "@asyncscope/debug-adapter/text/task-filter";
import type { TaskTreeNode } from "./task-nodes.js";
import { chainText, isFinished, taskLabel } from "./task-presentation.js";
import type { TasksView } from "./tasks-view.js";

/** Frames copied at most. */
const COPY_LIMIT = 1000;

/**
 * Commands of the Tasks view. Each takes the row that a menu hands over, or else the selected row, so that all of
 * them work from the command palette.
 */
export function registerTaskCommands(view: TasksView): vscode.Disposable {
  const onTask =
    (run: (task: TaskNode) => unknown) =>
    async (node?: TaskTreeNode): Promise<void> => {
      const task = taskOf(view, node ?? view.selection);
      if (task) await run(task);
      else void vscode.window.showInformationMessage("Select a task in the Tasks view first.");
    };
  const commands: Record<string, (node?: TaskTreeNode) => unknown> = {
    open: (node) => open(view, node ?? view.selection),
    showMore: (node = view.selection) => node && view.showMore(node),
    orderByAwait: () => view.setOrder("await"),
    orderByCreation: () => view.setOrder("creation"),
    groupByLocation: () => view.setOrder("location"),
    filter: () => askFilter(view),
    clearFilter: () => void view.setFilter(""),
    refresh: () => view.refreshNow(),
    pin: onTask((task) => pin(view, task, true)),
    unpin: onTask((task) => pin(view, task, false)),
    cancel: onTask((task) => cancel(view, task)),
    revealCreated: onTask((task) =>
      go(task.createdAtLocation, `It is not known where “${messageText(taskLabel(task))}” was created.`),
    ),
    revealWait: onTask((task) =>
      go(
        task.location,
        `“${messageText(taskLabel(task))}” stands at no await of your code now (it is ${task.state}).`,
      ),
    ),
    copyChain: onTask((task) => copyChain(view, task)),
    copyName: onTask((task) => vscode.env.clipboard.writeText(taskLabel(task))),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`asyncscope.tasks.${name}`, guarded(run)),
    ),
  );
}

/** A request that fails becomes one message. */
export function guarded<A extends unknown[]>(run: (...args: A) => unknown): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await run(...args);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(`Asyncscope: ${messageText(reason, 300)}`);
    }
  };
}

function taskOf(view: TasksView, node: TaskTreeNode | undefined): TaskNode | undefined {
  if (node?.kind === "task" || node?.kind === "chain") return view.task(node.task);
  return node?.parent ? taskOf(view, node.parent) : undefined;
}

/** A click keeps the keyboard in the view, so that one can walk down the list. */
async function open(view: TasksView, node: TaskTreeNode | undefined): Promise<void> {
  if (node?.kind === "frame" && node.frame.location) return openLocation(node.frame.location, false);
  const group = node?.kind === "group" ? view.model?.group(node.group)?.locations[0] : undefined;
  if (group) return openLocation(group, false);
  const task = node?.kind === "task" ? view.task(node.task) : undefined;
  const location = task?.location ?? task?.createdAtLocation;
  if (location) await openLocation(location, false);
}

async function go(location: SourceLocation | undefined, otherwise: string): Promise<void> {
  if (location) await openLocation(location, true);
  else void vscode.window.showInformationMessage(otherwise);
}

async function pin(view: TasksView, task: TaskNode, pinned: boolean): Promise<void> {
  await view.model?.session.request("asyncscope/pin", { task: task.id, pinned });
  view.refreshNow();
}

async function cancel(view: TasksView, task: TaskNode): Promise<void> {
  const { model } = view;
  const name = messageText(taskLabel(task));
  if (!model || isFinished(task.state)) {
    void vscode.window.showInformationMessage(`“${name}” has already finished.`);
    return;
  }
  const confirm = vscode.workspace.getConfiguration("asyncscope").get<boolean>("confirmCancel", true);
  if (confirm) {
    const detail =
      "It receives a CancelledError at the await where it stands. This changes what your program does; it cannot be undone.";
    const yes = { title: "Cancel the Task" };
    // The editor's own "Cancel" beside it could be taken for yes.
    const no = { title: "Let It Run", isCloseAffordance: true };
    const choice = await vscode.window.showWarningMessage(
      `Cancel “${name}”?`,
      { modal: true, detail },
      yes,
      no,
    );
    if (choice !== yes) return;
  }
  const cancelled = cancelTask(model.session, task);
  view.refreshNow();
  const said = messageText(await cancelled, 400);
  view.refreshNow();
  void vscode.window.showInformationMessage(said);
}

async function copyChain(view: TasksView, task: TaskNode): Promise<void> {
  const { model } = view;
  if (!model) return;
  const nothing: ChainBody = { found: false, frames: [], hidden: 0 };
  const chain =
    model.status === "ended"
      ? nothing
      : await model.session.request("asyncscope/chain", { task: task.id, limit: COPY_LIMIT });
  await vscode.env.clipboard.writeText(chainText(task, model.now(), chain.frames, chain.hidden));
}

async function askFilter(view: TasksView): Promise<void> {
  const text = await vscode.window.showInputBox({
    title: "Filter Tasks",
    prompt: FILTER_PROMPT,
    placeHolder: FILTER_EXAMPLE,
    value: view.filterText,
    validateInput: (value) => parseFilter(value).error,
  });
  if (text !== undefined) view.setFilter(text);
}
