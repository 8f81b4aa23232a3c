// docs/loader-cost.md
import { cpus } from "node:os";
import { ways } from "../ways.mjs";
import { median } from "../../lib/statistics.mjs";

/** Samples by way. @typedef {Map<string, number[]>} Samples */
/** @typedef {{ workload: import("../ways.mjs").Workload, samples: Samples }} Result */
/** What the loader may cost at start-up with a warm cache. */
const START_GOAL = 1.15;

/** @param {Samples} samples @param {string} id */
function middle(samples, id) {
  const list = samples.get(id);
  return list === undefined || list.length === 0 ? NaN : median(list);
}

/** @param {Samples} samples @param {string} id */
const ratio = (samples, id) => middle(samples, id) / middle(samples, "untouched");

/** @param {number} value */
const short = (value) => (Number.isNaN(value) ? "–" : value < 100 ? value.toPrecision(3) : value.toFixed(0));

/** @param {number} value @param {number} goal */
const verdict = (value, goal) =>
  Number.isNaN(value) ? "not measured" : value <= goal ? "reached" : "**missed**";

/** @param {readonly Result[]} results */
export function costTable(results) {
  const rows = results.map(({ workload: { title, unit, kind }, samples }) => {
    const cells = ways.map(({ id }, n) =>
      n === 0 || kind === "memory" || !samples.has(id)
        ? short(middle(samples, id))
        : `${ratio(samples, id).toFixed(2)}×`,
    );
    return `| ${title}, ${unit} | ${cells.join(" | ")} |`;
  });
  return `| | ${ways.map(({ title }) => title).join(" | ")} |\n|---|${ways.map(() => "---:|").join("")}\n${rows.join("\n")}`;
}

/** @param {readonly Result[]} results @param {Samples} start */
export function goalTable(results, start) {
  const rows = results.map(({ workload: { title, kind, goal }, samples }) => {
    if (kind === "memory") {
      const more = middle(samples, "loader") - middle(samples, "untouched");
      return `| ${title} | less than ${goal} bytes more | ${short(more)} | ${verdict(more, goal)} |`;
    }
    const is = ratio(samples, "loader");
    const [low, high] = spread(samples);
    const sure = is <= goal && high > goal ? "reached by the median, not in each round" : verdict(is, goal);
    return `| ${title} | ${goal}× | ${is.toFixed(2)}× (${low.toFixed(2)} to ${high.toFixed(2)}) | ${sure} |`;
  });
  const warm = ratio(start, "warm");
  if (start.size > 0)
    rows.push(`| start, warm cache | ${START_GOAL}× | ${warm.toFixed(2)}× | ${verdict(warm, START_GOAL)} |`);
  return `| | goal | is | |\n|---|---|---|---|\n${rows.join("\n")}`;
}

/** Lowest and highest ratio of a round. @param {Samples} samples @returns {[number, number]} */
function spread(samples) {
  const base = samples.get("untouched") ?? [];
  const ratios = (samples.get("loader") ?? []).map((value, n) => value / (base[n] ?? NaN));
  return [Math.min(...ratios), Math.max(...ratios)];
}

/** @param {Samples} start */
export function startTable(start) {
  const row = ["untouched", "cold", "warm"].map((id) =>
    id === "untouched"
      ? `${short(middle(start, id))} ms`
      : `${short(middle(start, id))} ms, ${ratio(start, id).toFixed(2)}×`,
  );
  return `| untouched | loader, cold cache | loader, warm cache |\n|---:|---:|---:|\n| ${row.join(" | ")} |`;
}

/** @param {readonly Result[]} results @param {Samples} start @param {{ rounds: number, load: readonly [number, number] }} run */
export function costDocument(results, start, { rounds, load }) {
  const [cpu] = cpus();
  return `# What the loader costs

Made by \`npm run bench:loader\`; do not edit.

- Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model.trim()}
- load average ${load.map((each) => each.toFixed(1)).join(" before and ")} after; much more than the number of processors means that others used the machine, too

Each way runs each workload in a process of its own, in ${rounds} rounds that take turns (A B C, A B C, …). The first column is the median of the rounds, the others are ratios to it; of pending calls all are bytes. Servers are asked over 16 connections that stay, by clients in another process. What counts is CPU time. The loader rewrites the program's own modules; *dependencies too* is \`ASYNCSCOPE_INCLUDE=*\`. Nobody looks at the tasks meanwhile.

${costTable(results)}

## Start-up

A generated program of 25,000 lines in 25 modules, from the start of the process until it has run, in CPU time of all its threads.

${startTable(start)}

## Goals

In parentheses the lowest and the highest ratio of a round; a ratio below 1 says how far the machine lets times be told apart.

${goalTable(results, start)}
`;
}
