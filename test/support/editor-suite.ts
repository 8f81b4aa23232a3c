/**
 * Runs inside the editor's extension host: all `test/editor/inside/*.inside.ts`, with the whole `vscode` API.
 * The editor calls {@link run} because its `--extensionTestsPath` names this file.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { format } from "node:util";
import { recordResults } from "../../scripts/lib/test-results.mjs";

/** Where the results go, as JSON; see scripts/lib/test-results.mjs. */
const REPORT_VARIABLE = "ASYNCSCOPE_INSIDE_REPORT";

/** Runs the suite. Rejects when a test fails or when there is none, which makes the editor end with code 1. */
export async function run(): Promise<void> {
  const { default: Mocha } = await import("mocha");
  // The editor's console carries text, not the placeholders that mocha prints.
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => console.log(format(...args));
  const grep = process.env["ASYNCSCOPE_INSIDE_GREP"];
  const mocha = new Mocha({
    ui: "bdd",
    reporter: "spec",
    timeout: 60_000,
    slow: 3000,
    ...(grep === undefined ? {} : { grep }),
  });
  const load = createRequire(__filename);
  const folder = join(__dirname, "../editor/inside");
  for (const name of readdirSync(folder)
    .filter((entry) => entry.endsWith(".inside.cjs"))
    .sort()) {
    const file = join(folder, name);
    mocha.suite.emit("pre-require", globalThis, file, mocha);
    load(file);
  }
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      try {
        assert.ok((runner.stats?.tests ?? 0) > 0, "no test ran inside the editor");
        assert.equal(failures, 0, `${failures} tests failed inside the editor`);
        resolve();
      } catch (error) {
        reject(error);
      }
    });
    const report = process.env[REPORT_VARIABLE];
    if (report !== undefined) recordResults(runner, report);
  });
}
