import * as vscode from "vscode";
import { HoverHold } from "./hover-hold.js";
import { LatestCalls } from "./latest-calls.js";
import { RowDiff, type ShownRow } from "./row-diff.js";

/** When more rows change at once, redrawing all is cheaper. */
const MOST_ROWS = 200;

/** The rows of a model as the editor asks for them. */
export interface RowSource<Node> {
  readonly session: { readonly id: string };
  children(node?: Node): Promise<readonly Node[]>;
  /** The rows as far as they are known. */
  rows(node?: Node): readonly Node[];
  isExpanded(node: Node): boolean;
}

/** What the tree providers have in common: identity of rows, and hovers that are made when they are shown. */
export abstract class LiveTreeProvider<
  Node extends { readonly path: string; readonly parent: Node | undefined },
  Model extends RowSource<Node>,
>
  implements vscode.TreeDataProvider<Node>, vscode.Disposable
{
  readonly #onChange = new vscode.EventEmitter<Node[] | undefined>();
  readonly #calls = new LatestCalls();
  readonly #hold = new HoverHold(() => this.#draw());
  #diff = new RowDiff<Node>();
  #drawnSession = "";
  /** The next redraw brings every age up to date. */
  #exact = false;
  readonly onDidChangeTreeData = this.#onChange.event;

  constructor(protected readonly model: () => Model | undefined) {}

  /** Redraws the rows that read differently now, unless a hover is open. */
  redraw(): void {
    this.#hold.redraw();
  }

  /** The next redraw is exact, and comes even though a hover is open. */
  release(): void {
    this.#exact = true;
    this.#hold.release();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const model = this.model();
    if (!model) return [];
    const isNewest = this.#calls.begin(node?.path ?? "");
    const rows = await model.children(node);
    // The answer to the newer question has the rows.
    if (!isNewest()) return [];
    if (model === this.model()) this.#diff.drewList(node?.path, this.#shown(rows, model, false));
    return [...rows];
  }

  getParent(node: Node): Node | undefined {
    return node.parent;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const item = this.describe(node);
    this.#diff.drewRow(node.path, rowText(item));
    // The editor draws the row anew, and with it what is under it. It would not forget the answer to a question that
    // was asked before.
    this.#calls.overtake(node.path);
    return item;
  }

  /** What a row reads as now, for others than the editor. */
  describe(node: Node): vscode.TreeItem {
    const model = this.model();
    if (!model) return new vscode.TreeItem("");
    const item = this.item(node, model);
    item.id = `${model.session.id}:${node.path}`;
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    const model = this.model();
    const tooltip = model && this.tooltip(node, model);
    if (tooltip !== undefined) {
      item.tooltip = tooltip;
      this.#hold.hovered();
    }
    return item;
  }

  dispose(): void {
    this.#hold.dispose();
    this.#onChange.dispose();
  }

  #draw(): void {
    const model = this.model();
    const session = model?.session.id ?? "";
    if (session !== this.#drawnSession) {
      this.#drawnSession = session;
      this.#diff = new RowDiff();
    }
    const changes = model ? this.#diff.changes(this.#shown(model.rows(), model, true), this.#exact) : "all";
    this.#exact = false;
    if (changes === "all" || changes.length > MOST_ROWS) this.#onChange.fire(undefined);
    else if (changes.length > 0) this.#onChange.fire([...changes]);
  }

  #shown(rows: readonly Node[], model: Model, deep: boolean): ShownRow<Node>[] {
    return rows.map((node) => ({
      node,
      path: node.path,
      text: rowText(this.item(node, model)),
      own: this.isOwn(node),
      ...(deep && model.isExpanded(node) && { children: this.#shown(model.rows(node), model, deep) }),
    }));
  }

  /** Whether the editor can redraw this row alone: the model keeps the same object for it. */
  protected abstract isOwn(node: Node): boolean;

  protected abstract item(node: Node, model: Model): vscode.TreeItem;

  /** Plain text is shown as it is; Markdown must be escaped already. */
  protected abstract tooltip(node: Node, model: Model): string | vscode.MarkdownString | undefined;
}

/** Markdown of which every part from the program was escaped: no commands, no HTML. */
export function safeMarkdown(text: string): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(text);
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  return markdown;
}

/** An icon in a theme colour. */
export function themeIcon(icon: {
  readonly icon: string;
  readonly color: string | undefined;
}): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon.icon, icon.color ? new vscode.ThemeColor(icon.color) : undefined);
}

function rowText(item: vscode.TreeItem): string {
  const label = typeof item.label === "string" ? item.label : (item.label?.label ?? "");
  const icon = item.iconPath instanceof vscode.ThemeIcon ? item.iconPath : undefined;
  const expandable = item.collapsibleState !== vscode.TreeItemCollapsibleState.None;
  return [label, item.description, icon?.id, icon?.color?.id, item.contextValue, expandable].join("\t");
}
