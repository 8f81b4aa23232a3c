/** The filter of the Tasks view as one line of text: `file:crawler.ts waits:Queue older:5s`. */
import type { TaskNodeFilter, TaskState } from "@asyncscope/protocol";

const STATES: readonly TaskState[] = [
  "created",
  "scheduled",
  "running",
  "suspended",
  "done",
  "failed",
  "cancelled",
];
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, m: 60_000, h: 3_600_000 };

export const FILTER_PROMPT =
  'Text: part of a name, a function or what is waited for. name:fetch · file:crawler.ts (stands in it or was created there) · waits:"Lock db" · state:suspended,failed · older:5s. All must hold; quotes take spaces and colons as they stand.';

/** In the empty box. */
export const FILTER_EXAMPLE = "worker   file:crawler.ts   waits:Queue   state:suspended   older:5s";

export type ParsedFilter =
  | { readonly filter: TaskNodeFilter | undefined; readonly error?: undefined }
  /** `error` names the word that is not understood and what it could be. */
  | { readonly filter?: undefined; readonly error: string };

/** What a word may begin with, and the part of the filter that it is. */
const TEXT_KEYS = { name: "name", file: "file", waits: "waitsFor", for: "waitsFor" } as const;

/**
 * Empty text means no filter. Quotes take spaces and words like `state:` as text; the longest of several ages counts,
 * and the last one of several names, files or waits.
 */
export function parseFilter(input: string): ParsedFilter {
  const words: string[] = [];
  const texts: { name?: string; file?: string; waitsFor?: string } = {};
  let states: TaskState[] | undefined;
  let olderThan: number | undefined;
  for (const [word, , quoted] of input.matchAll(/(?<!\S)((?:name|file|waits|for):)?"([^"]*)"?(?!\S)|\S+/gi)) {
    const [, key = "", rest = ""] = /^(name|file|waits|for|state|older|age):(.*)$/is.exec(word) ?? [];
    const value = quoted ?? rest;
    if (quoted !== undefined && (!word.endsWith('"') || word.endsWith(':"') || word === '"'))
      return { error: `The quote ${word} is not closed: end it with "` };
    const textKey = TEXT_KEYS[key.toLowerCase() as keyof typeof TEXT_KEYS] as
      (typeof TEXT_KEYS)[keyof typeof TEXT_KEYS] | undefined;
    if (textKey !== undefined) {
      if (value === "") return { error: `Say what after ${key}: — for example ${key}:worker` };
      texts[textKey] = value;
    } else if (key === "" || quoted !== undefined) {
      const text = quoted ?? word;
      if (text !== "") words.push(text);
    } else if (key.toLowerCase() === "state") {
      const parsed = parseStates(value);
      if (!parsed) return { error: `“${value}” is no state: use ${STATES.join(", ")}, separated by commas` };
      states = [...(states ?? []), ...parsed];
    } else {
      const age = parseDuration(value);
      if (age === undefined)
        return { error: `“${value}” is no duration: use for example 500ms, 5s, 3min or 1h` };
      olderThan = Math.max(olderThan ?? 0, age);
    }
  }
  const filter = {
    ...(words.length > 0 && { text: words.join(" ") }),
    ...texts,
    ...(states && { states }),
    ...(olderThan !== undefined && { olderThan }),
  };
  return { filter: Object.keys(filter).length === 0 ? undefined : filter };
}

/** A state may be shortened: `state:susp`. */
function parseStates(value: string): TaskState[] | undefined {
  const parsed: TaskState[] = [];
  for (const part of value.toLowerCase().split(",")) {
    const matches = part === "" ? [] : STATES.filter((state) => state.startsWith(part));
    const waiting = part !== "" && "waiting".startsWith(part);
    if (matches.length === 0 && !waiting) return undefined;
    parsed.push(...(waiting ? (["suspended"] as const) : matches));
  }
  return parsed;
}

/**
 * `500ms`, `5s`, `3min`, `1h` in milliseconds; undefined when it is none.
 * @param plain the unit of a number alone
 */
export function parseDuration(value: string, plain: "ms" | "s" = "s"): number | undefined {
  const [, digits, unit] = /^>?(\d+(?:\.\d+)?)(ms|s|min|m|h)?$/i.exec(value) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * (UNITS[unit?.toLowerCase() ?? plain] ?? 1000);
}
