// Runs one contestant through one workload in a process of its own.
import { join } from "node:path";
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

/**
 * @param {import("../contestants.mjs").Contestant} contestant
 * @param {import("../workloads.mjs").Workload} workload
 * @param {import("../workloads.mjs").Scale} scale
 * @returns {Promise<{ value: number, version: string | undefined } | { skipped: string } | { failed: string }>}
 *   `value` in the workload's unit, the median of what the process measured
 */
export async function measure(contestant, workload, scale) {
  const size = workload.sizes[scale];
  const pace = workload.once ? { warmUp: 0, least: 1, most: 1, budget: 0 } : PACES[scale];
  /** @type {import("../child.mjs").Job} */
  const job = {
    workload: workload.id,
    ...(contestant.program === undefined ? {} : { program: contestant.program }),
    registry: contestant.registry ?? false,
    uvloop: contestant.uvloop ?? false,
    size,
    pace,
  };
  const [command, args] = contestant.python
    ? ["python3", [join(root, "bench/programs/cpython.py")]]
    : [process.execPath, ["--expose-gc", "--max-old-space-size=8192", join(root, "bench/child.mjs")]];
  const { code, output, timedOut } = await run(command, [...args, JSON.stringify(job)], {
    cwd: root,
    env: { ...environment(), ...contestant.env },
    timeout: LIMIT,
  });
  if (code === 127 && contestant.python) return { skipped: "no python3" };
  if (timedOut) return { failed: `longer than ${LIMIT / 1000} s` };
  const answer = parse(output);
  if (code !== 0 || answer === undefined) return { failed: output.trim().slice(-500) || `code ${code}` };
  if ("skipped" in answer) return answer;
  const value = median(answer.samples) / workload.operations(size);
  return { value: workload.unit === "us" ? value * 1000 : value, version: answer.version };
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

/** @param {string} output @returns {{ skipped: string } | { samples: number[], version?: string } | undefined} */
function parse(output) {
  const last = output.trimEnd().split("\n").pop() ?? "";
  try {
    return JSON.parse(last);
  } catch {
    return undefined;
  }
}
