import type { TaskId } from "@asyncscope/protocol";
import type { DiagnosisView } from "./diagnosis/diagnosis-view.js";
import type { FindingTreeNode } from "./diagnosis/findings-model.js";
import type { FutureTreeNode } from "./futures/future-nodes.js";
import type { FuturesView } from "./futures/futures-view.js";
import type { ResourceTreeNode } from "./resources/resource-nodes.js";
import type { ResourcesView } from "./resources/resources-view.js";
import type { TaskTreeNode } from "./tasks/task-nodes.js";
import type { TasksView } from "./tasks/tasks-view.js";

/** One row as the user reads it, with the rows opened under it. */
export interface ViewRow {
  readonly label: string;
  readonly description: string;
  /** Name of the icon, "" without one. */
  readonly icon: string;
  readonly contextValue: string;
  readonly children: readonly ViewRow[];
}

/** What one view shows now. */
export interface ViewState {
  readonly visible: boolean;
  readonly status: "live" | "paused" | "blocked" | "ended" | "none";
  /** The line above the rows. */
  readonly message: string | undefined;
  /** The text beside the title. */
  readonly description: string | undefined;
  readonly rows: readonly ViewRow[];
}

/**
 * What `activate()` returns, for other extensions and for tests: read-only views of what is on the screen, and the
 * way to the rows of single tasks. Asks the program nothing by itself.
 *
 * ```ts
 * const api = await vscode.extensions.getExtension("asyncscope.asyncscope-vscode")?.activate();
 * api.tasks.state().rows.map((row) => row.label);
 * ```
 */
export interface AsyncscopeApi {
  /** How long activation took, and what it took of the processor. Milliseconds. */
  readonly activation: { readonly wallMs: number; readonly cpuMs: number };
  readonly tasks: {
    state(): ViewState;
    /** The row of a task by its name, for commands that take a row. Undefined when it is not on the screen. */
    row(name: string): TaskTreeNode | undefined;
    /** Selects a task and opens what is above it. False when the program does not know it any more. */
    reveal(task: { readonly id: TaskId; readonly name: string }): Promise<boolean>;
    /** As typed into the filter box; "" clears it. Returns what is wrong with the text, if anything. */
    setFilter(text: string): string | undefined;
  };
  readonly resources: {
    state(): ViewState;
    /** The row with this label, for commands that take a row. Undefined when it is not on the screen. */
    row(label: string): ResourceTreeNode | undefined;
    /** Selects and opens a row. */
    reveal(row: ResourceTreeNode): Promise<void>;
  };
  readonly diagnosis: {
    state(): ViewState;
    /** The number on the icon of the view. */
    badge(): number;
    /** The row with this label, for commands that take a row. Undefined when it is not on the screen. */
    row(label: string): FindingTreeNode | undefined;
    /** Selects and opens a row. */
    reveal(row: FindingTreeNode): Promise<void>;
  };
  readonly futures: {
    state(): ViewState;
    /** The row with this label, for commands that take a row. Undefined when it is not on the screen. */
    row(label: string): FutureTreeNode | undefined;
  };
}

export function createApi(
  activation: AsyncscopeApi["activation"],
  tasks: TasksView,
  resources: ResourcesView,
  diagnosis: DiagnosisView,
  futures: FuturesView,
): AsyncscopeApi {
  return {
    activation,
    tasks: {
      state: () => stateOf(tasks),
      row: (name) => find(tasks, (node) => node.kind === "task" && tasks.task(node.task)?.name === name),
      reveal: (task) => tasks.reveal(task),
      setFilter: (text) => tasks.setFilter(text),
    },
    resources: {
      state: () => stateOf(resources),
      row: (label) => find(resources, (node) => labelOf(resources.item(node)) === label),
      reveal: (row) => resources.reveal(row),
    },
    diagnosis: {
      state: () => stateOf(diagnosis),
      badge: () => diagnosis.badge,
      row: (label) => find(diagnosis, (node) => labelOf(diagnosis.item(node)) === label),
      reveal: (row) => diagnosis.reveal(row),
    },
    futures: {
      state: () => stateOf(futures),
      row: (label) => find(futures, (node) => labelOf(futures.item(node)) === label),
    },
  };
}

interface RowsModel<Node> {
  readonly status: ViewState["status"];
  rows(node?: Node): readonly Node[];
  isExpanded(node: Node): boolean;
}

interface RowsView<Node> {
  readonly visible: boolean;
  readonly message: string | undefined;
  readonly description: string | undefined;
  readonly model: RowsModel<Node> | undefined;
  item(node: Node): import("vscode").TreeItem;
}

function stateOf<Node>(view: RowsView<Node>): ViewState {
  const { model } = view;
  const rowOf = (node: Node): ViewRow => {
    const item = view.item(node);
    return {
      label: labelOf(item),
      description: typeof item.description === "string" ? item.description : "",
      icon: (item.iconPath as { id?: string } | undefined)?.id ?? "",
      contextValue: item.contextValue ?? "",
      children: model?.isExpanded(node) ? model.rows(node).map(rowOf) : [],
    };
  };
  return {
    visible: view.visible,
    status: model?.status ?? "none",
    message: view.message,
    description: view.description,
    rows: model?.rows().map(rowOf) ?? [],
  };
}

function find<Node>(view: RowsView<Node>, matches: (node: Node) => boolean): Node | undefined {
  const { model } = view;
  const visit = (nodes: readonly Node[]): Node | undefined => {
    for (const node of nodes) {
      if (matches(node)) return node;
      const below = model?.isExpanded(node) ? visit(model.rows(node)) : undefined;
      if (below) return below;
    }
    return undefined;
  };
  return model && visit(model.rows());
}

function labelOf(item: import("vscode").TreeItem): string {
  return typeof item.label === "string" ? item.label : (item.label?.label ?? "");
}
