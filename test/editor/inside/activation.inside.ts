import assert from "node:assert/strict";
import * as vscode from "vscode";
import { extension } from "./debugged-program.js";

describe("the extension", () => {
  it("is known to the editor and activates without an error", async () => {
    await extension().activate();
    assert.ok(extension().isActive);
  });

  it("activates in less than 50 ms", () => {
    const { wallMs, cpuMs } = extension().exports.activation;
    const took = `activation took ${wallMs.toFixed(1)} ms, ${cpuMs.toFixed(1)} ms of the processor`;
    console.log(`      (${took})`);
    // On a busy machine the one says little; the other counts what goes on beside it, too.
    assert.ok(wallMs > 0 && Math.min(wallMs, cpuMs) < 50, took);
  });

  it("asks for nothing before a program is debugged", () => {
    const { tasks, resources } = extension().exports;
    for (const state of [tasks.state(), resources.state()])
      assert.deepEqual(
        { status: state.status, message: state.message ?? "", rows: state.rows.length },
        { status: "none", message: "", rows: 0 },
      );
  });

  it("registers every command that its manifest names, and no other", async () => {
    const manifest = extension().packageJSON as { contributes: { commands: { command: string }[] } };
    const named = manifest.contributes.commands.map(({ command }) => command).sort();
    // The editor itself makes commands like `asyncscope.tasks.focus` for each view; links of hovers are for no menu, and a picker for configurations.
    const made =
      /^asyncscope\.((tasks|resources|futures|diagnosis)\.(focus|open|resetViewLocation|toggleVisibility|removeView|moveView)|suspended\.(reveal|pin)|pickProcess)$/;
    const registered = (await vscode.commands.getCommands(true)).filter((id) => id.startsWith("asyncscope."));
    for (const command of named) assert.ok(registered.includes(command), `${command} is not registered`);
    const unnamed = registered.filter((id) => !named.includes(id) && !made.test(id));
    assert.deepEqual(unnamed, []);
  });
});
