import assert from "node:assert/strict";
import { compareExactly } from "./compare.js";
import { CountingLoop, DrainingLoop } from "./counting-loop.js";
import { interpret } from "./interpreter.js";
import { savedPrograms } from "./saved-programs.js";

describe("Programs whose trace CPython gave", () => {
  for (const { title, program, trace } of savedPrograms()) {
    it(`${title} (generator)`, async () => {
      const actual = await interpret(program, "generator", new CountingLoop());
      if (compareExactly(trace, actual) !== null) assert.deepEqual(actual, trace);
    });

    for (const form of ["async", "mixed"] as const)
      it(`${title} (${form})`, async () => {
        const actual = await interpret(program, form, new DrainingLoop());
        if (compareExactly(trace, actual) !== null) assert.deepEqual(actual, trace);
      });
  }
});
