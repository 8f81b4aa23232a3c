import * as vscode from "vscode";

/** Languages that the server answers for. */
const LANGUAGES = ["taskdump"];

/** The language server: started at the first document it can say something about, and ended with the extension. */
export class LanguageServer implements vscode.Disposable {
  readonly #extensionUri: vscode.Uri;
  #client: Promise<{ dispose(timeout?: number): Promise<void> }> | undefined;
  readonly #subscription: vscode.Disposable;

  constructor(extensionUri: vscode.Uri) {
    this.#extensionUri = extensionUri;
    this.#subscription = vscode.workspace.onDidOpenTextDocument((document) => this.#meet(document));
    for (const document of vscode.workspace.textDocuments) this.#meet(document);
  }

  #meet({ languageId }: vscode.TextDocument): void {
    if (this.#client !== undefined || !LANGUAGES.includes(languageId)) return;
    this.#subscription.dispose();
    this.#client = this.#start();
    this.#client.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(
        `Asyncscope: the language server could not be started (${reason}): outline and links of task dumps are missing. Reload the window to try again.`,
      );
    });
  }

  async #start() {
    // Loaded when it is needed: most sessions never open a dump.
    const { createClient } = await import("./language-client.js");
    const client = createClient(this.#extensionUri, LANGUAGES);
    await client.start();
    return client;
  }

  /** Resolves when the server has ended, or after 2 s. */
  async stop(): Promise<void> {
    this.#subscription.dispose();
    const client = await this.#client?.catch(() => undefined);
    await client?.dispose(2000).catch(() => undefined);
  }

  dispose(): void {
    void this.stop();
  }
}
