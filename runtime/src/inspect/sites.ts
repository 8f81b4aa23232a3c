import type { Site, SiteId } from "@asyncscope/protocol";
import { cut, mapGet, mapSet, mapSize, realTime } from "./primordials.js";
import { stackFrames } from "./stack-frames.js";

/** Frames looked at to find the first one of the program behind those of the runtime. */
const DEPTH = 12;
/** Sites of the program that are told apart; code made at run time could bring any number of them. */
const MOST_SITES = 50_000;

/** Source positions, each stored once and named by a number. */
export class SiteTable {
  /** Script URLs of the runtime: their frames are skipped. */
  readonly scripts: string[] = [];
  readonly #sites: Site[] = [];
  readonly #byScript = new Map<string, Map<number, SiteId>>();

  addScript(url: string): void {
    if (url !== "" && !this.#isOwn(url)) this.scripts[this.scripts.length] = url;
  }

  /** The position of the program's innermost frame, 0 when there is none on the stack. */
  capture(): SiteId {
    const frames = stackFrames(DEPTH);
    for (let i = 0; i < frames.length; i++) {
      const frame = frames[i]!;
      const url = frame.getScriptNameOrSourceURL() ?? frame.getFileName();
      if (!url || cut(url, 0, 5) === "node:" || this.#isOwn(url)) continue;
      return this.#intern(url, frame.getLineNumber() ?? 0, frame.getColumnNumber() ?? 0, frame);
    }
    return 0;
  }

  /** The sites with an id above `known`. */
  since(known: SiteId): Site[] {
    const sites: Site[] = [];
    for (let i = known; i < this.#sites.length; i++) sites[sites.length] = this.#sites[i]!;
    return sites;
  }

  #isOwn(url: string): boolean {
    for (let i = 0; i < this.scripts.length; i++) if (this.scripts[i] === url) return true;
    return false;
  }

  #intern(url: string, line: number, column: number, frame: NodeJS.CallSite): SiteId {
    let positions = mapGet(this.#byScript, url);
    if (positions === undefined) mapSet(this.#byScript, url, (positions = new Map<number, SiteId>()));
    // Columns reach into the millions in minified code; together they fit into a double.
    const position = line * 2 ** 26 + column;
    const known = mapGet(positions, position);
    if (known !== undefined) return known;
    if (this.#sites.length >= MOST_SITES) return 0;
    const id = this.#sites.length + 1;
    this.#sites[id - 1] = { id, url, line, column, functionName: frame.getFunctionName() ?? "" };
    mapSet(positions, position, id);
    return id;
  }
}

const AMBIGUOUS = -1;
const MOST_KEYS = 10_000;

/**
 * Captures sites, but not more than some a second: each costs about 5 µs. Beyond, a site is inferred from earlier ones
 * of the same pair of functions, when those all had the same one.
 */
export class SiteBudget {
  readonly #sites: SiteTable;
  readonly #perSecond: number;
  #windowStart = -Infinity;
  #captured = 0;
  /** Sites by the names of two functions: who made it, and what was made. */
  readonly #known = new Map<string, Map<string, SiteId>>();

  constructor(sites: SiteTable, perSecond: number) {
    this.#sites = sites;
    this.#perSecond = perSecond;
  }

  /** The site of the caller, negative when inferred, 0 when not known. */
  site(creator: string, created: string): SiteId {
    // Beyond the budget the clock is looked at now and then only: it costs more than the rest.
    if (this.#captured < this.#perSecond || this.#captured % 16 === 0) {
      const now = realTime();
      if (now - this.#windowStart >= 1000) {
        this.#windowStart = now;
        this.#captured = 0;
      }
    }
    if (this.#captured++ >= this.#perSecond) {
      const byCreated = mapGet(this.#known, creator);
      const site = byCreated === undefined ? undefined : mapGet(byCreated, created);
      return site === undefined || site === AMBIGUOUS || site === 0 ? 0 : -site;
    }
    const site = this.#sites.capture();
    this.#learn(creator, created, site);
    return site;
  }

  #learn(creator: string, created: string, site: SiteId): void {
    let byCreated = mapGet(this.#known, creator);
    if (byCreated === undefined) {
      if (mapSize(this.#known) >= MOST_KEYS) return;
      mapSet(this.#known, creator, (byCreated = new Map<string, SiteId>()));
    }
    const before = mapGet(byCreated, created);
    if (before === undefined) {
      if (mapSize(byCreated) < MOST_KEYS) mapSet(byCreated, created, site);
    } else if (before !== site) mapSet(byCreated, created, AMBIGUOUS);
  }
}

/** URL of the script that this module is in: the runtime's own. */
export function ownScript(): string {
  const frame = stackFrames(2)[0];
  return frame?.getScriptNameOrSourceURL() ?? frame?.getFileName() ?? "";
}
