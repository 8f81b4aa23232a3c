// One contestant and one workload in a process of their own. Usage: node child.mjs JOB, a JSON object; prints
// { samples, version } or { skipped } as its last line. Samples are milliseconds or bytes of a whole repetition.

/**
 * @typedef {object} Job
 * @property {string} workload
 * @property {string} [program] the module in programs/
 * @property {boolean} [registry] with the inspector's registry on, as in a debugged program
 * @property {boolean} [uvloop]
 * @property {import("./workloads.mjs").Size} size
 * @property {Pace} pace
 * @typedef {object} Pace
 * @property {number} warmUp ms of warm-up; 0: none
 * @property {number} least repetitions
 * @property {number} most repetitions
 * @property {number} budget ms for repetitions beyond the least
 */

/** @typedef {Record<string, (size: import("./workloads.mjs").Size) => Promise<number>>} Programs */

/** Milliseconds after which nothing is repeated any more. */
const LONG = 2000;

/** @type {Job} */
const job = JSON.parse(process.argv[2] ?? "");

const answer = await measure();
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));

async function measure() {
  /** @type {{ programs: Programs, version?: string }} */
  let loaded;
  try {
    loaded = await import(`./programs/${job.program}.mjs`);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return { skipped: "not installed" };
  }
  const program = loaded.programs[job.workload];
  if (program === undefined) return { skipped: "not one of its workloads" };
  if (job.registry) enableRegistry();
  const { warmUp, least, most, budget } = job.pace;
  // Twice at least: what the first run has shown is compiled in the second.
  if (warmUp > 0) await repeat(2, warmUp);
  return { samples: await repeat(least, budget), version: loaded.version };

  /** Runs until the time is over and it ran often enough; once, when that takes very long. @param {number} atLeast @param {number} ms */
  async function repeat(atLeast, ms) {
    const samples = [];
    const start = performance.now();
    for (let gone = 0; samples.length < most && (samples.length < atLeast || gone < ms);) {
      samples.push(await program?.(job.size));
      gone = performance.now() - start;
      if (gone > LONG) break;
    }
    return samples;
  }
}

/** What the preload of a debugged program does. */
function enableRegistry() {
  const inspector = /** @type {any} */ (globalThis)[Symbol.for("asyncscope.inspector")];
  inspector.enable({ protocolVersion: 1 });
}
