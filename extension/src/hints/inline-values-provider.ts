import * as vscode from "vscode";
import { DEBUG_TYPE } from "../sessions.js";
import { cleanText } from "../text.js";
import { mentions } from "./inline-values.js";

/** Most characters of a value. */
const VALUE = 60;
/** Functions say nothing new beside their names, and stand in most lines. */
const FUNCTION = /^(?:async )?(?:ƒ|class\b)/;
/** Scopes asked for their variables: the innermost ones. */
const SCOPES = 4;

interface Scope {
  readonly name: string;
  readonly expensive?: boolean;
  readonly variablesReference: number;
}
interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Values of a stopped frame, or of one of a pinned task, beside the lines that mention the variables. */
export class InlineValues implements vscode.InlineValuesProvider {
  async provideInlineValues(
    document: vscode.TextDocument,
    viewPort: vscode.Range,
    context: vscode.InlineValueContext,
  ): Promise<vscode.InlineValue[]> {
    const session = vscode.debug.activeDebugSession;
    if (session?.type !== DEBUG_TYPE) return [];
    const values = await valuesOf(session, context.frameId).catch(() => new Map<string, string>());
    const lines = document.getText().split(/\r?\n/);
    const told = [...values].flatMap(([name, value]) => (FUNCTION.test(value) ? [] : [name]));
    return mentions(lines, context.stoppedLocation.end.line, new Set(told))
      .filter(({ line }) => line >= viewPort.start.line && line <= viewPort.end.line)
      .map(
        ({ name, line, start, end }) =>
          new vscode.InlineValueText(
            new vscode.Range(line, start, line, end),
            `${name} = ${cleanText(values.get(name) ?? "", VALUE)}`,
          ),
      );
  }
}

/** The variables of a frame's own scopes; inner ones hide outer ones. */
async function valuesOf(session: vscode.DebugSession, frameId: number): Promise<Map<string, string>> {
  const { scopes } = (await session.customRequest("scopes", { frameId })) as { scopes: readonly Scope[] };
  const own = scopes.filter(({ expensive }) => !expensive).slice(0, SCOPES);
  const lists = await Promise.all(
    own.map(
      ({ variablesReference }) =>
        session.customRequest("variables", { variablesReference }) as Thenable<{
          variables: readonly Variable[];
        }>,
    ),
  );
  const values = new Map<string, string>();
  for (const { variables } of lists)
    for (const { name, value } of variables) if (!values.has(name)) values.set(name, value);
  return values;
}
