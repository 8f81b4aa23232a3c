import { pathToFileURL } from "node:url";
import type { Cache } from "./cache.js";
import { composedMap } from "./composed-map.js";
import type { Point } from "./points.js";
import { applyEdits, Columns } from "./edits.js";
import type { Rewriting, SourceType } from "./rewrite.js";
import { rewrite } from "./rewrite.js";

/** A source with what was put in. */
export interface Transformed {
  readonly code: string;
  /** Number of the first point. */
  readonly base: number;
  readonly points: readonly Point[];
  /** Made when somebody asks. */
  columns(): Columns;
}

/** Rewrites sources, with the help of a cache. */
export class Transformer {
  readonly #cache: Cache;
  readonly #reserve: (count: number) => number;

  /** @param reserve Gives numbers for so many points. */
  constructor(cache: Cache, reserve: (count: number) => number) {
    this.#cache = cache;
    this.#reserve = reserve;
  }

  /** Undefined when the source is to run as it is. */
  transform(source: string, path: string, sourceType: SourceType): Transformed | undefined {
    const key = this.#cache.key(source, sourceType);
    const rewriting = this.#rewriting(key, source, sourceType);
    if (rewriting === undefined) return undefined;
    const { edits, points } = rewriting;
    const base = this.#reserve(points.length);
    let made: Columns | undefined;
    const columns = (): Columns => (made ??= Columns.of(source, edits));
    const code = applyEdits(source, edits, base) + this.#mapComment(key, source, path, columns);
    return { code, base, points, columns };
  }

  #rewriting(key: string, source: string, sourceType: SourceType): Rewriting | undefined {
    const kept = this.#cache.rewriting(key);
    if (kept !== undefined) return kept ?? undefined;
    const made = rewrite(source, sourceType);
    this.#cache.keep(key, made ?? null);
    return made;
  }

  /** The last such comment of a script counts. */
  #mapComment(key: string, source: string, path: string, columns: () => Columns): string {
    const make = (): string | undefined => composedMap(source, path, columns());
    const file = this.#cache.mapFile(key, path, make);
    if (file !== undefined) return `\n//# sourceMappingURL=${pathToFileURL(file).href}`;
    const map = make();
    if (map === undefined) return "";
    const encoded = Buffer.from(map, "utf8").toString("base64");
    return `\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${encoded}`;
  }
}
