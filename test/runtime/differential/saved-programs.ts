import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { compareExactly } from "./compare.js";
import type { Program } from "./program.js";
import type { Python } from "./python.js";

const FOLDER = "test/runtime/differential/programs";

/** A program that once showed a difference, with the trace that CPython gives. */
export interface SavedProgram {
  /** What the user gets, behind the number of a rule if there is one. */
  readonly title: string;
  readonly program: Program;
  /** Recorded with `npm run differential -- --record`. */
  readonly trace: readonly string[];
}

export function savedPrograms(): SavedProgram[] {
  return files().map((file) => JSON.parse(readFileSync(file, "utf8")) as SavedProgram);
}

/** Writes the traces of all saved programs anew. @returns how many there are. */
export async function record(python: Python): Promise<number> {
  for (const file of files()) {
    const saved = JSON.parse(readFileSync(file, "utf8")) as SavedProgram;
    const trace = await python.run(saved.program);
    if (saysLess(trace, saved.trace, python)) continue;
    writeFileSync(
      file,
      await format(JSON.stringify({ ...saved, trace }), { parser: "json", printWidth: 110 }),
    );
  }
  return files().length;
}

/** An older CPython does not report some errors: what a newer one recorded stays. */
function saysLess(trace: readonly string[], saved: readonly string[], python: Python): boolean {
  const known = saved.filter((line) => !line.includes(" report shield "));
  return !python.reportsShields && compareExactly(known, trace) === null;
}

function files(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => join(FOLDER, file));
}
