// Tables as Markdown, aligned so that they read in a terminal as well.
import { contestants, MEASURED, titleOf } from "../contestants.mjs";
import { judge, judgeAsync } from "./goals.mjs";

/** @typedef {import("./rounds.mjs").Result} Result */

/** Three significant digits, never an exponent. @param {number | undefined} value */
function digits(value) {
  if (value === undefined || !Number.isFinite(value)) return "–";
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(places, 4));
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => (row[i] ?? "").length)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** All contestants of one workload, and what is to be known of them. @param {Result} result */
export function workloadTable({ workload, measured, failed, skipped }) {
  const [floor, asyncio] = [measured.get("floor")?.median, measured.get("asyncio")?.median];
  const ratio = (/** @type {number} */ value, /** @type {number | undefined} */ to) =>
    digits(to === undefined ? undefined : value / to);
  const rows = contestants.flatMap(({ id, title }) => {
    if (failed.has(id)) return [[title, "failed"]];
    const numbers = measured.get(id);
    if (numbers === undefined) return [];
    const { median, min, max, rounds } = numbers;
    return [
      [
        title,
        digits(median),
        `${digits(min)} – ${digits(max)}`,
        String(rounds),
        ratio(median, floor),
        ratio(median, asyncio),
      ],
    ];
  });
  return [
    notes(workload).join(" "),
    "",
    table(["", `${workload.unit}, median`, "min – max", "rounds", "÷ floor", "÷ asyncio"], rows),
    ...remarks({ workload, measured, failed, skipped }).flatMap((line) => ["", line]),
  ].join("\n");
}

/** @param {import("../workloads.mjs").Workload} workload */
function notes({ operation, floor, native }) {
  return [
    `One operation: ${operation}.`,
    ...(floor === undefined ? [] : [`Floor: ${floor}.`]),
    ...(native === undefined ? [] : [`Native promises: ${native}.`]),
  ];
}

/** @param {Result} result */
function remarks({ workload, measured, failed, skipped }) {
  return contestants.flatMap(({ id, title, smaller }) => {
    const less = smaller?.[workload.id];
    const why = skipped.get(id);
    if (failed.has(id)) return [`${title} failed: ${failed.get(id)?.split("\n").slice(-3).join(" ")}`];
    if (why !== undefined && why !== "not one of its workloads") return [`Without ${title}: ${why}.`];
    if (less === undefined || !measured.has(id)) return [];
    const size = Object.entries(less).map(([name, count]) => `${count.toLocaleString("en")} ${name}`);
    return [`${title} with ${size.join(", ")} only, to keep the run short.`];
  });
}

/** One row a workload: where the goals stand. @param {readonly Result[]} results */
export function goalTable(results) {
  const rows = results.map((result) => {
    const { workload, measured } = result;
    const value = (/** @type {string} */ id) => digits(measured.get(id)?.median);
    const native = (measured.get(MEASURED)?.median ?? NaN) / (measured.get("native")?.median ?? NaN);
    const judged = judge(result);
    return [
      workload.title,
      workload.unit,
      value(MEASURED),
      value("floor"),
      value("asyncio"),
      value("native"),
      bestPeer(measured),
      digits(native),
      judged?.is ?? "",
      judged?.goal ?? "",
      judged === undefined ? "" : judged.verdict === "missed" ? "**missed**" : judged.verdict,
    ];
  });
  const head = ["", "unit", "ours", "floor", "asyncio", "native", "best peer", "ours ÷ native", "ours is"];
  return table([...head, "goal", ""], rows);
}

/** @param {Result["measured"]} measured */
function bestPeer(measured) {
  const peers = contestants.filter((contestant) => contestant.package !== undefined || contestant.uvloop);
  const [best] = peers
    .map(({ id }) => ({ id, median: measured.get(id)?.median ?? Infinity }))
    .sort((a, b) => a.median - b.median);
  return best === undefined || best.median === Infinity
    ? "–"
    : `${titleOf(best.id).replace("CPython asyncio, ", "")} ${digits(best.median)}`;
}

/** What the async form costs more. @param {readonly Result[]} results */
export function asyncTable(results) {
  const rows = results.flatMap((result) => {
    const judged = judgeAsync(result);
    if (judged === undefined) return [];
    const { generators, async, more, native, verdict } = judged;
    const said = verdict === "missed" ? "**missed**" : verdict;
    return [[result.workload.title, digits(generators), digits(async), digits(more), digits(native), said]];
  });
  if (rows.length === 0) return undefined;
  const head = ["us", "generators", "async functions", "more", "native, AsyncLocalStorage", "more ≤ native"];
  return table(head, rows);
}
