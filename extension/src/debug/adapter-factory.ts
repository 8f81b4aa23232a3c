import * as vscode from "vscode";

/**
 * The adapter runs in a process of its own, on the editor's own Node, so that neither can freeze the other and no
 * Node installation is needed for it.
 */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  constructor(private readonly extensionUri: vscode.Uri) {}

  createDebugAdapterDescriptor(): vscode.ProviderResult<vscode.DebugAdapterDescriptor> {
    if (!vscode.workspace.isTrusted)
      throw new Error(
        "Asyncscope does not start programs of a folder in Restricted Mode. Trust the folder first.",
      );
    const adapter = vscode.Uri.joinPath(this.extensionUri, "dist", "debug-adapter.cjs").fsPath;
    return new vscode.DebugAdapterExecutable(process.execPath, [adapter], {
      env: { ELECTRON_RUN_AS_NODE: "1" },
    });
  }
}
