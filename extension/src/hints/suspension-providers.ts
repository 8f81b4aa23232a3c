import * as vscode from "vscode";
import { count } from "../text.js";
import { safeMarkdown } from "../views/live-tree-provider.js";
import { suspendedLinks, suspendedMarkdown, suspendedText } from "./suspension-text.js";
import type { ShownLine, SuspensionsInEditor } from "./suspensions-in-editor.js";

/** Commands that a hover may run, each with the number of a task. */
const LINKS = { reveal: "asyncscope.suspended.reveal", pin: "asyncscope.suspended.pin" } as const;
export const SHOW_HERE = "asyncscope.suspended.show";

/** `3 tasks wait, up to 4 s` behind the line. */
export class SuspensionInlayHints implements vscode.InlayHintsProvider {
  readonly onDidChangeInlayHints: vscode.Event<void>;

  constructor(private readonly suspensions: SuspensionsInEditor) {
    this.onDidChangeInlayHints = suspensions.onDidChange;
  }

  provideInlayHints(document: vscode.TextDocument, range: vscode.Range): vscode.InlayHint[] {
    if (this.suspensions.style !== "inlayHints") return [];
    const now = this.suspensions.now();
    return this.suspensions
      .linesOf(document)
      .filter(({ line }) => line >= range.start.line && line <= range.end.line)
      .map((shown) => {
        const part = new vscode.InlayHintLabelPart(suspendedText(shown.suspended, now));
        part.command = showHere(document, shown);
        part.tooltip = "Double-click: the tasks that are suspended here";
        const hint = new vscode.InlayHint(document.lineAt(shown.line).range.end, [part]);
        hint.paddingLeft = true;
        return hint;
      });
  }
}

/** The same above the line. */
export class SuspensionCodeLenses implements vscode.CodeLensProvider {
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(private readonly suspensions: SuspensionsInEditor) {
    this.onDidChangeCodeLenses = suspensions.onDidChange;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (this.suspensions.style !== "codeLens") return [];
    const now = this.suspensions.now();
    return this.suspensions.linesOf(document).map(
      (shown) =>
        new vscode.CodeLens(document.lineAt(shown.line).range, {
          ...showHere(document, shown),
          title: suspendedText(shown.suspended, now),
        }),
    );
  }
}

/** Lists the tasks that are suspended at the line under the mouse. */
export class SuspensionHover implements vscode.HoverProvider {
  constructor(private readonly suspensions: SuspensionsInEditor) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const line = this.suspensions.lineAt(document, position.line);
    const body = line && (await this.suspensions.tasksAt(line));
    if (!body || body.tasks.length === 0) return undefined;
    const shown = body.tasks.slice(0, 10);
    // What the program says is never trusted; the links hold numbers alone.
    const links = new vscode.MarkdownString(suspendedLinks(shown, LINKS));
    links.isTrusted = { enabledCommands: Object.values(LINKS) };
    return new vscode.Hover([
      safeMarkdown(
        `**${count(body.count, "task")} suspended here**\n\n${suspendedMarkdown({ ...body, tasks: shown })}`,
      ),
      links,
    ]);
  }
}

/** Marks the lines where tasks are suspended, in the text and in the ruler. */
export class SuspensionMarks implements vscode.Disposable {
  readonly #type = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("asyncscope.suspendedLineBackground"),
    overviewRulerColor: new vscode.ThemeColor("asyncscope.suspendedLineRuler"),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  readonly #subscription: vscode.Disposable;
  /** What each editor shows now: nothing is drawn again that has not moved. */
  readonly #drawn = new WeakMap<vscode.TextEditor, string>();

  constructor(private readonly suspensions: SuspensionsInEditor) {
    this.#subscription = suspensions.onDidChange(() => this.#draw());
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#type.dispose();
  }

  #draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const lines = this.suspensions.marks ? this.suspensions.linesOf(editor.document) : [];
      const text = lines.map(({ line }) => line).join();
      if ((this.#drawn.get(editor) ?? "") === text) continue;
      this.#drawn.set(editor, text);
      editor.setDecorations(
        this.#type,
        lines.map(({ line }) => editor.document.lineAt(line).range),
      );
    }
  }
}

function showHere(document: vscode.TextDocument, { line }: ShownLine): vscode.Command {
  return { command: SHOW_HERE, title: "Show Tasks Suspended at This Line", arguments: [document.uri, line] };
}
