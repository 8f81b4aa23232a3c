// One contestant and one workload in a process of their own. Usage: node child.mjs JOB, a JSON object; prints
// { samples } or { skipped } as its last line. Samples are milliseconds, bytes or ratios of a whole repetition.
// A server prints { port }, and { cpu } in microseconds at each SIGUSR2, until it is ended.
import { switchOnAsyncStacks } from "./lib/async-stacks.mjs";
import { median } from "./lib/statistics.mjs";

/**
 * @typedef {object} Job
 * @property {string} workload
 * @property {import("./workloads.mjs").Kind} kind
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
 * @typedef {(size: import("./workloads.mjs").Size) => Promise<number>} Program
 */

/** Milliseconds after which nothing is repeated any more. */
const LONG = 2000;

/** @type {Job} */
const job = JSON.parse(process.argv[2] ?? "");
const program = await load();
if (program === undefined) finish({ skipped: "not one of its workloads" });
else if (job.kind === "server") await serve(program);
else finish({ samples: await samples(program) });

/** @returns {Promise<Program | undefined>} */
async function load() {
  /** @type {{ programs: Record<string, Program> }} */
  const { programs } = await import(`./programs/${job.program}.mjs`);
  if (job.registry) enableRegistry();
  return programs[job.kind === "async stacks" ? "switch" : job.workload];
}

/** @param {Program} measured */
async function samples(measured) {
  const { warmUp, least, budget } = job.pace;
  // Twice at least: what the first run has shown is compiled in the second.
  if (warmUp > 0) await repeat(measured, 2, warmUp);
  const plain = await repeat(measured, least, budget);
  if (job.kind !== "async stacks") return plain;
  switchOnAsyncStacks();
  const watched = await repeat(measured, least, budget);
  return [median(watched) / median(plain)];
}

/** Runs until the time is over and it ran often enough; once, when that takes very long. @param {Program} measured @param {number} atLeast @param {number} ms */
async function repeat(measured, atLeast, ms) {
  const taken = [];
  const start = performance.now();
  for (let gone = 0; taken.length < job.pace.most && (taken.length < atLeast || gone < ms);) {
    taken.push(await measured(job.size));
    gone = performance.now() - start;
    if (gone > LONG) break;
  }
  return taken;
}

/** @param {Program} server gives its port */
async function serve(server) {
  process.on("SIGUSR2", () => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(`${JSON.stringify({ cpu: user + system })}\n`);
  });
  const port = await server(job.size);
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}

/** What the preload of a debugged program does. */
function enableRegistry() {
  const inspector = /** @type {any} */ (globalThis)[Symbol.for("asyncscope.inspector")];
  inspector.enable({ protocolVersion: 1 });
}

/** Ends the process with whatever is still suspended in it. @param {object} answer */
function finish(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}
