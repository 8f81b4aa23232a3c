import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";

/** The editor for machines without a desktop must fail when the tests in it fail: else nothing here means much. */
describe("VS Code in Chromium as a test host [slow]", function () {
  this.timeout(120_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "asyncscope-harness-"));
    mkdirSync(join(folder, "extension"));
    writeFileSync(
      join(folder, "extension/package.json"),
      JSON.stringify({ name: "nothing", publisher: "test", version: "0.0.1", engines: { vscode: "*" } }),
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a suite with this body inside the editor. */
  const suite = (body: string) => {
    writeFileSync(join(folder, "suite.js"), `exports.run = async () => { ${body} };`);
    return run(
      join(root, "scripts/vscode-in-chromium.mjs"),
      [`--extensionDevelopmentPath=${folder}/extension`, `--extensionTestsPath=${folder}/suite.js`, folder],
      { timeout: 50_000 },
    );
  };

  it("prints what a suite prints, and ends with code 0 when it passes", async () => {
    const { code, output, leftovers } = await suite(
      `const vscode = require("vscode"); console.log("in", vscode.workspace.workspaceFolders[0].uri.fsPath)`,
    );
    assert.equal(code, 0, output);
    assert.ok(output.includes(`in ${folder}`), output);
    assert.deepEqual(leftovers, []);
  });

  it("ends with another code when the suite fails, and says why", async () => {
    const { code, output } = await suite(`throw new Error("as expected")`);
    assert.equal(code, 1, output);
    assert.match(output, /as expected/);
  });
});
