import type { Protocol } from "devtools-protocol";
import type { BreakpointRequest, BreakpointStatus } from "../../target/execution.js";
import { CdpError, type CdpConnection } from "./cdp/connection.js";
import type { DebuggerDomain } from "./cdp/debugger-domain.js";
import { conditionFor } from "./conditions.js";
import { urlPattern } from "./paths.js";
import type { RewrittenCode } from "./rewritten-code.js";
import type { Script, Scripts } from "./scripts.js";

interface Breakpoint {
  readonly id: number;
  readonly path: string;
  readonly request: BreakpointRequest;
  /** CDP ids by the key of the place they were set at. */
  readonly placed: Map<string, string>;
  /** Where V8 put it: `script:line:column`, 0-based. */
  readonly places: Set<string>;
  status: BreakpointStatus;
}

const PENDING = "Not loaded yet: it takes effect when the program loads this file.";

/**
 * The user's breakpoints. They are kept here and set in V8 whenever the Debugger domain comes on; the domain is
 * needed exactly while there are any.
 */
export class Breakpoints {
  readonly #cdp: CdpConnection;
  readonly #domain: DebuggerDomain;
  readonly #scripts: Scripts;
  readonly #rewritten: RewrittenCode;
  readonly #byPath = new Map<string, Breakpoint[]>();
  readonly #byCdpId = new Map<string, Breakpoint>();
  /** Sources whose own script has a map: the raw line numbers of the file mean nothing to V8. */
  readonly #mappedInPlace = new Set<string>();
  /** The breakpoint at the first statement of every module, while there are breakpoints. */
  #moduleEntry: string | undefined;
  #nextId = 1;
  /** Told when a breakpoint found its place after it was answered. */
  onChanged: (status: BreakpointStatus) => void = () => undefined;
  /** Told the name and line of a log point, for the output it sends. */
  readonly #sourceMaps: boolean;

  constructor(
    cdp: CdpConnection,
    domain: DebuggerDomain,
    scripts: Scripts,
    rewritten: RewrittenCode,
    sourceMaps: boolean,
  ) {
    this.#cdp = cdp;
    this.#domain = domain;
    this.#scripts = scripts;
    this.#rewritten = rewritten;
    this.#sourceMaps = sourceMaps;
    cdp.on("Debugger.breakpointResolved", ({ breakpointId, location }) => {
      const breakpoint = this.#byCdpId.get(breakpointId);
      if (breakpoint !== undefined)
        void this.#resolved(breakpoint, location.scriptId, location.lineNumber, location.columnNumber ?? 0);
    });
    domain.onEnabled(() => this.#placeAll());
    domain.onDisabled(() => {
      this.#byCdpId.clear();
      this.#moduleEntry = undefined;
      for (const list of this.#byPath.values())
        for (const breakpoint of list) {
          breakpoint.placed.clear();
          breakpoint.places.clear();
        }
    });
  }

  /** Replaces the breakpoints of one file. Breakpoints that did not change keep their id. */
  async set(path: string, requests: readonly BreakpointRequest[]): Promise<BreakpointStatus[]> {
    const old = new Map((this.#byPath.get(path) ?? []).map((b) => [keyOf(b.request), b]));
    const list: Breakpoint[] = [];
    const fresh: Breakpoint[] = [];
    for (const request of requests) {
      const kept = old.get(keyOf(request));
      if (kept !== undefined) {
        old.delete(keyOf(request));
        list.push(kept);
        continue;
      }
      const id = this.#nextId++;
      const status = { id, verified: false, line: request.line, message: PENDING };
      const breakpoint = {
        id,
        path,
        request,
        placed: new Map<string, string>(),
        places: new Set<string>(),
        status,
      };
      list.push(breakpoint);
      fresh.push(breakpoint);
    }
    if (list.length > 0) this.#byPath.set(path, list);
    else this.#byPath.delete(path);
    await Promise.all([...old.values()].map((breakpoint) => this.#remove(breakpoint)));
    if (this.#byPath.size === 0) {
      await this.#removeModuleEntry();
      await this.#domain.release("breakpoints");
    } else if (this.#domain.enabled) {
      await this.#domain.need("breakpoints");
      await this.#addModuleEntry();
      await Promise.all(fresh.map((breakpoint) => this.#place(breakpoint)));
    } else await this.#domain.need("breakpoints");
    return list.map(({ status }) => status);
  }

  /** The user's breakpoints among those that V8 says were hit. */
  hit(cdpIds: readonly string[]): number[] {
    return cdpIds.flatMap((id) => this.#byCdpId.get(id)?.id ?? []);
  }

  isModuleEntry(cdpIds: readonly string[]): boolean {
    return this.#moduleEntry !== undefined && cdpIds.includes(this.#moduleEntry);
  }

  /**
   * At the first statement of a module: sets the breakpoints of the sources that it was compiled from. Returns those
   * that belong to this very statement, which the program will not come to again.
   */
  async enterModule(
    script: Script,
    { lineNumber, columnNumber }: Protocol.Debugger.Location,
  ): Promise<number[]> {
    if (script.mapUrl === "") return [];
    await this.placeInScript(script);
    const here = `${script.id}:${lineNumber}:${columnNumber ?? 0}`;
    return [...this.#byPath.values()].flat().flatMap(({ id, places }) => (places.has(here) ? id : []));
  }

  /** Sets the breakpoints of the sources behind a script, before its first statement runs. */
  async placeInScript(script: Script): Promise<void> {
    const map = await this.#scripts.mapOf(script);
    if (map === undefined) return;
    const work: Promise<void>[] = [];
    for (const source of map.sources) {
      if (source === null) continue;
      if (source === script.path) this.#mappedInPlace.add(source);
      for (const breakpoint of this.#byPath.get(source) ?? []) {
        if (source === script.path) work.push(this.#removePlace(breakpoint, "raw"));
        work.push(this.#placeMapped(breakpoint, script));
      }
    }
    await Promise.all(work);
  }

  async #placeAll(): Promise<void> {
    if (this.#byPath.size === 0) return;
    await this.#addModuleEntry();
    const all = [...this.#byPath.values()].flat();
    await Promise.all(all.map((breakpoint) => this.#place(breakpoint)));
  }

  async #place(breakpoint: Breakpoint): Promise<void> {
    const { condition, error } = await conditionFor(this.#cdp, breakpoint.id, breakpoint.request);
    if (error !== undefined) {
      this.#update(breakpoint, {
        id: breakpoint.id,
        verified: false,
        line: breakpoint.request.line,
        message: error,
      });
      return;
    }
    if (!this.#mappedInPlace.has(breakpoint.path)) {
      const { line, column } = breakpoint.request;
      await this.#setAt(breakpoint, "raw", condition, {
        urlRegex: urlPattern(breakpoint.path),
        lineNumber: line - 1,
        ...(column === undefined ? {} : { columnNumber: column - 1 }),
      });
    }
    for (const script of this.#scripts.named()) {
      if (script.mapUrl === "") continue;
      const map = await this.#scripts.mapOf(script);
      if (map?.has(breakpoint.path) === true) await this.#placeMapped(breakpoint, script, condition);
    }
  }

  async #placeMapped(breakpoint: Breakpoint, script: Script, condition?: string): Promise<void> {
    const map = await this.#scripts.mapOf(script);
    const { line, column } = breakpoint.request;
    const text = condition ?? (await conditionFor(this.#cdp, breakpoint.id, breakpoint.request)).condition;
    const positions = map?.generated(breakpoint.path, line, column) ?? [];
    for (const position of positions) {
      const start = { scriptId: script.id, lineNumber: position.line - 1, columnNumber: position.column - 1 };
      const { lineNumber, columnNumber } = await this.#rewritten.placeFrom(start);
      await this.#setAt(breakpoint, `${script.url}:${position.line}:${position.column}`, text, {
        url: script.url,
        lineNumber,
        columnNumber: columnNumber ?? 0,
      });
    }
  }

  async #setAt(
    breakpoint: Breakpoint,
    place: string,
    condition: string,
    where: { url?: string; urlRegex?: string; lineNumber: number; columnNumber?: number },
  ): Promise<void> {
    if (breakpoint.placed.has(place)) return;
    breakpoint.placed.set(place, "");
    try {
      const reply = await this.#cdp.send("Debugger.setBreakpointByUrl", { ...where, condition });
      breakpoint.placed.set(place, reply.breakpointId);
      this.#byCdpId.set(reply.breakpointId, breakpoint);
      const first = reply.locations[0];
      if (first !== undefined)
        await this.#resolved(breakpoint, first.scriptId, first.lineNumber, first.columnNumber ?? 0);
    } catch (error) {
      breakpoint.placed.delete(place);
      // "already exists": two source lines that compile to the same place; the other one stops there.
      if (error instanceof CdpError)
        this.#update(breakpoint, { ...breakpoint.status, verified: false, message: error.message });
      else throw error;
    }
  }

  async #resolved(breakpoint: Breakpoint, scriptId: string, line: number, column: number): Promise<void> {
    breakpoint.places.add(`${scriptId}:${line}:${column}`);
    const script = this.#scripts.byId(scriptId);
    const position = await this.#scripts.position(script, line + 1, column + 1);
    if (position?.path !== breakpoint.path && position?.script?.path !== breakpoint.path) {
      // A symbolic link, or a map that leads elsewhere: the line asked for is still the best answer.
      this.#update(breakpoint, { id: breakpoint.id, verified: true, line: breakpoint.request.line });
      return;
    }
    this.#update(breakpoint, {
      id: breakpoint.id,
      verified: true,
      line: position.line,
      column: position.column,
    });
  }

  #update(breakpoint: Breakpoint, status: BreakpointStatus): void {
    const { verified, line, message } = breakpoint.status;
    breakpoint.status = status;
    if (verified !== status.verified || line !== status.line || message !== status.message)
      this.onChanged(status);
  }

  async #remove(breakpoint: Breakpoint): Promise<void> {
    await Promise.all([...breakpoint.placed.keys()].map((place) => this.#removePlace(breakpoint, place)));
  }

  async #removePlace(breakpoint: Breakpoint, place: string): Promise<void> {
    const breakpointId = breakpoint.placed.get(place);
    if (breakpointId === undefined) return;
    breakpoint.placed.delete(place);
    this.#byCdpId.delete(breakpointId);
    if (this.#domain.enabled && breakpointId !== "")
      await this.#cdp.send("Debugger.removeBreakpoint", { breakpointId });
  }

  /**
   * Source maps are known only once V8 has parsed a module, and V8's own pause before scripts with maps does not see
   * CommonJS. So every module outside node_modules stops at its first statement, for the millisecond that it takes to
   * set the breakpoints of its sources.
   */
  async #addModuleEntry(): Promise<void> {
    if (!this.#sourceMaps || this.#moduleEntry !== undefined) return;
    this.#moduleEntry = "";
    const reply = await this.#cdp.send("Debugger.setBreakpointByUrl", {
      urlRegex: "^file://(?!.*/node_modules/)",
      lineNumber: 0,
      columnNumber: 0,
    });
    this.#moduleEntry = reply.breakpointId;
  }

  async #removeModuleEntry(): Promise<void> {
    const breakpointId = this.#moduleEntry;
    this.#moduleEntry = undefined;
    if (this.#domain.enabled && breakpointId !== undefined && breakpointId !== "")
      await this.#cdp.send("Debugger.removeBreakpoint", { breakpointId });
  }
}

function keyOf({ line, column, condition, hitCondition, logMessage }: BreakpointRequest): string {
  return JSON.stringify([line, column, condition, hitCondition, logMessage]);
}
