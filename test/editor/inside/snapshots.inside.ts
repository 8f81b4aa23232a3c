import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { AsyncscopeApi } from "../../../extension/src/api.js";
import { eventually } from "../../support/eventually.js";
import { extension, fixture, launch, rowWith, stop, stopAll } from "./debugged-program.js";

describe("snapshots of tasks", () => {
  let api: AsyncscopeApi;
  let session: vscode.DebugSession;
  const tasks = () => api.tasks.state();

  before(async () => {
    api = await extension().activate();
    session = await launch(fixture("night-shift.ts"), "walker");
    await rowWith(tasks, "watchman");
  });
  after(async () => {
    await stopAll();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  /** Compares, and gives the texts of the diff that opens: the one before on the left. */
  async function compare(): Promise<{ before: string; after: string; title: string }> {
    const shown = vscode.window.tabGroups.activeTabGroup.activeTab;
    await vscode.commands.executeCommand("asyncscope.snapshot.compare");
    let tab: vscode.Tab | undefined;
    await eventually("the diff is open", () => {
      tab = vscode.window.tabGroups.activeTabGroup.activeTab;
      return tab !== shown && tab?.input instanceof vscode.TabInputTextDiff;
    });
    const { original, modified } = tab!.input as vscode.TabInputTextDiff;
    const [before, after] = await Promise.all(
      [original, modified].map(async (uri) => {
        const document = await vscode.workspace.openTextDocument(uri);
        assert.equal(document.languageId, "taskdump");
        return document.getText();
      }),
    );
    return { before: before!, after: after!, title: tab!.label };
  }

  /** The lines of a task's entry. */
  function entry(text: string, task: string): string[] {
    const lines = text.split("\n");
    const from = lines.findIndex((line) => line.trimStart().startsWith(`- ${task} [`));
    if (from < 0) return [];
    const indent = /^ */.exec(lines[from]!)![0].length;
    const length = lines.slice(from + 1).findIndex((line) => /^ */.exec(line)![0].length <= indent);
    return lines.slice(from, length < 0 ? undefined : from + 1 + length);
  }

  it("show in a diff what has changed since the last one, and nothing of what has not", async () => {
    await vscode.commands.executeCommand("asyncscope.snapshot.take");
    const { id } = await idOf("watchman");
    await session.customRequest("asyncscope/cancelTask", { task: id });
    await rowWith(tasks, "watchman", /^cancelled/);
    const { before, after, title } = await compare();
    assert.match(title, /^Tasks: Snapshot 1 [\d:.]+ ↔ Snapshot 2 [\d:.]+$/);
    assert.match(entry(before, "watchman")[0]!, /\[suspended\]/);
    assert.match(entry(before, "watchman").join("\n"), /waits for Event dawn.* \[event\]$/m);
    assert.match(entry(after, "watchman")[0]!, /\[cancelled\]/);
    // How long things last is no difference.
    for (const text of [before, after]) {
      assert.match(text, /^ *waits for Event dawn.* \[event\]$/m);
      assert.doesNotMatch(text, /^ *waits for .* \[[a-z]+\] \d/m);
    }
  });

  it("of a program that has ended are compared with what it was last", async () => {
    await stop(session);
    await eventually("the program has ended", () => tasks().status === "ended");
    const { before, after } = await compare();
    assert.deepEqual(entry(after, "watchman"), entry(before, "watchman"));
  });

  async function idOf(name: string): Promise<{ id: number }> {
    const body = (await session.customRequest("asyncscope/tree", {
      order: "creation",
      pages: [{ task: 0 }],
      deep: true,
    })) as { tasks: { id: number; name: string }[] };
    const found = body.tasks.find((task) => task.name === name);
    assert.ok(found, `there is no task ${name}`);
    return found;
  }
});
