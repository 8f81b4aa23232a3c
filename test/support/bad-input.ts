import assert from "node:assert/strict";
import { sleep } from "asyncscope";

class Shape {
  readonly sides = 4;
}

/** What no function of the runtime takes in place of anything, and how messages call it. */
export const WRONG = {
  undefined: [undefined, "undefined"],
  null: [null, "null"],
  number: [1.5, "1.5"],
  negative: [-1, "-1"],
  NaN: [Number.NaN, "NaN"],
  string: ["text", 'the string "text"'],
  "long string": ["a".repeat(500), `the string "${"a".repeat(30)}…"`],
  "empty string": ["", "an empty string"],
  boolean: [true, "true"],
  bigint: [5n, "the bigint 5n"],
  symbol: [Symbol("secret"), "a symbol"],
  object: [{}, "a plain object"],
  "object without prototype": [Object.create(null), "a plain object"],
  array: [[1], "an array"],
  "empty array": [[], "an empty array"],
  date: [new Date(Number.NaN), "an object of class Date"],
  instance: [new Shape(), "an object of class Shape"],
  function: [function plain() {}, "the function plain"],
  arrow: [
    (
      () => () =>
        undefined
    )(),
    "a function",
  ],
  class: [Shape, "the class Shape"],
} as const satisfies Record<string, readonly [value: unknown, words: string]>;

export type Wrong = keyof typeof WRONG;

/** All that is wrong but for these. */
export function allBut(...good: readonly Wrong[]): Wrong[] {
  return (Object.keys(WRONG) as Wrong[]).filter((kind) => !good.includes(kind));
}

export const NO_FUNCTION = allBut("function", "arrow", "class");
export const NO_NUMBER = allBut("number", "negative");
/** What cannot be options; undefined is "none given". */
export const NO_OPTIONS = allBut("undefined", "object", "object without prototype", "date", "instance");

/** A call that is to be refused. */
export interface BadCall {
  /** What the message begins with: it must name the function or the thing, and say what it takes. */
  readonly says: string;
  readonly refuses: readonly Wrong[];
  /** The call with the wrong value; what it returns is awaited, unless it throws. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the point is that its type is wrong
  readonly call: (wrong: any) => unknown;
  /** Default TypeError. */
  readonly error?: string;
}

/** Makes each call with each wrong value: it is refused with the same words, which say what was given. */
export async function assertRefused(calls: readonly BadCall[]): Promise<void> {
  const wrongAnswers: string[] = [];
  for (const { says, refuses, call, error = "TypeError" } of calls)
    for (const kind of refuses) {
      const [value, words] = WRONG[kind];
      const outcome = await outcomeOf(() => call(value));
      const expected = `${error}: ${says}`;
      if (!outcome.startsWith(expected)) wrongAnswers.push(`${kind}: ${outcome}, expected ${expected}…`);
      else if (!outcome.includes(words))
        wrongAnswers.push(`${kind}: ${outcome}, expected it to name ${words}`);
      else if (outcome.length > 300) wrongAnswers.push(`${kind}: too long: ${outcome}`);
    }
  assert.deepEqual(wrongAnswers, []);
}

async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    const result: unknown = await call();
    await sleep(0);
    return `accepted: ${typeof result}`;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : `no Error: ${typeof error}`;
  }
}
