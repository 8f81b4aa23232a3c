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
  /** Whether no code of Node's stood below the frame that was captured last: its own call is what was captured. */
  isDirect = false;
  readonly #sites: Site[] = [];
  readonly #byScript = new Map<string, Map<number, SiteId>>();

  addScript(url: string): void {
    if (url !== "" && !this.#isOwn(url)) this.scripts[this.scripts.length] = url;
  }

  /**
   * The position of the program's innermost frame, 0 when there is none on the stack.
   * @param skip so many frames of the program are passed over.
   */
  capture(skip = 0): SiteId {
    const frames = stackFrames(DEPTH);
    this.isDirect = true;
    for (let i = 0; i < frames.length; i++) {
      const frame = frames[i]!;
      const url = frame.getScriptNameOrSourceURL() ?? frame.getFileName();
      if (url && cut(url, 0, 5) === "node:") this.isDirect = false;
      else if (url && !this.#isOwn(url) && skip-- <= 0) {
        const name = frame.getFunctionName() ?? "";
        return this.intern(url, frame.getLineNumber() ?? 0, frame.getColumnNumber() ?? 0, name);
      }
    }
    return 0;
  }

  get(id: SiteId): Site | undefined {
    return this.#sites[id - 1];
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

  /** The number of a position; 0 when there are too many. */
  intern(url: string, line: number, column: number, functionName: string): SiteId {
    let positions = mapGet(this.#byScript, url);
    if (positions === undefined) mapSet(this.#byScript, url, (positions = new Map<number, SiteId>()));
    // Columns reach into the millions in minified code; together they fit into a double.
    const position = line * 2 ** 26 + column;
    const known = mapGet(positions, position);
    if (known !== undefined) return known;
    if (this.#sites.length >= MOST_SITES) return 0;
    const id = this.#sites.length + 1;
    this.#sites[id - 1] = { id, url, line, column, functionName };
    mapSet(positions, position, id);
    return id;
  }
}

const MOST_KEYS = 10_000;
/** Captures in one window that gave a pair of functions the same site, until it is taken for the only one. */
const STEADY = 100;
/** From then on one of up to so many is captured, to see whether it still holds. */
const MOST_SKIPPED = 1024;
/** Calls between two looks at the clock: it costs more than the rest. */
const LOOK = 16;

/** What is known of where one function makes another. */
class Known {
  ambiguous = false;
  /** The last window in which a site was captured, and how many captures it gave. */
  window = -1;
  captured = 0;
  /** Calls until the next capture. */
  skip = 0;

  constructor(readonly site: SiteId) {}

  /** The site, negative since inferred; 0 when not known. */
  get inferred(): SiteId {
    return this.ambiguous || this.site === 0 ? 0 : -this.site;
  }
}

/**
 * Captures sites, but not more than some a second: each costs about 10 µs. Beyond, a site is inferred from earlier ones
 * of the same pair of functions, when those all had the same one.
 */
export class SiteBudget {
  readonly #sites: Pick<SiteTable, "capture">;
  readonly #perSecond: number;
  readonly #infersSteady: boolean;
  #windowStart = -Infinity;
  #window = 0;
  #captured = 0;
  /** By the names of two functions: who made it, and what was made. */
  readonly #known = new Map<string, Map<string, Known>>();
  /** The pair asked for last: a loop that makes tasks asks for one pair only. */
  #lastCreator = "";
  #lastCreated = "";
  #lastKnown: Known | undefined;

  /**
   * @param infersSteady whether a site is inferred also while there is budget, where the same pair of functions gave
   * the same one 100 times in a second: a loop that makes tasks is not to take its first thousands ten times as long.
   */
  constructor(sites: Pick<SiteTable, "capture">, perSecond: number, infersSteady = false) {
    this.#sites = sites;
    this.#perSecond = perSecond;
    this.#infersSteady = infersSteady;
  }

  /** The site of the caller, negative when inferred, 0 when not known. */
  site(creator: string, created: string): SiteId {
    const known = this.#find(creator, created);
    if (known !== undefined && known.skip > 0) {
      // Not across windows: one that is made now and then has its own site.
      if (known.skip-- % LOOK !== 0 || this.#windowAt(realTime()) === known.window) return known.inferred;
      known.skip = 0;
    }
    if (this.#captured < this.#perSecond || this.#captured % LOOK === 0) this.#windowAt(realTime());
    if (this.#captured++ >= this.#perSecond) return known === undefined ? 0 : known.inferred;
    const site = this.#sites.capture();
    if (known === undefined) this.#add(creator, created, new Known(site));
    else if (known.site !== site) known.ambiguous = true;
    else if (this.#infersSteady && site !== 0 && !known.ambiguous) this.#confirm(known);
    return site;
  }

  #windowAt(now: number): number {
    if (now - this.#windowStart < 1000) return this.#window;
    this.#windowStart = now;
    this.#captured = 0;
    return ++this.#window;
  }

  #confirm(known: Known): void {
    if (known.window !== this.#window) known.captured = 0;
    known.window = this.#window;
    const steady = ++known.captured - STEADY;
    if (steady >= 0) known.skip = Math.min(2 ** steady, MOST_SKIPPED);
  }

  #find(creator: string, created: string): Known | undefined {
    if (this.#lastKnown !== undefined && created === this.#lastCreated && creator === this.#lastCreator)
      return this.#lastKnown;
    const byCreated = mapGet(this.#known, creator);
    this.#lastCreator = creator;
    this.#lastCreated = created;
    return (this.#lastKnown = byCreated === undefined ? undefined : mapGet(byCreated, created));
  }

  #add(creator: string, created: string, known: Known): void {
    let byCreated = mapGet(this.#known, creator);
    if (byCreated === undefined) {
      if (mapSize(this.#known) >= MOST_KEYS) return;
      mapSet(this.#known, creator, (byCreated = new Map<string, Known>()));
    }
    if (mapSize(byCreated) < MOST_KEYS) mapSet(byCreated, created, known);
  }
}

/** URL of the script that this module is in: the runtime's own. */
export function ownScript(): string {
  const frame = stackFrames(2)[0];
  return frame?.getScriptNameOrSourceURL() ?? frame?.getFileName() ?? "";
}
