import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
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
    writeFileSync(
      file,
      await format(JSON.stringify({ ...saved, trace }), { parser: "json", printWidth: 110 }),
    );
  }
  return files().length;
}

function files(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => join(FOLDER, file));
}
