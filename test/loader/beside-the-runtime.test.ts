import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

describe("A program with plain async functions and tasks of the runtime", () => {
  it("shows both, whichever were there first", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--require",
      resolve("runtime/dist/register.cjs"),
      resolve("test/fixtures/loader/beside-the-runtime.mjs"),
    ]);
    const { before, during } = JSON.parse(stdout) as Record<"before" | "during", string[]>;
    assert.ok(before.includes("plain: suspended"), before.join(", "));
    for (const expected of ["plain: suspended", "Task-1: running", "first: suspended", "second: suspended"])
      assert.ok(during.includes(expected), `${expected} is not among ${during.join(", ")}`);
  });
});
