import { DURATION } from "./durations.js";

const AGES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^ *for (?:${DURATION})\\n`, "gm"), ""],
  [
    new RegExp(`^( *waits for .* \\[[a-z-]{1,40}\\]) (?:${DURATION})(?:, (?:${DURATION}) left)?$`, "gm"),
    "$1",
  ],
  [
    new RegExp(
      `^( *(?:owner .* #\\d{1,15}|(?:getter|putter|joiner|waiter) (?:\\(no task\\)|.* #\\d{1,15}))) (?:${DURATION})$`,
      "gm",
    ),
    "$1",
  ],
];

/** The text of a dump without what grows by itself: two of them differ only where the program has moved. */
export function withoutAges(text: string): string {
  return AGES.reduce((rest, [age, kept]) => rest.replace(age, kept), text);
}
