import assert from "node:assert/strict";
import * as vscode from "vscode";

const EXTENSION = "asyncscope.asyncscope-vscode";

describe("the extension", () => {
  it("is known to the editor and activates without an error", async () => {
    const extension = vscode.extensions.getExtension(EXTENSION);
    assert.ok(extension, `the editor does not list ${EXTENSION}`);
    await extension.activate();
    assert.ok(extension.isActive);
  });
});
