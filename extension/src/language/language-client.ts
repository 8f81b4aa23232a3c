import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  TransportKind,
  type ErrorHandler,
} from "vscode-languageclient/node";
import { RestartPolicy } from "./restart-policy.js";

/** Starts the language server, in a process of its own on the editor's own Node, for the documents of these languages. */
export function createClient(extensionUri: vscode.Uri, languages: readonly string[]): LanguageClient {
  const module = vscode.Uri.joinPath(extensionUri, "dist", "language-server.cjs").fsPath;
  return new LanguageClient(
    "asyncscope",
    "Asyncscope",
    { module, transport: TransportKind.ipc },
    { documentSelector: languages.map((language) => ({ language })), errorHandler: errorHandler() },
  );
}

function errorHandler(): ErrorHandler {
  const policy = new RestartPolicy();
  return {
    // A message that cannot be sent says nothing about the next; an end is told by `closed`.
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    closed: async () => {
      const delay = policy.ended();
      if (delay === undefined) {
        void vscode.window.showErrorMessage(
          "The language server of Asyncscope has ended several times and is not started again: outline and links of task dumps are missing. “Developer: Reload Window” starts it; its output is in the channel “Asyncscope”.",
        );
        return { action: CloseAction.DoNotRestart, handled: true };
      }
      await new Promise((resolve) => setTimeout(resolve, delay));
      return { action: CloseAction.Restart, handled: true };
    },
  };
}
