import type * as vscode from "vscode";

/**
 * What a click on a row does; the command takes the row that is selected. It carries no arguments: the editor keeps
 * those of a row on our side until the row is drawn again, and a click on a row that changes under it is an error
 * ("Actual command not found").
 */
export function rowCommand(command: string, title: string): vscode.Command {
  return { command, title };
}
