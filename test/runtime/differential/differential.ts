import { compareByIteration, compareExactly, isTakenBack } from "./compare.js";
import type { Difference } from "./compare.js";
import { CountingLoop, DrainingLoop } from "./counting-loop.js";
import { generate } from "./generate.js";
import { interpret } from "./interpreter.js";
import type { FormName } from "./interpreter.js";
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
  /** One that docs/coming-from-python.md accepts, see {@link compareByIteration} and {@link isTakenBack}. */
  readonly excused: boolean;
  readonly program: Program;
}

/** Two thirds of the programs are of generators, which is the exact comparison. */
function formOf(seed: number): FormName {
  return seed % 3 !== 0 ? "generator" : seed % 6 === 0 ? "async" : "mixed";
}

/** Runs the program of `seed` here and there. */
export async function runSeed(seed: number, python: Python): Promise<Outcome> {
  const form = formOf(seed);
  const exact = form === "generator";
  const program = generate(seed, { times: exact && seed % 7 !== 0 ? "dense" : "sparse", eager: exact });
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
    return outcome(expected, actual);
  }
  const draining = new DrainingLoop();
  const drained = known(await interpret(program, form, draining));
  const whenDrained = outcome(expected, drained);
  if (whenDrained.difference !== null) return whenDrained;
  const actual = known(await interpret(program, form, new CountingLoop()));
  return { ...compareByIteration(expected, actual, draining.shared), expected, actual };
}

function outcome(expected: readonly string[], actual: readonly string[]): Comparison {
  const difference = compareExactly(expected, actual);
  return { difference, excused: difference !== null && isTakenBack(expected, difference), expected, actual };
}
