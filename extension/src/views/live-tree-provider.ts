import * as vscode from "vscode";
import { HoverHold } from "./hover-hold.js";

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
  readonly #onChange = new vscode.EventEmitter<undefined>();
  readonly #hold = new HoverHold(() => this.#onChange.fire(undefined));
  readonly onDidChangeTreeData = this.#onChange.event;
  #drawnAges = "";

  constructor(protected readonly model: () => Model | undefined) {}

  redraw(): void {
    this.#hold.redraw();
  }

  /** Time has gone by: redraws if any row reads differently now. */
  redrawAges(): void {
    const ages = this.#descriptions();
    if (ages === this.#drawnAges) return;
    this.#drawnAges = ages;
    this.redraw();
  }

  /** Redraws even though a hover is open. */
  release(): void {
    this.#hold.release();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    return [...((await this.model()?.children(node)) ?? [])];
  }

  getParent(node: Node): Node | undefined {
    return node.parent;
  }

  getTreeItem(node: Node): vscode.TreeItem {
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

  #descriptions(): string {
    const model = this.model();
    if (!model) return "";
    const texts: string[] = [];
    const visit = (nodes: readonly Node[]): void => {
      for (const node of nodes) {
        const { description } = this.item(node, model);
        if (typeof description === "string") texts.push(description);
        if (model.isExpanded(node)) visit(model.rows(node));
      }
    };
    visit(model.rows());
    return texts.join("\n");
  }

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
