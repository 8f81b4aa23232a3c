// Tables as Markdown, aligned so that they read in a terminal as well.
import { contestants, MEASURED } from "../contestants.mjs";
import { verdict } from "./goals.mjs";

/** @typedef {import("./rounds.mjs").Result} Result */

/** Three significant digits, never an exponent. @param {number} value */
export function digits(value) {
  if (!Number.isFinite(value)) return "–";
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(places, 4));
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function table(head, rows) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => (row[i] ?? "").length)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** All contestants of one workload. @param {Result} result */
export function workloadTable({ workload, measured, failed, skipped }) {
  const floor = measured.get("floor")?.median;
  const asyncio = measured.get("asyncio")?.median;
  const ratio = (/** @type {number} */ value, /** @type {number | undefined} */ to) =>
    to === undefined ? "–" : digits(value / to);
  const rows = contestants
    .filter(({ id }) => measured.has(id) || failed.has(id))
    .map(({ id, title }) => {
      const numbers = measured.get(id);
      if (numbers === undefined) return [title, "failed", "", "", ""];
      const { median, min, max } = numbers;
      return [
        title,
        digits(median),
        `${digits(min)} – ${digits(max)}`,
        ratio(median, floor),
        ratio(median, asyncio),
      ];
    });
  const notes = [
    `One operation: ${workload.operation}.${workload.native ? ` Native promises: ${workload.native}.` : ""}`,
    ...[...failed].map(([id, why]) => `${title(id)} failed: ${why.split("\n").slice(-3).join(" ")}`),
  ];
  return [
    notes.join("\n"),
    "",
    table(["", `${workload.unit}, median`, "min – max", "÷ floor", "÷ asyncio"], rows),
    ...[...skipped]
      .filter(([, why]) => why !== "not one of its workloads")
      .map(([id, why]) => `\nWithout ${title(id)}: ${why}.`),
  ].join("\n");
}

/** One row a workload: where the goals stand. @param {readonly Result[]} results */
export function goalTable(results) {
  const rows = results.map((result) => {
    const { workload, measured } = result;
    const median = (/** @type {string} */ id) => {
      const numbers = measured.get(id);
      return numbers === undefined ? "–" : digits(numbers.median);
    };
    const judged = verdict(result);
    const { reached } = judged ?? {};
    return [
      workload.title,
      workload.unit,
      median(MEASURED),
      median("async-registry"),
      median("floor"),
      median("asyncio"),
      median("native"),
      judged?.is ?? "–",
      judged?.goal ?? "–",
      judged === undefined ? "" : reached === undefined ? "not measured" : reached ? "reached" : "MISSED",
    ];
  });
  return table(["", "unit", "generators", "async", "floor", "asyncio", "native", "is", "goal", ""], rows);
}

/** @param {string} id */
const title = (id) => contestants.find((contestant) => contestant.id === id)?.title ?? id;
