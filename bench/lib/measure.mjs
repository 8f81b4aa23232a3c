// Runs one contestant through one workload in a process of its own.
import { join } from "node:path";
import { measureServer } from "./measure-server.mjs";
import { isInstalled } from "./peers.mjs";
import { findPython } from "./python.mjs";
import { run } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";
import { median } from "./statistics.mjs";

/** Milliseconds after which a process is ended, and counted as failed. */
const LIMIT = 120_000;

/** @type {Record<import("../workloads.mjs").Scale, import("../child.mjs").Pace>} */
const PACES = {
  full: { warmUp: 300, least: 2, most: 20, budget: 400 },
  quick: { warmUp: 100, least: 2, most: 10, budget: 100 },
  smoke: { warmUp: 0, least: 1, most: 1, budget: 0 },
};
const ONCE = { warmUp: 0, least: 1, most: 1, budget: 0 };

/** Times are taken with Node as it comes. */
const NODE_FLAGS = {
  times: [],
  server: [],
  "async stacks": [],
  memory: ["--expose-gc", "--max-old-space-size=8192"],
};

/** @typedef {{ samples: number[], version?: string } | { skipped: string } | { failed: string }} Answer */

/**
 * @param {import("../contestants.mjs").Contestant} contestant
 * @param {import("../workloads.mjs").Workload} workload
 * @param {import("../workloads.mjs").Scale} scale
 * @returns {Promise<{ value: number, version: string | undefined } | { skipped: string } | { failed: string }>}
 *   `value` in the workload's unit, the median of what the process measured
 */
export async function measure(contestant, workload, scale) {
  if (contestant.package !== undefined && !isInstalled(contestant.package))
    return { skipped: "its package is not installed" };
  const size = (scale === "full" && contestant.smaller?.[workload.id]) || workload.sizes[scale];
  const answer = await runJob(contestant, {
    workload: workload.id,
    kind: workload.kind,
    ...(contestant.program === undefined ? {} : { program: contestant.program }),
    registry: contestant.registry ?? false,
    uvloop: contestant.uvloop ?? false,
    size,
    pace: workload.kind === "memory" ? ONCE : PACES[scale],
  });
  if (!("samples" in answer)) return answer;
  const value = median(answer.samples) / workload.operations(size);
  return { value: workload.unit === "us" ? value * 1000 : value, version: answer.version };
}

/**
 * @param {import("../contestants.mjs").Contestant} contestant
 * @param {import("../child.mjs").Job} job
 * @returns {Promise<Answer>}
 */
async function runJob({ python, env }, job) {
  const [command, args] = python
    ? [await findPython(), [join(root, "bench/programs/cpython.py")]]
    : [process.execPath, [...NODE_FLAGS[job.kind], join(root, "bench/child.mjs")]];
  const line = [...args, JSON.stringify(job)];
  const options = { cwd: root, env: { ...environment(), ...env }, timeout: LIMIT };
  if (job.kind === "server")
    return measureServer(command, line, { ...options, size: job.size }).catch((error) =>
      explain(String(error.message), python),
    );
  const { code, output, timedOut } = await run(command, line, options);
  if (timedOut) return { failed: `longer than ${LIMIT / 1000} s` };
  return (code === 0 ? parse(output) : undefined) ?? explain(output.trim() || `code ${code}`, python);
}

/** @param {string} output @param {boolean | undefined} python @returns {Answer} */
function explain(output, python) {
  if (python && /ENOENT|could not be started/.test(output)) return { skipped: "there is no python3" };
  return { failed: output.slice(-500) };
}

/** Nothing of the caller's that would slow a program down or make it another one. */
function environment() {
  const {
    NODE_OPTIONS: _options,
    ASYNCSCOPE_DEBUG: _debug,
    PYTHONASYNCIODEBUG: _pythonDebug,
    NODE_V8_COVERAGE: _coverage,
    ...rest
  } = process.env;
  return { ...rest, NODE_ENV: "production" };
}

/** @param {string} output @returns {Answer | undefined} */
function parse(output) {
  const last = output.trimEnd().split("\n").pop() ?? "";
  try {
    return JSON.parse(last);
  } catch {
    return undefined;
  }
}
