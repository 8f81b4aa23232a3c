// One workload in one way, in a process of its own. Usage: node child.mjs JOB, a JSON object; prints a number as its last
// line. A server prints its port, and the CPU time it has taken in microseconds at each line on its standard input.
import { AsyncLocalStorage } from "node:async_hooks";
import { Session } from "node:inspector";
import { createInterface } from "node:readline";
import { cpuTime } from "../lib/cpu-time.mjs";
import { switchOnAsyncStacks } from "../lib/async-stacks.mjs";
import { median } from "../lib/statistics.mjs";

/**
 * @typedef {object} Job
 * @property {string} program
 * @property {"time" | "server" | "memory"} kind
 * @property {number} times
 * @property {"als" | "debugger" | "async stacks"} [watch]
 */

/** @type {Job} */
const job = JSON.parse(process.argv[2] ?? "");
if (job.watch === "debugger") {
  const session = new Session();
  session.connect();
  session.post("Debugger.enable");
} else if (job.watch === "async stacks") switchOnAsyncStacks();
/** @type {{ program: (size: { times: number }) => Promise<number> }} */
const { program } = await import(`./programs/${job.program}.mjs`);
if (job.watch === "als") new AsyncLocalStorage().run({}, () => void main());
else void main();

function main() {
  return job.kind === "server" ? serve() : measure();
}

async function measure() {
  const samples = [];
  const started = performance.now();
  // The first ones compile.
  const warmUp = job.kind === "memory" ? 0 : 2;
  for (let n = 0; n < warmUp + 3 && (n <= warmUp || performance.now() - started < 8000); n++) {
    const sample = await program({ times: job.times });
    if (n >= warmUp) samples.push(sample);
    if (job.kind === "memory") break;
  }
  process.stdout.write(`${median(samples)}\n`, () => process.exit(0));
}

async function serve() {
  process.stdout.write(`${await program({ times: job.times })}\n`);
  createInterface({ input: process.stdin }).on("line", () => {
    process.stdout.write(`${cpuTime()}\n`);
  });
}
