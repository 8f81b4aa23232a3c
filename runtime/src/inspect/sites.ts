import type { Site, SiteId } from "@asyncscope/protocol";

/** Frames looked at to find the first one of the program behind those of the runtime. */
const DEPTH = 10;
/**
 * Captures a second (3 to 6 µs each: at most 3 % of one core). Beyond, a site is inferred from earlier tasks of the
 * same creator and coroutine, when those all had the same one.
 */
const BUDGET = 5000;

const AMBIGUOUS = -1;

/** Source positions, each stored once and named by a number. */
export class SiteTable {
  /** Script URLs of this copy of the runtime: their frames are skipped. */
  readonly scripts: readonly string[];
  readonly #sites: Site[] = [];
  readonly #byPosition = new Map<string, SiteId>();
  readonly #inferred = new Map<string, SiteId>();
  #windowStart = 0;
  #captured = 0;

  constructor() {
    this.scripts = [ownScript()];
  }

  /** The position of the program's innermost frame, 0 when there is none on the stack. */
  capture(): SiteId {
    for (const frame of callSites(DEPTH)) {
      const url = frame.getScriptNameOrSourceURL() ?? frame.getFileName();
      if (!url || url.startsWith("node:") || this.scripts.includes(url)) continue;
      return this.#intern(
        url,
        frame.getLineNumber() ?? 0,
        frame.getColumnNumber() ?? 0,
        frame.getFunctionName() ?? "",
      );
    }
    return 0;
  }

  /** As {@link capture} within the budget; beyond it what `key` had so far, if that is one site. */
  captureFor(key: () => string, now: number): { site: SiteId; inferred: boolean } {
    if (now - this.#windowStart >= 1000 || now < this.#windowStart) {
      this.#windowStart = now;
      this.#captured = 0;
    }
    if (this.#captured++ < BUDGET) {
      const site = this.capture();
      // Known for inference only near the limit: below it every task has its own.
      if (this.#captured > BUDGET / 2) this.#learn(key(), site);
      return { site, inferred: false };
    }
    const known = this.#inferred.get(key());
    return { site: known === undefined || known === AMBIGUOUS ? 0 : known, inferred: true };
  }

  /** The sites with an id above `known`. */
  since(known: SiteId): Site[] {
    return this.#sites.slice(Math.max(0, known));
  }

  #learn(key: string, site: SiteId): void {
    const before = this.#inferred.get(key);
    if (before === undefined) {
      if (this.#inferred.size < 10_000) this.#inferred.set(key, site);
    } else if (before !== site) this.#inferred.set(key, AMBIGUOUS);
  }

  #intern(url: string, line: number, column: number, functionName: string): SiteId {
    const position = `${line}:${column}:${url}`;
    const known = this.#byPosition.get(position);
    if (known !== undefined) return known;
    const id = this.#sites.length + 1;
    this.#sites.push({ id, url, line, column, functionName });
    this.#byPosition.set(position, id);
    return id;
  }
}

/** Structured frames of the caller's stack; leaves the program's own settings as they were. */
function callSites(limit: number): readonly NodeJS.CallSite[] {
  const before = Error.stackTraceLimit;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was
  const prepare = Error.prepareStackTrace;
  try {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = (_error, frames) => frames;
    const holder: { stack?: readonly NodeJS.CallSite[] } = {};
    Error.captureStackTrace(holder, callSites);
    const { stack } = holder;
    return Array.isArray(stack) ? (stack as readonly NodeJS.CallSite[]) : [];
  } catch {
    // Frozen intrinsics: then there are no positions.
    return [];
  } finally {
    try {
      Error.stackTraceLimit = before;
      if (prepare === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
      else Error.prepareStackTrace = prepare;
    } catch {
      // As above.
    }
  }
}

function ownScript(): string {
  const frame = callSites(1)[0];
  return frame?.getScriptNameOrSourceURL() ?? frame?.getFileName() ?? "";
}
