import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Edit } from "./edits.js";
import type { Point, PointKind } from "./points.js";
import type { Rewriting, SourceType } from "./rewrite.js";

declare const ASYNCSCOPE_VERSION: string;

/** Names another folder for the cache; empty for none. */
export const CACHE_VARIABLE = "ASYNCSCOPE_CACHE";

/** Of what is kept; another one makes it anew. */
const FORM = 4;

/** What is kept of a source: nothing to put in, or what. */
interface Entry {
  readonly edits: readonly (readonly [number, string, number])[];
  readonly points: readonly (readonly [PointKind, number, number, string, number, string?])[];
}

/**
 * What was found out about sources, kept on disk by their content: parsing takes several times as long as reading.
 * The folder is private to the user; where it cannot be had, everything works without.
 */
export class Cache {
  readonly #folder: string | undefined;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** The cache of this user for this version. */
  static open(environment: NodeJS.ProcessEnv): Cache {
    const named = environment[CACHE_VARIABLE];
    if (named === "") return new Cache(undefined);
    const base = named ?? join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "asyncscope");
    const folder = join(base, `loader-${ASYNCSCOPE_VERSION}-${FORM}`);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const { uid, mode } = statSync(folder);
      // What others could have written is not run.
      const isOurs = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
      return new Cache(isOurs ? folder : undefined);
    } catch {
      return new Cache(undefined);
    }
  }

  key(source: string, sourceType: SourceType): string {
    return hash(`${sourceType}\0${source}`);
  }

  /** Null when it is known that there is nothing to put in; undefined when nothing is known. */
  rewriting(key: string): Rewriting | null | undefined {
    const text = this.#read(`${key}.json`);
    if (text === undefined) return undefined;
    try {
      const entry = JSON.parse(text) as Entry | null;
      if (entry === null) return null;
      return {
        edits: entry.edits.map(([at, piece, point]): Edit => ({ at, text: piece, point })),
        points: entry.points.map(([kind, line, column, code, owner, call]): Point => ({
          kind,
          line,
          column,
          text: code,
          owner,
          call,
        })),
      };
    } catch {
      return undefined;
    }
  }

  keep(key: string, rewriting: Rewriting | null): void {
    const entry: Entry | null =
      rewriting === null
        ? null
        : {
            edits: rewriting.edits.map(({ at, text, point }) => [at, text, point] as const),
            points: rewriting.points.map(({ kind, line, column, text, owner, call }) =>
              call === undefined
                ? ([kind, line, column, text, owner] as const)
                : ([kind, line, column, text, owner, call] as const),
            ),
          };
    this.#write(`${key}.json`, JSON.stringify(entry));
  }

  /** The file with the source map of a rewritten source, made when it is not there. Undefined without a cache. */
  mapFile(key: string, path: string, make: () => string | undefined): string | undefined {
    if (this.#folder === undefined) return undefined;
    const name = `${hash(`${key}\0${path}`)}.map`;
    const file = join(this.#folder, name);
    if (existsSync(file)) return file;
    const map = make();
    return map !== undefined && this.#write(name, map) ? file : undefined;
  }

  #read(name: string): string | undefined {
    if (this.#folder === undefined) return undefined;
    const file = join(this.#folder, name);
    // An error that is caught here would be one at which a debugger stops that stops at all of them.
    if (!existsSync(file)) return undefined;
    try {
      return readFileSync(file, "utf8");
    } catch {
      return undefined;
    }
  }

  /** Written aside and renamed: another process may read at any time. */
  #write(name: string, text: string): boolean {
    if (this.#folder === undefined) return false;
    const file = join(this.#folder, name);
    try {
      writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
      renameSync(`${file}.${process.pid}`, file);
      return true;
    } catch {
      return false;
    }
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}
