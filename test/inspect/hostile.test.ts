import assert from "node:assert/strict";
import { fixtureSays } from "./support/program.js";

/** What the inspector says of the program in hostile.mjs, whatever was done to the language around it. */
const expected = {
  names: ["Task-1", "blocked", "foreign", "collector", "failing"],
  labels: ["Lock db held by Task-1", "an await outside the runtime", "gather: 2 of 2 pending"],
  error: "Error: failed",
  awaited: true,
  filtered: ["collector", "blocked", "foreign"],
  resources: ["jobs 1: ", "db locked: blocked"],
  found: true,
  items: 1,
  enabled: true,
  site: true,
  kept: true,
  calls: 0,
};

describe("In a program that changed the language, the inspector says the same and runs none of its code", () => {
  for (const [what, way] of [
    ["as it is", "nothing"],
    ["JSON replaced", "json"],
    ["toJSON on every prototype", "toJSON"],
    ["methods of arrays replaced", "array"],
    ["methods of strings replaced", "text"],
    ["methods of regular expressions replaced", "regexp"],
    ["methods of Map replaced", "map"],
    ["methods of Set replaced", "set"],
    ["methods of weak collections replaced", "weak"],
    ["Date replaced", "date"],
    ["performance.now() standing still", "performance"],
    ["functions of Object replaced", "object"],
    ["functions of Reflect replaced", "reflect"],
    ["functions of Number replaced", "number"],
    ["Error.prepareStackTrace overridden", "prepareStackTrace"],
    ["Error.stackTraceLimit = 0", "stackTraceLimit"],
    ["fake timers", "fakeTimers"],
  ] as const)
    it(what, async () => {
      assert.deepEqual(await fixtureSays("hostile.mjs", { args: [way] }), expected);
    });

  it("frozen intrinsics", async () => {
    const said = await fixtureSays("hostile.mjs", { args: ["nothing"], nodeArgs: ["--frozen-intrinsics"] });
    assert.deepEqual(said, expected);
  });
});
