import * as vscode from "vscode";
import { DEBUG_TYPE, type SessionTracker } from "../sessions.js";
import type { TasksView } from "../tasks/tasks-view.js";
import { InlineValues } from "./inline-values-provider.js";
import { registerSuspensionCommands } from "./suspension-commands.js";
import {
  SuspensionCodeLenses,
  SuspensionHover,
  SuspensionInlayHints,
  SuspensionMarks,
} from "./suspension-providers.js";
import { SuspensionsInEditor } from "./suspensions-in-editor.js";

const FILES: vscode.DocumentSelector = { scheme: "file" };

/** What the text editors show of suspended tasks. Its providers are there only while a session lives. */
export class Hints implements vscode.Disposable {
  readonly #suspensions: SuspensionsInEditor;
  #providers: vscode.Disposable | undefined;
  /** Would take the place of the editor's own values for other debuggers: there while ours is the active one. */
  #values: vscode.Disposable | undefined;
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor(
    private readonly sessions: SessionTracker,
    tasks: TasksView,
  ) {
    this.#suspensions = new SuspensionsInEditor(sessions);
    this.#subscriptions = [
      this.#suspensions,
      new SuspensionMarks(this.#suspensions),
      registerSuspensionCommands(this.#suspensions, tasks),
      sessions.onDidStart(() => this.#update()),
      sessions.onDidEnd(() => this.#update()),
      vscode.debug.onDidChangeActiveDebugSession(() => this.#update()),
    ];
    this.#update();
  }

  dispose(): void {
    this.#providers?.dispose();
    this.#values?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #update(): void {
    const suspensions = this.#suspensions;
    if (this.sessions.live.length === 0) {
      this.#providers?.dispose();
      this.#providers = undefined;
    } else
      this.#providers ??= vscode.Disposable.from(
        vscode.languages.registerInlayHintsProvider(FILES, new SuspensionInlayHints(suspensions)),
        vscode.languages.registerCodeLensProvider(FILES, new SuspensionCodeLenses(suspensions)),
        vscode.languages.registerHoverProvider(FILES, new SuspensionHover(suspensions)),
      );
    if (vscode.debug.activeDebugSession?.type !== DEBUG_TYPE) {
      this.#values?.dispose();
      this.#values = undefined;
    } else this.#values ??= vscode.languages.registerInlineValuesProvider(FILES, new InlineValues());
  }
}
