import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventually } from "../../support/eventually.js";
import { fixture, launch, nextSession, stop, stopAll } from "./debugged-program.js";

describe("starting a program", () => {
  afterEach(async () => {
    await stopAll();
    await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  // Else the editor asks where to save an untitled document before it asks us.
  const debug = () => vscode.workspace.getConfiguration("debug");
  before(() => debug().update("saveBeforeStart", "none", vscode.ConfigurationTarget.Global));
  after(() => debug().update("saveBeforeStart", undefined, vscode.ConfigurationTarget.Global));

  async function open(path: string): Promise<void> {
    await vscode.window.showTextDocument(vscode.Uri.file(path));
  }

  it("debugs the file in the editor when its button is pressed", async () => {
    await open(fixture("workshop.ts"));
    const starting = nextSession();
    await vscode.commands.executeCommand("asyncscope.debugFile");
    const session = await starting;
    assert.equal(session.configuration["program"], fixture("workshop.ts"));
    assert.equal(session.name, "Asyncscope: workshop.ts");
    await stop(session);
  });

  it("debugs the file in the editor when a configuration says ${file}", async () => {
    await open(fixture("workshop.ts"));
    const session = await launch("${file}");
    assert.equal(session.configuration["program"], fixture("workshop.ts"));
    await stop(session);
  });

  it("needs no configuration at all: type alone is enough", async () => {
    await open(fixture("workshop.ts"));
    const starting = nextSession();
    const none = { type: "asyncscope" } as vscode.DebugConfiguration;
    assert.ok(await vscode.debug.startDebugging(undefined, none));
    const session = await starting;
    assert.equal(session.configuration["program"], fixture("workshop.ts"));
    assert.equal(session.configuration.request, "launch");
    await stop(session);
  });

  it("offers the current file among the automatic configurations", async () => {
    const manifest = vscode.extensions.getExtension("asyncscope.asyncscope-vscode")?.packageJSON as {
      activationEvents: string[];
      contributes: { debuggers: { type: string; languages: string[]; initialConfigurations: unknown[] }[] };
    };
    assert.ok(manifest.activationEvents.includes("onDebugDynamicConfigurations:asyncscope"));
    const [own] = manifest.contributes.debuggers;
    assert.deepEqual(own?.languages, ["javascript", "typescript"]);
    assert.equal(own.initialConfigurations.length, 1);
  });

  describe("is refused before anything is spawned", () => {
    async function refused(start: () => Thenable<boolean>): Promise<void> {
      let sessions = 0;
      const listener = vscode.debug.onDidStartDebugSession(() => (sessions += 1));
      try {
        assert.equal(await start(), false);
        assert.equal(sessions, 0);
      } finally {
        listener.dispose();
        await vscode.commands.executeCommand("notifications.clearAll");
      }
    }
    const current = { type: "asyncscope", request: "launch", name: "x", program: "${file}" };

    it("for an untitled document", async () => {
      const document = await vscode.workspace.openTextDocument({ language: "javascript", content: "1" });
      await vscode.window.showTextDocument(document);
      await refused(() => vscode.debug.startDebugging(undefined, current));
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    });

    it("for a file that is no program", async () => {
      await open(fixture("../../package.json"));
      await refused(() => vscode.debug.startDebugging(undefined, current));
    });

    it("for a launch without a program", async () => {
      await refused(() => vscode.debug.startDebugging(undefined, { ...current, program: "" }));
    });

    it("for an attach to another machine", async () => {
      await refused(() =>
        vscode.debug.startDebugging(undefined, {
          type: "asyncscope",
          request: "attach",
          name: "x",
          port: 9229,
          address: "192.0.2.1",
        }),
      );
    });
  });

  it("shows breakpoints in JavaScript and TypeScript", async () => {
    const path = fixture("workshop.ts");
    await open(path);
    const breakpoint = new vscode.SourceBreakpoint(
      new vscode.Location(vscode.Uri.file(path), new vscode.Position(2, 0)),
    );
    vscode.debug.addBreakpoints([breakpoint]);
    await eventually("the breakpoint is there", () => vscode.debug.breakpoints.includes(breakpoint));
    vscode.debug.removeBreakpoints([breakpoint]);
  });
});
