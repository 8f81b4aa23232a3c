/** The filter of the Tasks view as one line of text: `worker state:suspended,running older:5s`. */
import type { TaskFilter, TaskState } from "@asyncscope/protocol";

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
  'Part of a name, a coroutine or what is waited for (in quotes: as it stands, "state:x"); state:suspended,failed; older:5s. All of them must hold.';

export type ParsedFilter =
  | { readonly filter: TaskFilter | undefined; readonly error?: undefined }
  /** `error` names the word that is not understood and what it could be. */
  | { readonly filter?: undefined; readonly error: string };

/** Empty text means no filter. Quotes take spaces and words like `state:` as text; the longest of several ages counts. */
export function parseFilter(input: string): ParsedFilter {
  const words: string[] = [];
  let states: TaskState[] | undefined;
  let olderThan: number | undefined;
  for (const [word, quoted] of input.matchAll(/(?<!\S)"([^"]*)"?(?!\S)|\S+/g)) {
    if (quoted !== undefined) {
      if (!word.endsWith('"') || word.length === 1)
        return { error: `The quote ${word} is not closed: end it with "` };
      if (quoted !== "") words.push(quoted);
      continue;
    }
    const [, key, value] = /^(state|older|age):(.*)$/i.exec(word) ?? [];
    if (key === undefined || value === undefined) {
      words.push(word);
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
  if (words.length === 0 && !states && olderThan === undefined) return { filter: undefined };
  return {
    filter: {
      ...(words.length > 0 && { text: words.join(" ") }),
      ...(states && { states }),
      ...(olderThan !== undefined && { olderThan }),
    },
  };
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
