import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { eventually } from "../../support/eventually.js";
import { extension, fixture, launch, rows, rowWith, stop, stopAll } from "./debugged-program.js";
import type { AsyncscopeApi } from "../../../extension/src/api.js";

const WHOLE = new vscode.Range(0, 0, 1000, 0);

describe("hints of suspended tasks in the editor", () => {
  let api: AsyncscopeApi;
  let session: vscode.DebugSession;
  let document: vscode.TextDocument;
  let folder: string;
  let marked: (marker: string) => number;
  const settings = () => vscode.workspace.getConfiguration("asyncscope.suspendedTasks");

  before(async () => {
    api = await extension().activate();
    // A copy: what is typed into it may be saved by itself.
    folder = mkdtempSync(join(tmpdir(), "asyncscope-hints-"));
    cpSync(fixture("workshop.ts"), join(folder, "workshop.ts"));
    document = await vscode.workspace.openTextDocument(join(folder, "workshop.ts"));
    await vscode.window.showTextDocument(document);
    marked = (marker) =>
      document
        .getText()
        .split("\n")
        .findIndex((line) => line.includes(`// @${marker}`));
  });

  after(async () => {
    await stopAll();
    await settings().update("hints", undefined, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    rmSync(folder, { recursive: true, force: true });
  });

  async function hints(): Promise<{ line: number; text: string }[]> {
    const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      "vscode.executeInlayHintProvider",
      document.uri,
      WHOLE,
    );
    return found.flatMap(({ label, position }) => {
      const text = typeof label === "string" ? label : label.map(({ value }) => value).join("");
      return /tasks? waits?/.test(text) ? [{ line: position.line, text }] : [];
    });
  }

  async function hintAt(line: number, text: RegExp): Promise<void> {
    let seen: unknown;
    await eventually(`a hint ${String(text)} in line ${line + 1}`, async () => {
      const all = await hints();
      seen = all;
      return all.some((hint) => hint.line === line && text.test(hint.text));
    }).catch((error: unknown) => assert.fail(`${String(error)}: ${JSON.stringify(seen)}`));
  }

  it("are not there without a session", async () => {
    assert.deepEqual(await hints(), []);
  });

  it("say at each line how many tasks wait and for how long at most", async () => {
    session = await launch(document.uri.fsPath);
    await hintAt(marked("audit-wait"), /^1 task waits, \d/);
    const lock = document
      .getText()
      .split("\n")
      .findIndex((line) => line.includes("ledger.withLock"));
    await hintAt(lock, /^2 tasks wait, up to \d/);
  });

  it("become code lenses when that is wanted", async () => {
    await settings().update("hints", "codeLens", vscode.ConfigurationTarget.Global);
    await eventually("a code lens at the auditor's line", async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        "vscode.executeCodeLensProvider",
        document.uri,
        100,
      );
      return lenses.some(
        ({ range, command }) =>
          range.start.line === marked("audit-wait") && /^1 task waits/.test(command?.title ?? ""),
      );
    });
    assert.deepEqual(await hints(), []);
    await settings().update("hints", undefined, vscode.ConfigurationTarget.Global);
  });

  it("list the tasks on hover, with links that only carry numbers", async () => {
    let text = "";
    await eventually("a hover that names the auditor", async () => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>(
        "vscode.executeHoverProvider",
        document.uri,
        new vscode.Position(marked("audit-wait"), 4),
      );
      text = found
        .flatMap(({ contents }) => contents)
        .map((content) => (content as vscode.MarkdownString).value)
        .join("\n");
      return text.includes("auditor");
    });
    assert.match(text, /1 task suspended here/);
    assert.match(text, /\[1\]\(command:asyncscope\.suspended\.reveal\?%5B\d+%5D\)/);
    const [, id] = /suspended\.pin\?%5B(\d+)%5D/.exec(text) ?? [];
    await vscode.commands.executeCommand("asyncscope.suspended.pin", Number(id));
    await eventually("the auditor is pinned", () =>
      rows(api.tasks.state()).some((row) => row.label === "auditor" && row.contextValue.includes("pinned")),
    );
    await vscode.commands.executeCommand("asyncscope.suspended.reveal", Number(id));
    await vscode.commands.executeCommand("asyncscope.tasks.copyName");
    assert.equal(await vscode.env.clipboard.readText(), "auditor");
  });

  it("show the values of a pinned task beside its lines", async () => {
    await rowWith(() => api.tasks.state(), "auditor");
    const { threads } = (await session.customRequest("threads")) as {
      threads: { id: number; name: string }[];
    };
    const thread = threads.find(({ name }) => name.includes("auditor"));
    assert.ok(thread, JSON.stringify(threads));
    const { stackFrames } = (await session.customRequest("stackTrace", { threadId: thread.id })) as {
      stackFrames: { id: number; name: string }[];
    };
    const frame = stackFrames.find(({ name }) => name === "audit");
    assert.ok(frame, JSON.stringify(stackFrames));
    const line = marked("audit-wait");
    const values = await vscode.commands.executeCommand<vscode.InlineValueText[]>(
      "vscode.executeInlineValueProvider",
      document.uri,
      WHOLE,
      { frameId: frame.id, stoppedLocation: new vscode.Range(line, 0, line, 1) },
    );
    const texts = values.map(({ text, range }) => `${range.start.line}: ${text}`);
    assert.ok(
      texts.includes(`${line - 2}: account = 'A-17'`) || texts.includes(`${line - 2}: account = "A-17"`),
      texts.join("\n"),
    );
    assert.ok(texts.includes(`${line - 1}: total = 42`), texts.join("\n"));
    assert.ok(!texts.some((text) => text.includes("ƒ")), texts.join("\n"));
  });

  it("move with the text", async () => {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), "// one\n// two\n");
    await vscode.workspace.applyEdit(edit);
    await hintAt(marked("audit-wait"), /^1 task waits/);
  });

  it("go with the session", async () => {
    await stop(session);
    await eventually("no hint is left", async () => (await hints()).length === 0);
  });
});
