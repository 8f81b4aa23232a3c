// One sample: a process for one workload in one way.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { start } from "../../../scripts/lib/processes.mjs";
import { root } from "../../../scripts/lib/root.mjs";
import { httpClient } from "./http-client.mjs";
import { generateProgram } from "./large-program.mjs";

const CHILD = fileURLToPath(new URL("../child.mjs", import.meta.url));
const LOADER = join(root, "runtime/dist/register.cjs");
/** Milliseconds for one sample. */
const TIMEOUT = 120_000;

/**
 * @param {import("../ways.mjs").Workload} workload
 * @param {import("../ways.mjs").Way} way
 * @param {number} times
 * @returns {Promise<number>}
 */
export async function measure(workload, way, times) {
  const { kind, id } = workload;
  const job = { program: id, kind, times, ...(way.watch === undefined ? {} : { watch: way.watch }) };
  const flags = [...(way.loader ? ["--require", LOADER] : []), ...(kind === "memory" ? ["--expose-gc"] : [])];
  const child = lineProcess([...flags, CHILD, JSON.stringify(job)], environment(way));
  try {
    if (kind !== "server") return Number(await child.next());
    const client = httpClient(Number(await child.next()));
    const cpu = async () => {
      child.write("\n");
      return Number(await child.next());
    };
    try {
      await client.ask(Math.ceil(times / 2)); // warm-up
      const before = await cpu();
      await client.ask(times);
      return ((await cpu()) - before) / times;
    } finally {
      client.end();
    }
  } finally {
    await child.end();
  }
}

/**
 * Start-up of a program of 25,000 lines until it has run, in milliseconds of CPU.
 * @param {string} program @param {"untouched" | "cold" | "warm"} how @param {string} cache
 */
export async function measureStart(program, how, cache) {
  if (how === "cold") rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const flags = how === "untouched" ? [] : ["--require", LOADER];
  const child = lineProcess([...flags, program], { ...environment({}), ASYNCSCOPE_CACHE: cache });
  try {
    return Number(await child.next());
  } finally {
    await child.end();
  }
}

/** A folder with the program and one for the loader's cache; `remove` when it is over. */
export function largeProgram() {
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-loader-"));
  for (const [name, text] of generateProgram()) writeFileSync(join(folder, name), text);
  return {
    program: join(folder, "main.mjs"),
    cache: join(folder, "cache"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** @param {{ dependencies?: boolean }} way */
function environment({ dependencies }) {
  const kept = Object.entries(process.env).filter(([name]) => !/^NODE_|^ASYNCSCOPE_/.test(name));
  return { ...Object.fromEntries(kept), ...(dependencies ? { ASYNCSCOPE_INCLUDE: "*" } : {}) };
}

/** @param {readonly string[]} args of Node @param {NodeJS.ProcessEnv} env */
function lineProcess(args, env) {
  const { child, end } = start(process.execPath, args, { env, stdin: "pipe" });
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-4000)));
  const lines = createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) });
  const answers = lines[Symbol.asyncIterator]();
  const timer = setTimeout(() => void end(), TIMEOUT);
  return {
    next: async () => {
      const { done, value } = await answers.next();
      if (done) throw new Error(errors || "the process ended");
      return value;
    },
    write: (/** @type {string} */ text) => child.stdin?.write(text),
    end: async () => {
      clearTimeout(timer);
      await end();
      lines.close();
    },
  };
}
