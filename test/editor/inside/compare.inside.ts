import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { eventually } from "../../support/eventually.js";
import { extension } from "./debugged-program.js";

describe("comparing task dumps", () => {
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-compare-"));
  const dumpOf = (name: string, time: string): vscode.Uri => {
    const file = join(folder, name);
    writeFileSync(file, `Asyncscope task dump 1\n\nprogram  /a.mjs\nprocess  1\ntime     ${time}\n`);
    return vscode.Uri.file(file);
  };

  before(() => extension().activate());
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows the older one on the left, wherever one begins", async () => {
    const before = dumpOf("b.taskdump", "2026-01-01T00:00:00.000Z");
    const after = dumpOf("a.taskdump", "2026-01-02T00:00:00.000Z");
    await vscode.workspace.openTextDocument(after);
    await vscode.window.showTextDocument(before, { preview: false });
    await vscode.window.showTextDocument(after, { preview: false });
    const compared = vscode.commands.executeCommand("asyncscope.compareDumps");
    let input: unknown;
    await eventually("two dumps side by side", async () => {
      await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
      input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputTextDiff;
    });
    await compared;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    assert.deepEqual([input.original.path, input.modified.path], [before.path, after.path]);
  });
});
