// docs/performance.md
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { contestants } from "../contestants.mjs";
import { judge } from "./goals.mjs";
import { versionOf } from "./peers.mjs";
import { asyncTable, goalTable, workloadTable } from "./tables.mjs";

/**
 * @param {readonly import("./rounds.mjs").Result[]} results
 * @param {{ rounds: number, versions: ReadonlyMap<string, string>, minutes: number, load: readonly [number, number] }} run
 *   `load`: the machine's load average when it began and when it ended
 */
export function performanceDocument(results, { rounds, versions, minutes, load }) {
  const missed = results.filter((result) => judge(result)?.verdict === "missed");
  const async = asyncTable(results);
  return `# Performance

Made by \`npm run bench\`; do not edit. \`npm run bench -- --only switch,lock --quick\` measures a part.

${[...machine(versions), circumstances(minutes, load)].map((line) => `- ${line}`).join("\n")}

## How it is measured

Each contestant runs each workload in a process of its own: it warms up, repeats the workload, and reports the median of the repetitions. ${rounds} such rounds follow each other, all contestants in turn (A B C, A B C, …), so that whatever else the machine does meets all alike; the tables give the median of the rounds and the lowest and highest. A contestant that has spent more than 8 s on a workload takes part in no further round of it. Times are wall-clock time with Node's default settings; memory is what the heap holds after a full collection (for CPython: what the resident set grew by).

*Floor* is a minimal trampoline of generators, written for these workloads alone: no errors, no names, no cancellation but that of sleepers, fair to the rest of the process every 4,096 steps. It makes no object for an operation that need not wait: putting into a queue with room, or taking a free lock, is a call of a method that V8 compiles into the caller's own loop. The runtime makes an awaitable each time, which its caller may keep, hand on, cancel or forget, as asyncio does; with such an object alone the floor takes 48 instead of 21 ns for an item of the bounded queue. CPython with and without uvloop is one interpreter, the first python3 on the PATH that has uvloop. *Registry on* is how the runtime works in a program under the debugger: every task and primitive is known to the inspector. The goals are set for generators with the registry on.

## Goals

*Ours* are generators with the registry on. A goal is a factor of another's time in the same run, or a number.

${goalTable(results)}

${
  missed.length === 0
    ? "All goals are reached."
    : `Missed: ${missed.map(({ workload }) => workload.title).join("; ")}.`
}
${
  async === undefined
    ? ""
    : `
## Async functions

An async function may cost as much more than a generator as native promises inside an AsyncLocalStorage cost for the whole workload: that is what finding the current task takes. Both with the registry on. What an async function awaits here is an awaitable that starts when it is awaited, not a promise, and V8 does more for it: *bare thenables* in the table of switches show what that alone takes.

${async}
`
}
${results.map((result) => `## ${result.workload.title}\n\n${workloadTable(result)}`).join("\n\n")}
`;
}

/** @param {ReadonlyMap<string, string>} versions */
function machine(versions) {
  const [cpu] = cpus();
  const peers = contestants.flatMap((contestant) => {
    const version = contestant.package === undefined ? undefined : versionOf(contestant.package);
    return version === undefined ? [] : [`${contestant.title} ${version}`];
  });
  return [
    `${cpu?.model.trim() || "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${distribution()}`,
    `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    ...["asyncio", "uvloop"].flatMap((id) => {
      const version = versions.get(id);
      return version === undefined ? [] : [id === "asyncio" ? `CPython ${version}` : `uvloop ${version}`];
    }),
    ...(peers.length === 0 ? [] : [peers.join(", ")]),
  ];
}

/** Wall-clock times of a busy machine are long, and their ratios less sure. @param {number} minutes @param {readonly [number, number]} load */
function circumstances(minutes, [before, after]) {
  const busy = before > cpus().length || after > cpus().length;
  const caution = busy ? ": more than it has cores, so that times are long and their spread is wide" : "";
  return `The run took ${minutes} minutes; load average ${before.toFixed(1)} when it began, ${after.toFixed(1)} when it ended${caution}`;
}

function distribution() {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
    return `${name ?? type()}, ${type()} ${release()}`;
  } catch {
    return `${type()} ${release()}`;
  }
}
