import assert from "node:assert/strict";
import { runSeed } from "./differential.js";
import { findPython, Python } from "./python.js";

/** Of the `npm run differential` that finds more. */
const PROGRAMS = 2000;
/** The same programs each time: a new difference is due to a change. */
const FIRST = 1;

const command = findPython();
const why = "no Python 3.13 or newer here; ASYNCSCOPE_PYTHON names one";

describe("The runtime held against CPython", () => {
  const title = `[slow] ${PROGRAMS} random programs do line by line what they do on asyncio`;
  if (command === null) {
    it(`${title} (skipped: ${why})`);
    return;
  }
  it(title, async function () {
    this.timeout(120_000);
    const python = await Python.start(command);
    try {
      for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
        const { difference, excused } = await runSeed(seed, python);
        if (difference !== null && !excused)
          assert.fail(
            `seed ${seed}: asyncio has "${difference.expected}" where the runtime has "${difference.actual}"; ` +
              `npm run differential -- --count 1 --seed ${seed} makes it smaller`,
          );
      }
    } finally {
      python.stop();
    }
  });
});
