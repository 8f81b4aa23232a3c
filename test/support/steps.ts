import assert from "node:assert/strict";
import type { Workbench } from "./workbench.js";

/**
 * For a suite whose steps stand on each other: after a failure the rest would only fail again, and slowly. What the
 * editor reports as an error is one.
 */
export function stepsInOrder(workbench: () => Workbench): void {
  let broken = false;
  beforeEach(function () {
    if (broken) this.skip();
  });
  afterEach(async function () {
    const errors = await workbench().errors();
    if (this.currentTest?.state === "failed" || errors.length > 0) {
      broken = true;
      await workbench().picture("failed");
    }
    assert.deepEqual(errors, [], "the editor reports errors");
  });
}
