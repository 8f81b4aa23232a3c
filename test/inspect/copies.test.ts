import assert from "node:assert/strict";
import { fixtureSays } from "./support/program.js";

interface Said {
  readonly same: boolean;
  readonly scripts: readonly string[];
  readonly otherCopies?: readonly unknown[];
  readonly ready: readonly unknown[];
  readonly waits: Record<string, string>;
  readonly children: Record<string, string[]>;
}

/** What is to be seen of the part of the program that uses each build. */
const waits = Object.fromEntries(
  ["esm", "cjs"].flatMap((build) => [
    [`${build} holder`, "timer"],
    [`${build} waiter`, `Lock ${build} lock held by ${build} holder`],
    [`${build} gather`, "gather: 2 of 2 pending"],
  ]),
);

describe("Two copies of the runtime in one program", () => {
  it("are shown by one inspector, with waits and trees of both", async () => {
    const said = await fixtureSays<Said>("copies.mjs");
    assert.equal(said.same, true);
    assert.deepEqual(said.waits, waits);
    assert.deepEqual(
      Object.entries(said.children).map(([name, children]) => [name, children[0], children.length]),
      [
        ["esm gather", "esm waiter", 2],
        ["cjs gather", "cjs waiter", 2],
      ],
    );
  });

  it("are both skipped in positions and when stepping, which is told when the second one joins", async () => {
    const said = await fixtureSays<Said>("copies.mjs");
    assert.deepEqual(said.scripts, ["esm", "cjs"]);
    assert.equal(said.ready.length, 1);
    assert.equal(said.otherCopies, undefined);
  });

  it("are both taken in when the inspector is asked only later", async () => {
    const said = await fixtureSays<Said>("copies.mjs", { args: ["--late"] });
    assert.deepEqual(said.waits, waits);
    assert.deepEqual(said.scripts, ["esm", "cjs"]);
  });

  it("of different versions: the second one is left alone, and it is said that it is there", async () => {
    const said = await fixtureSays<Said>("copies.mjs", { args: ["--other-version"] });
    const other = { runtimeVersion: "9.9.9", script: "file:///elsewhere/index.js" };
    assert.deepEqual(said.otherCopies, [other]);
    assert.deepEqual(said.ready[0], [other]);
    assert.deepEqual(said.waits, waits);
  });
});
