import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../../scripts/lib/root.mjs";

describe("The rules of asyncio", () => {
  it("each have a test, or a reason why not", function () {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "scripts/rules.mjs"), "--check"],
      { encoding: "utf8" },
    );
    if (stdout.startsWith("The rules are not on this machine")) {
      console.log(`      ${stdout.trim()}`);
      this.skip();
    }
    assert.equal(status, 0, `${stdout}${stderr}`);
  });
});
