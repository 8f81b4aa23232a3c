import * as vscode from "vscode";
import { DEBUG_TYPE } from "../sessions.js";
import { whatIsWrong, whyNotDebuggable, type OpenDocument } from "./program.js";

const CURRENT_FILE = {
  type: DEBUG_TYPE,
  request: "launch",
  name: "Asyncscope: Current file",
  program: "${file}",
} as const;

/**
 * Makes F5 work without launch.json on the file in the active editor, and refuses with a plain message what cannot
 * be started, before anything is spawned.
 */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  /** For the list of "Run and Debug" and the picker of an empty F5. */
  provideDebugConfigurations(): vscode.DebugConfiguration[] {
    return [{ ...CURRENT_FILE }];
  }

  async resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (!(await isTrusted())) return undefined;
    // F5 without a launch.json hands over an empty object.
    const given: Partial<vscode.DebugConfiguration> = config;
    const filled = given.request || given["program"] ? config : { ...config, ...CURRENT_FILE };
    if (filled["program"] === "${file}") {
      const reason = whyNotDebuggable(activeDocument());
      if (reason !== undefined) return refuse(reason);
    }
    return filled;
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (!(await isTrusted())) return undefined;
    const reason = whatIsWrong(config);
    if (reason !== undefined) return refuse(reason);
    const settings = vscode.workspace.getConfiguration("asyncscope", folder);
    const dumps = {
      dumpOnExit: settings.get<string>("dumpOnExit", "never"),
      ...(settings.get<string>("dumpFolder", "") !== "" && {
        dumpFolder: settings.get<string>("dumpFolder", ""),
      }),
    };
    if (config.request !== "launch") return { ...dumps, ...config };
    const runtime = settings.get<string>("runtimeExecutable", "").trim();
    const folders = folder ?? vscode.workspace.workspaceFolders?.[0];
    return {
      ...dumps,
      ...config,
      ...(config["cwd"] === undefined && folders && { cwd: folders.uri.fsPath }),
      ...(config["runtimeExecutable"] === undefined && runtime !== "" && { runtimeExecutable: runtime }),
    };
  }
}

/** Debugs the file of an editor, whatever launch.json says. */
export async function debugFile(uri?: vscode.Uri): Promise<void> {
  const document = uri ? documentOf(uri) : activeDocument();
  const reason = whyNotDebuggable(document);
  if (reason !== undefined || !document) {
    refuse(reason ?? "");
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(document.path));
  const name = document.path.split(/[\\/]/).pop() ?? document.path;
  await vscode.debug.startDebugging(folder, {
    ...CURRENT_FILE,
    name: `Asyncscope: ${name}`,
    program: document.path,
  });
}

function activeDocument(): OpenDocument | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document && documentOf(document.uri);
}

function documentOf(uri: vscode.Uri): OpenDocument {
  return { scheme: uri.scheme, path: uri.scheme === "file" ? uri.fsPath : uri.path };
}

async function isTrusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = "Manage Workspace Trust";
  const choice = await vscode.window.showErrorMessage(
    "Asyncscope does not start programs of a folder in Restricted Mode. Trust the folder to debug it.",
    manage,
  );
  if (choice === manage) await vscode.commands.executeCommand("workbench.trust.manage");
  return false;
}

/** Undefined aborts the start and leaves launch.json closed. */
function refuse(reason: string): undefined {
  void vscode.window.showErrorMessage(reason);
  return undefined;
}
