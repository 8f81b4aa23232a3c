import { compareByIteration, compareExactly } from "./compare.js";
import type { Difference } from "./compare.js";
import { CountingLoop, DrainingLoop } from "./counting-loop.js";
import { generate } from "./generate.js";
import { interpret } from "./interpreter.js";
import type { FormName } from "./interpreter.js";
import type { Density } from "./program-builder.js";
import { countOps } from "./program.js";
import type { Program } from "./program.js";
import type { Python } from "./python.js";
import { shrink } from "./shrink.js";

/** What one program showed. */
export interface Outcome {
  readonly seed: number;
  readonly form: FormName;
  readonly operations: number;
  readonly lines: number;
  readonly difference: Difference;
  /** Lines of one iteration changed places before, see {@link compareByIteration}. */
  readonly excused: boolean;
  readonly program: Program;
}

/** Two thirds of the programs are of generators, which is the exact comparison. */
export function formOf(seed: number): FormName {
  return seed % 3 !== 0 ? "generator" : seed % 6 === 0 ? "async" : "mixed";
}

export function densityOf(seed: number): Density {
  return formOf(seed) === "generator" && seed % 7 !== 0 ? "dense" : "sparse";
}

/** Runs the program of `seed` here and there. */
export async function runSeed(seed: number, python: Python): Promise<Outcome> {
  const form = formOf(seed);
  const program = generate(seed, densityOf(seed));
  const { difference, excused, expected } = await compare(program, form, python);
  const [operations, lines] = [countOps(program.body), expected.length];
  return { seed, form, operations, lines, difference, excused, program };
}

/** The smallest program of those with a difference that can be made of `program`. */
export async function smallest(program: Program, form: FormName, python: Python): Promise<Program> {
  return await shrink(program, async (candidate) => {
    const { difference, excused } = await compare(candidate, form, python);
    return difference !== null && !excused;
  });
}

interface Comparison {
  readonly difference: Difference;
  readonly excused: boolean;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/** Generators line by line; async functions so on a loop that drains, and by iteration on the loop as it is. */
export async function compare(program: Program, form: FormName, python: Python): Promise<Comparison> {
  const expected = await python.run(program);
  const known = (trace: string[]): string[] =>
    python.reportsShields ? trace : trace.filter((line) => !line.includes(" report shield "));
  if (form === "generator") {
    const actual = known(await interpret(program, form, new CountingLoop()));
    return { difference: compareExactly(expected, actual), excused: false, expected, actual };
  }
  const draining = new DrainingLoop();
  const drained = known(await interpret(program, form, draining));
  const difference = compareExactly(expected, drained);
  if (difference !== null) return { difference, excused: false, expected, actual: drained };
  const actual = known(await interpret(program, form, new CountingLoop()));
  return { ...compareByIteration(expected, actual, draining.shared), expected, actual };
}
