import { isInteger } from "./primordials.js";

/** A count or index that somebody asked for; what makes no sense is `fallback`. */
export function count(asked: unknown, fallback: number): number {
  return isInteger(asked) && (asked as number) >= 0 ? (asked as number) : fallback;
}

/** As {@link count}, but not more than `most`. */
export function atMost(asked: unknown, fallback: number, most: number): number {
  const wanted = asked === Infinity ? most : count(asked, fallback);
  return wanted < most ? wanted : most;
}
