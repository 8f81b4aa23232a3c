import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { AsyncscopeApi } from "../../../extension/src/api.js";
import { eventually } from "../../support/eventually.js";
import { extension, fixture, launch, rowWith, stop, stopAll } from "./debugged-program.js";

describe("task dumps", () => {
  let api: AsyncscopeApi;
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-dump-inside-"));
  const tasks = () => api.tasks.state();
  const seen = new Set<vscode.TextDocument>();

  before(async () => {
    api = await extension().activate();
  });
  after(async () => {
    await stopAll();
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the command and gives the document that it opens. */
  async function dump(): Promise<vscode.TextDocument> {
    await vscode.commands.executeCommand("asyncscope.dump");
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.languageId, "taskdump");
    assert.ok(document.isUntitled);
    assert.ok(!seen.has(document), "the command has opened nothing");
    seen.add(document);
    return document;
  }

  async function outline(document: vscode.TextDocument): Promise<vscode.DocumentSymbol[]> {
    let symbols: vscode.DocumentSymbol[] | undefined;
    await eventually("the dump has an outline", async () => {
      symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
        "vscode.executeDocumentSymbolProvider",
        document.uri,
      );
      return (symbols?.length ?? 0) > 0;
    });
    return symbols!;
  }

  const names = (symbols: readonly vscode.DocumentSymbol[]): string[] =>
    symbols.flatMap(({ name, children }) => [name, ...names(children)]);

  it("open from a running program, with an outline, and links to the lines that tasks wait at", async () => {
    const session = await launch(fixture("workshop.ts"));
    await rowWith(tasks, "auditor");
    const document = await dump();
    assert.match(document.getText(), /^status {3}live$/m);
    const found = names(await outline(document));
    for (const name of ["Tasks", "Queues & Locks", "auditor", "producer", "jobs", "ledger"])
      assert.ok(found.includes(name), `${name} is not among ${found.join(", ")}`);
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      "vscode.executeLinkProvider",
      document.uri,
    );
    const source = readFileSync(fixture("workshop.ts"), "utf8").split("\n");
    const line = source.findIndex((text) => text.includes("@audit-wait")) + 1;
    const targets = links.map(({ target }) => target).filter((target) => target !== undefined);
    assert.ok(
      targets.some(
        ({ fsPath, fragment }) => fsPath === fixture("workshop.ts") && fragment.startsWith(`L${line},`),
      ),
      targets.join("\n"),
    );
    await stop(session);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("open from a program that has ended, as it was seen last", async () => {
    await eventually("the program has ended", () => tasks().status === "ended");
    const document = await dump();
    assert.match(document.getText(), /^status {3}ended$/m);
    assert.ok(names(await outline(document)).includes("auditor"));
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("are known by their file's name, and a cut one says so", async () => {
    const file = join(folder, "cut.taskdump");
    writeFileSync(file, "Asyncscope task dump 1\n\nTasks\n\n- main [suspended] #1\n");
    const document = await vscode.workspace.openTextDocument(file);
    assert.equal(document.languageId, "taskdump");
    await vscode.window.showTextDocument(document);
    await eventually("the dump is said to be cut", () =>
      vscode.languages
        .getDiagnostics(document.uri)
        .some(({ message }) => /This dump is cut here/.test(message)),
    );
    assert.deepEqual(names(await outline(document)), ["Tasks", "main"]);
  });

  it("have their outline back when the language server was killed", async function () {
    if (!existsSync("/proc")) this.skip();
    const server = languageServer();
    assert.ok(server !== undefined, "no language server runs");
    process.kill(server, "SIGKILL");
    await eventually("another server runs", () => ![undefined, server].includes(languageServer()));
    const document = await vscode.workspace.openTextDocument(join(folder, "cut.taskdump"));
    assert.deepEqual(names(await outline(document)), ["Tasks", "main"]);
  });
});

/** The process of this extension host that serves dumps. */
function languageServer(): number | undefined {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        return (
          Number(parent) === process.pid &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("language-server.cjs")
        );
      } catch {
        return false;
      }
    });
}
