import { workloads } from "../workloads.mjs";

const USAGE = `Usage: npm run bench -- [options]
  --only WORKLOAD[,WORKLOAD]   ${workloads.map(({ id }) => id).join(", ")}
  --rounds N    rounds of each workload, default 3
  --quick       smaller sizes, 3 rounds
  --no-peers    without the packages of others
  --no-build    measures runtime/dist as it is
  --output FILE writes the tables there; default docs/performance.md, when nothing was left out`;

/**
 * @typedef {object} Options
 * @property {readonly import("../workloads.mjs").Workload[]} chosen
 * @property {number} rounds
 * @property {import("../workloads.mjs").Scale} scale
 * @property {boolean} peers
 * @property {boolean} build
 * @property {string | undefined} output
 * @property {boolean} whole nothing was left out
 */

/** @param {readonly string[]} args @returns {Options} @throws Error with the usage */
export function parseOptions(args) {
  /** @type {string[] | undefined} */
  let only;
  /** @type {number | undefined} */
  let rounds;
  /** @type {import("../workloads.mjs").Scale} */
  let scale = "full";
  let [peers, build] = [true, true];
  /** @type {string | undefined} */
  let output;
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = (args[i] ?? "").split("=", 2);
    const value = () => inline ?? args[(i += 1)] ?? "";
    if (name === "--only") only = value().split(",");
    else if (name === "--rounds") rounds = Number(value());
    else if (name === "--quick") scale = "quick";
    else if (name === "--smoke") scale = "smoke";
    else if (name === "--no-peers") peers = false;
    else if (name === "--no-build") build = false;
    else if (name === "--output") output = value();
    else throw new Error(`Unknown argument ${args[i]}.\n${USAGE}`);
  }
  rounds ??= { full: 3, quick: 3, smoke: 1 }[scale];
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds takes a number from 1 on.\n${USAGE}`);
  const wrong = only?.filter((id) => !workloads.some((workload) => workload.id === id)) ?? [];
  if (wrong.length > 0) throw new Error(`There is no workload ${wrong.join(", ")}.\n${USAGE}`);
  const chosen = workloads.filter(({ id }) => only?.includes(id) ?? true);
  const whole = only === undefined && scale === "full" && peers;
  return { chosen, rounds, scale, peers, build, output, whole };
}
