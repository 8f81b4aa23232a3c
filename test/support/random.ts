import type { CoroutineGenerator } from "asyncscope";

/** Numbers that look random and are the same for the same seed (a Weyl sequence, mixed). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
  }

  /** One of `choices`, as often as its weight says. */
  choose<T>(...choices: readonly (readonly [weight: number, choice: T])[]): T {
    let at = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (at < weight) return choice;
      at -= weight;
    }
    throw new RangeError("no choices");
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(Math.max(1, list.length))];
  }
}

/**
 * Calls `sequence` with one seed after the other; a failure names the seed that it came with.
 * `ASYNCSCOPE_TEST_SEED=n` runs that one alone.
 */
export function* withSeeds(
  count: number,
  sequence: (random: Random) => CoroutineGenerator<void>,
): CoroutineGenerator<void> {
  const only = process.env["ASYNCSCOPE_TEST_SEED"];
  const first = only === undefined ? 1 : Number(only);
  const last = only === undefined ? count : first;
  for (let seed = first; seed <= last; seed++)
    try {
      yield* sequence(new Random(seed));
    } catch (error) {
      throw new Error(`with ASYNCSCOPE_TEST_SEED=${seed}: ${String(error)}`, { cause: error });
    }
}
