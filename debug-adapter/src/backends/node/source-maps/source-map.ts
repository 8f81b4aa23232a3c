import {
  allGeneratedPositionsFor,
  AnyMap,
  GREATEST_LOWER_BOUND,
  LEAST_UPPER_BOUND,
  originalPositionFor,
  type TraceMap,
} from "@jridgewell/trace-mapping";

/** A position; both 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** How many lines below an empty line a breakpoint may slide. */
const MAX_SLIDE = 50;

/** The source map of one script, with the sources resolved to absolute paths (or left as URLs). */
export class SourceMap {
  readonly #map: TraceMap;
  /** Absolute paths (or URLs) in the order of the map; null where the map names none. */
  readonly sources: readonly (string | null)[];
  readonly #indexByPath = new Map<string, number>();

  /** Throws when `json` is no source map. */
  constructor(json: string, resolveSource: (source: string) => string) {
    const parsed: unknown = JSON.parse(json.replace(/^\)\]\}'[^\n]*\n/, ""));
    if (typeof parsed !== "object" || parsed === null || (parsed as { version?: unknown }).version !== 3)
      throw new Error("it is not a source map of version 3");
    const map = new AnyMap(parsed as never);
    this.#map = map;
    this.sources = map.resolvedSources.map((source, i) => {
      const name = map.sources[i];
      if (name === null || name === undefined) return null;
      const path = resolveSource(source);
      this.#indexByPath.set(path, i);
      return path;
    });
  }

  has(path: string): boolean {
    return this.#indexByPath.has(path);
  }

  /** Where a position of the script comes from; undefined when the map says nothing about it. */
  original(position: Position): (Position & { readonly path: string }) | undefined {
    const needle = { line: position.line, column: position.column - 1 };
    let found = originalPositionFor(this.#map, { ...needle, bias: GREATEST_LOWER_BOUND });
    // Left of the first mapping of a line: the first one is meant.
    if (found.source === null) found = originalPositionFor(this.#map, { ...needle, bias: LEAST_UPPER_BOUND });
    if (found.source === null) return undefined;
    const index = this.#map.resolvedSources.indexOf(found.source);
    const path = this.sources[index] ?? undefined;
    return path === undefined ? undefined : { path, line: found.line, column: found.column + 1 };
  }

  /** Where a position of a source went: one position per generated line. Slides down over lines without code. */
  generated(path: string, line: number, column: number | undefined): Position[] {
    const index = this.#indexByPath.get(path);
    const source = index === undefined ? undefined : this.#map.resolvedSources[index];
    if (source === undefined) return [];
    for (let slide = 0; slide <= MAX_SLIDE; slide++) {
      const found = allGeneratedPositionsFor(this.#map, {
        source,
        line: line + slide,
        column: slide === 0 && column !== undefined ? column - 1 : 0,
        bias: LEAST_UPPER_BOUND,
      });
      const positions = new Map<number, Position>();
      for (const position of found)
        if (!positions.has(position.line))
          positions.set(position.line, { line: position.line, column: position.column + 1 });
      if (positions.size > 0) return [...positions.values()];
    }
    return [];
  }

  /** The text of a source that is in the map itself. */
  content(path: string): string | undefined {
    const index = this.#indexByPath.get(path);
    return index === undefined ? undefined : (this.#map.sourcesContent?.[index] ?? undefined);
  }
}
