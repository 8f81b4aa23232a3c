import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Mocha from "mocha";
import { runTests } from "@vscode/test-electron";
import { desktopEditor } from "../../scripts/lib/desktop-editor.mjs";
import { root } from "../../scripts/lib/root.mjs";
import type { Report } from "../../scripts/lib/test-results.mjs";
import { copyOfExamples } from "../support/workspace.js";

/**
 * Runs `test/editor/inside/*.inside.ts` in a real extension host and shows each of its tests here. A desktop
 * VS Code is used where there is one, else the one from npm in a headless Chromium.
 */
describe("inside the editor's extension host [slow]", function () {
  this.timeout(480_000);
  let report: Report = { tests: [], finished: false };
  let problem: unknown;

  before(async function () {
    const folder = mkdtempSync(join(tmpdir(), "asyncscope-inside-"));
    const workspace = copyOfExamples();
    const file = join(folder, "report.json");
    try {
      await runTests({
        vscodeExecutablePath: desktopEditor()?.executable ?? join(root, "scripts/vscode-in-chromium.mjs"),
        extensionDevelopmentPath: root,
        extensionTestsPath: join(root, "out/test/support/editor-suite.cjs"),
        extensionTestsEnv: { ASYNCSCOPE_INSIDE_REPORT: file, ASYNCSCOPE_EDITOR_TIMEOUT: "420000" },
        launchArgs: [workspace.folder, `--user-data-dir=${join(folder, "profile")}`],
      });
    } catch (error) {
      problem = error;
    }
    try {
      report = JSON.parse(readFileSync(file, "utf8")) as Report;
    } catch {
      // The first test says so.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    workspace.remove();
    for (const result of report.tests) {
      const test = new Mocha.Test(result.title.join(" › "), () => {
        if (result.state === "failed") throw Object.assign(new Error(), { stack: result.error });
      });
      if (result.state === "pending") test.pending = true;
      this.test?.parent?.addTest(test);
    }
  });

  it("runs to its end, with at least one test", () => {
    assert.ok(report.finished, `the run inside the editor did not finish: ${String(problem)}`);
    assert.ok(report.tests.length > 0, "no test ran inside the editor");
    // A failed test is shown as a test of its own below; then, and only then, the run may report a failure.
    if (report.tests.every((test) => test.state !== "failed")) assert.equal(problem, undefined);
  });
});
