import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
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

  it("that have no test are told to those who come from Python, with the reason", () => {
    const page = readFileSync(join(root, "docs/coming-from-python.md"), "utf8");
    const excused = readFileSync(join(root, "test/runtime/rules-not-applicable.json"), "utf8");
    for (const rule of Object.keys(JSON.parse(excused) as object))
      assert.match(
        page,
        new RegExp(`^\\| (?:[A-Z]{2}-\\d\\d, )*${rule}, .*\\| not kept \\| .{20,} \\|$`, "m"),
        rule,
      );
  });
});
