import type { SourceLocation } from "@asyncscope/protocol";
import type { SuspendedFunction } from "./async-graph.js";
import type { Node } from "./heap-graph.js";

/** So many of a function that stand at one line, and none elsewhere, say where the others stand. */
const ENOUGH = 3;
/** Questions under way at a time: the more there are, the longer the program stands still in one go. */
const AT_A_TIME = 2;

/**
 * Where suspended functions stand. V8 marks the whole heap to find an object by its number, so that each question
 * costs the program what a garbage collection does: each suspended call is asked about once, and of many calls of the
 * same function only some, when these stand at one line. The others' line is inferred, then.
 */
export class Places {
  readonly #ask: (fn: SuspendedFunction) => Promise<SourceLocation | undefined>;
  readonly #known = new Map<SuspendedFunction, Promise<SourceLocation | undefined>>();
  readonly #seen = new Map<Node, { readonly lines: Set<string>; count: number; last: SourceLocation }>();
  #under = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(ask: (fn: SuspendedFunction) => Promise<SourceLocation | undefined>) {
    this.#ask = ask;
  }

  of(fn: SuspendedFunction): Promise<SourceLocation | undefined> {
    let place = this.#known.get(fn);
    if (place === undefined) this.#known.set(fn, (place = this.#find(fn)));
    return place;
  }

  async #find(fn: SuspendedFunction): Promise<SourceLocation | undefined> {
    if (this.#under >= AT_A_TIME) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#under++;
    try {
      const seen = this.#seen.get(fn.code);
      if (seen !== undefined && fn.code >= 0 && seen.lines.size === 1 && seen.count >= ENOUGH)
        return seen.last;
      const place = await this.#ask(fn);
      if (place === undefined) return undefined;
      const line = `${place.path}:${place.line}:${place.column}`;
      if (seen === undefined) this.#seen.set(fn.code, { lines: new Set([line]), count: 1, last: place });
      else {
        seen.lines.add(line);
        seen.count++;
      }
      return place;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#under--;
      else next();
    }
  }
}
