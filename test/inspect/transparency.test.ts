import assert from "node:assert/strict";
import { runFixture } from "./support/program.js";

describe("A watched program", () => {
  it("does the same steps in the same order, with the same stacks and globals, and ends by itself", async () => {
    const plain = await runFixture("trace.mjs");
    const watched = await runFixture("trace.mjs", { args: ["--watched"] });
    assert.equal(plain.code, 0, plain.stderr);
    assert.deepEqual(watched, plain);
    assert.ok(plain.stdout.split("\n").length > 40, "the program said what it does");
    assert.match(plain.stdout, /^a has 0$/m);
    assert.match(plain.stdout, /^handles $/m);
    assert.match(plain.stdout, /exit 0\n$/);
  });
});
