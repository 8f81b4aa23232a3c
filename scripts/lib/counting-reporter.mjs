// Mocha's `spec` output, and the results as JSON in the file named by ASYNCSCOPE_REPORT after each test: what
// has been counted so far survives a suite that hangs or is killed.
import Mocha from "mocha";
import { recordResults } from "./test-results.mjs";

/** How long the process of a suite with failures may take to end by itself, in milliseconds. */
const GRACE = 10_000;

export default class CountingReporter extends Mocha.reporters.Spec {
  /** @param {Mocha.Runner} runner @param {Mocha.MochaOptions} options */
  constructor(runner, options) {
    super(runner, options);
    const file = process.env["ASYNCSCOPE_REPORT"];
    if (file === undefined) return;
    // A program under test that is itself a mocha run must not write here.
    delete process.env["ASYNCSCOPE_REPORT"];
    recordResults(runner, file);
    runner.on("end", () => {
      // A failed test may leave sockets open, which would keep the process alive. Nothing waits for this timer.
      if (runner.stats?.failures) setTimeout(() => process.exit(1), GRACE).unref();
    });
  }
}
