import assert from "node:assert/strict";
import { join } from "node:path";
import * as vscode from "vscode";
import type { AsyncscopeApi, ViewRow, ViewState } from "../../../extension/src/api.js";
import { eventually } from "../../support/eventually.js";

const EXTENSION = "asyncscope.asyncscope-vscode";

export function extension(): vscode.Extension<AsyncscopeApi> {
  const found = vscode.extensions.getExtension<AsyncscopeApi>(EXTENSION);
  assert.ok(found, `the editor does not list ${EXTENSION}`);
  return found;
}

/** A program of `test/fixtures`. */
export function fixture(name: string): string {
  return join(extension().extensionPath, "test/fixtures", name);
}

/** Resolves with the next session of our type; reject after 60 s. Call it before the session is started. */
export function nextSession(): Promise<vscode.DebugSession> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      listener.dispose();
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error("no debug session started within 60 s"));
    }, 60_000);
    const listener = vscode.debug.onDidStartDebugSession((session) => {
      if (session.type !== "asyncscope") return;
      done();
      resolve(session);
    });
  });
}

/** Starts a program under the debugger. */
export async function launch(program: string, ...args: string[]): Promise<vscode.DebugSession> {
  const session = nextSession();
  const started = await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
    type: "asyncscope",
    request: "launch",
    name: `inside: ${program}`,
    program,
    args,
  });
  assert.ok(started, `${program} was not started`);
  return session;
}

/** Ends a session and waits until the editor has seen it go. */
export async function stop(session: vscode.DebugSession): Promise<void> {
  let ended = false;
  const listener = vscode.debug.onDidTerminateDebugSession((each) => {
    if (each.id === session.id) ended = true;
  });
  await vscode.debug.stopDebugging(session);
  await eventually("the session has ended", () => ended);
  listener.dispose();
}

/** Ends what a failed test has left running: the views would go on showing it to the tests that follow. */
export async function stopAll(): Promise<void> {
  await vscode.debug.stopDebugging();
  await eventually("no session is left", () => vscode.debug.activeDebugSession === undefined);
}

/** All rows of a view, top to bottom. */
export function rows(state: ViewState): ViewRow[] {
  const below = (row: ViewRow): ViewRow[] => [row, ...row.children.flatMap(below)];
  return state.rows.flatMap(below);
}

export function labels(state: ViewState): string[] {
  return rows(state).map((row) => row.label);
}

/** Waits for a row whose label is the text, and whose description matches. */
export async function rowWith(state: () => ViewState, label: string, description = /^/): Promise<ViewRow> {
  let found: ViewRow | undefined;
  const find = (): boolean => {
    found = rows(state()).find((row) => row.label === label && description.test(row.description));
    return found !== undefined;
  };
  try {
    await eventually(`a row “${label}” that reads ${String(description)}`, find);
  } catch (error) {
    const seen = rows(state()).map((row) => `${row.label} | ${row.description}`);
    throw new Error(`${String(error)}\n${state().message ?? ""}\n${seen.join("\n")}`, { cause: error });
  }
  assert.ok(found);
  return found;
}
