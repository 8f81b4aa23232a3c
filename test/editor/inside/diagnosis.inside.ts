import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as vscode from "vscode";
import type { AsyncscopeApi } from "../../../extension/src/api.js";
import { eventually } from "../../support/eventually.js";
import { extension, fixture, launch, nextSession, rows, rowWith, stop, stopAll } from "./debugged-program.js";

const PROGRAM = "gridlock.ts";

/** The 1-based line that carries a marker. */
function lineOf(marker: string): number {
  const lines = readFileSync(fixture(PROGRAM), "utf8").split("\n");
  return lines.findIndex((line) => line.includes(`// @${marker}`)) + 1;
}

describe("the Diagnosis view", () => {
  let api: AsyncscopeApi;
  let session: vscode.DebugSession;
  const diagnosis = () => api.diagnosis.state();

  before(async () => {
    api = await extension().activate();
  });

  after(async () => {
    await stopAll();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("counts what is wrong on its icon, also while it is hidden", async () => {
    session = await launch(fixture(PROGRAM));
    await eventually("both problems are counted", () => api.diagnosis.badge() === 2);
  });

  it("tells each problem in a sentence, the worst first", async () => {
    await vscode.commands.executeCommand("asyncscope.diagnosis.focus");
    const at = (marker: string) => `gridlock\\.ts:${lineOf(marker)}`;
    await rowWith(
      diagnosis,
      "Deadlock",
      new RegExp(
        `^Task .* waits at ${at("to")} for Lock .*, which task .* took at ${at("from")}; task .* waits at`,
      ),
    );
    await rowWith(
      diagnosis,
      "Lock never released",
      new RegExp(
        `^Task report failed with Error: out of paper .* took at ${at("taken")}\\. Task invoice waits at ${at("invoice")}`,
      ),
    );
    assert.deepEqual(
      diagnosis().rows.map(({ label }) => label),
      ["Deadlock", "Lock never released"],
    );
    assert.equal(diagnosis().description, "2 problems");
    assert.equal(diagnosis().message ?? "", "");
  });

  it("leads to the lines and to the tasks", async () => {
    const row = api.diagnosis.row("Lock never released");
    assert.ok(row);
    await api.diagnosis.reveal(row);
    await rowWith(diagnosis, `gridlock.ts:${lineOf("taken")}`);
    await rowWith(diagnosis, "invoice", /^waiting: Lock printer/);
    await vscode.commands.executeCommand("asyncscope.diagnosis.open", row);
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.fsPath, fixture(PROGRAM));
    assert.equal(editor.selection.active.line + 1, lineOf("taken"));
    // The selection follows the reveal.
    await eventually("the task is selected", async () => {
      await vscode.commands.executeCommand("asyncscope.diagnosis.revealTask", api.diagnosis.row("invoice"));
      await vscode.commands.executeCommand("asyncscope.tasks.copyName");
      return (await vscode.env.clipboard.readText()) === "invoice";
    });
    await vscode.commands.executeCommand("asyncscope.diagnosis.copy", row);
    assert.match(await vscode.env.clipboard.readText(), /^Task report failed with Error: out of paper/);
  });

  it("keeps what was wrong when the program has ended", async () => {
    await stop(session);
    await eventually("it says that the program has ended", () => /has ended/.test(diagnosis().message ?? ""));
    assert.deepEqual(
      diagnosis().rows.map(({ label }) => label),
      ["Deadlock", "Lock never released"],
    );
  });

  it("says that nothing is wrong with a program that is well", async () => {
    session = await launch(fixture("night-shift.ts"), "baker");
    await vscode.commands.executeCommand("asyncscope.diagnosis.focus");
    await eventually("it says so", () => diagnosis().message === "Nothing is wrong.");
    assert.deepEqual(rows(diagnosis()), []);
    assert.equal(api.diagnosis.badge(), 0);
    await stop(session);
  });

  it("shows a deadlock as stopped tasks, with the editor at the first line of it", async () => {
    const started = nextSession();
    const stopped = new Promise<{ threadId: number; text: string }>((resolve) => {
      const tracker = vscode.debug.registerDebugAdapterTrackerFactory("asyncscope", {
        createDebugAdapterTracker: () => ({
          onWillReceiveMessage: (message: { command?: string; arguments?: { filterOptions?: object[] } }) => {
            // What a tick in the Breakpoints view sends.
            if (message.command === "setExceptionBreakpoints" && message.arguments)
              message.arguments.filterOptions = [{ filterId: "asyncscope.deadlock" }];
          },
          onDidSendMessage: (message: {
            event?: string;
            body?: { threadId: number; text: string; preserveFocusHint?: boolean };
          }) => {
            if (message.event !== "stopped" || !message.body || message.body.preserveFocusHint !== false)
              return;
            resolve(message.body);
            tracker.dispose();
          },
        }),
      });
    });
    void vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
      type: "asyncscope",
      request: "launch",
      name: "deadlock",
      program: fixture(PROGRAM),
    });
    session = await started;
    const { text } = await stopped;
    assert.match(text, /^Deadlock: task /);
    await eventually("the editor is at the line", () => {
      const editor = vscode.window.activeTextEditor;
      return (
        editor?.document.uri.fsPath === fixture(PROGRAM) && editor.selection.active.line + 1 === lineOf("to")
      );
    });
    await eventually("the main thread runs on", () => api.tasks.state().status === "live");
    await rowWith(() => api.tasks.state(), "clock");
    await stop(session);
  });
});
