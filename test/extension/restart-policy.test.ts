import assert from "node:assert/strict";
import { RestartPolicy } from "../../extension/src/language/restart-policy.js";

describe("Restarts of the language server", () => {
  it("come later each time, and end after five within three minutes", () => {
    let now = 0;
    const policy = new RestartPolicy(() => (now += 1000));
    assert.deepEqual(
      Array.from({ length: 6 }, () => policy.ended()),
      [250, 1000, 4000, 16_000, 64_000, undefined],
    );
  });

  it("come at once again when it has run for long", () => {
    let now = 0;
    const policy = new RestartPolicy(() => now);
    for (let i = 0; i < 4; i++) policy.ended();
    now = 180_000;
    assert.equal(policy.ended(), 250);
  });
});
