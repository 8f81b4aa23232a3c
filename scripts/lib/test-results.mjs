import { writeFileSync } from "node:fs";

/** @typedef {{ title: string[], state: "passed" | "failed" | "pending", error?: string }} TestResult */
/** @typedef {{ tests: TestResult[], finished: boolean }} Report `finished`: the run came to its end. */

/** Keeps `file` up to date with the results of a run. @param {Mocha.Runner} runner @param {string} file */
export function recordResults(runner, file) {
  /** @type {Report} */
  const report = { tests: [], finished: false };
  const save = () => writeFileSync(file, JSON.stringify(report));
  save();
  runner.on("pass", (test) => {
    report.tests.push({ title: test.titlePath(), state: "passed" });
    save();
  });
  runner.on("fail", (test, error) => {
    report.tests.push({
      title: test.titlePath(),
      state: "failed",
      error: error?.stack ?? String(error),
    });
    save();
  });
  runner.on("pending", (test) => {
    report.tests.push({ title: test.titlePath(), state: "pending" });
    save();
  });
  runner.on("end", () => {
    report.finished = true;
    save();
  });
}
