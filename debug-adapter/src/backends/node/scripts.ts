import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { Protocol } from "devtools-protocol";
import { messageOf } from "../../errors.js";
import type { SourceConfiguration } from "../../target/configuration.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { DebuggerDomain } from "./cdp/debugger-domain.js";
import { globPattern, SkipList } from "./globs.js";
import { urlToPath } from "./paths.js";
import { isLoaderMap } from "./rewritten-code.js";
import { loadSourceMap, mapUrlInFile } from "./source-maps/load.js";
import type { SourceMap } from "./source-maps/source-map.js";

/** A script as V8 knows it. */
export interface Script {
  readonly id: string;
  readonly url: string;
  /** Absolute path, when the script is a file. */
  readonly path: string | undefined;
  readonly mapUrl: string;
  readonly startLine: number;
  readonly endLine: number;
}

/** A place in a file the user can open. */
export interface SourcePosition {
  /** Absolute path, or a URL when the source is no file. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The script whose text to show when there is no file. */
  readonly script: Script | undefined;
  readonly skipped: boolean;
}

/** The next look-up waits at least so long, in milliseconds, and a hundred times what the last one took. */
const LOOK_UP_PAUSE_MS = 1000;

/** The scripts of the program and their source maps. What was learned stays known while the domain is off. */
export class Scripts {
  readonly #cdp: CdpConnection;
  readonly #domain: DebuggerDomain;
  readonly #config: SourceConfiguration;
  readonly #skip: SkipList;
  readonly #outFiles: RegExp | undefined;
  readonly #warn: (text: string) => void;
  readonly #byId = new Map<string, Script>();
  readonly #byUrl = new Map<string, Script>();
  readonly #maps = new Map<string, Promise<SourceMap | undefined>>();
  /** Scripts of the runtime itself, by URL. */
  readonly #runtime = new Set<string>();
  /** Scripts known from their files only, by path. */
  readonly #fromFiles = new Map<string, Script>();
  #nextLookUp = 0;
  #lookingUp: Promise<void> | undefined;

  constructor(
    cdp: CdpConnection,
    domain: DebuggerDomain,
    config: SourceConfiguration,
    warn: (text: string) => void,
  ) {
    this.#cdp = cdp;
    this.#domain = domain;
    this.#config = config;
    this.#warn = warn;
    this.#skip = new SkipList(config.skipFiles, config.root);
    const outFiles = config.outFiles.filter((glob) => !glob.startsWith("!"));
    if (outFiles.length > 0) {
      const globs = outFiles.map((glob) =>
        globPattern(/^(\/|\*\*|[a-z]:)/i.test(glob) ? glob : `${config.root}/${glob}`),
      );
      this.#outFiles = new RegExp(`^(?:${globs.join("|")})$`);
    }
    cdp.on("Debugger.scriptParsed", (event) => this.#learn(event));
    domain.onEnabled(() => this.#applySkips());
  }

  #learn(event: Protocol.Debugger.ScriptParsedEvent): void {
    if (this.#byId.has(event.scriptId)) return;
    const script: Script = {
      id: event.scriptId,
      url: event.url,
      path: urlToPath(event.url),
      mapUrl: event.sourceMapURL ?? "",
      startLine: event.startLine,
      endLine: event.endLine,
    };
    this.#byId.set(script.id, script);
    if (script.url !== "") this.#byUrl.set(script.url, script);
  }

  byId(id: string): Script | undefined {
    return this.#byId.get(id);
  }

  byUrl(url: string): Script | undefined {
    return this.#byUrl.get(url);
  }

  /** CommonJS scripts call themselves by their path. */
  byPath(path: string): Script | undefined {
    for (const script of this.#byUrl.values()) if (script.path === path) return script;
    return undefined;
  }

  /** All scripts that are files or have a name. */
  named(): Script[] {
    return [...this.#byUrl.values()];
  }

  /**
   * Learns the scripts loaded so far. V8 tells only while the Debugger domain is on, so it goes on for a moment
   * (measured: the program stands still for 25 to 55 ms the first time, 5 to 40 ms later, growing with its heap). It
   * is done only for a script that is not known yet, and never for more than one percent of the time.
   */
  lookUp(): Promise<void> {
    if (this.#lookingUp !== undefined) return this.#lookingUp;
    // While the domain is on, scripts are told of as they load.
    if (this.#domain.enabled) return this.#domain.settled;
    if (performance.now() < this.#nextLookUp) return Promise.resolve();
    const start = performance.now();
    this.#lookingUp = this.#askForScripts().finally(() => {
      this.#lookingUp = undefined;
      const end = performance.now();
      this.#nextLookUp = end + Math.max(LOOK_UP_PAUSE_MS, 100 * (end - start));
    });
    return this.#lookingUp;
  }

  async #askForScripts(): Promise<void> {
    await this.#domain.need("scripts");
    await this.#domain.release("scripts");
  }

  /** The runtime's own scripts are never stepped into and never shown as the user's frames. */
  setRuntimeScripts(urls: readonly string[]): Promise<void> {
    for (const url of urls) this.#runtime.add(url);
    return this.#domain.enabled ? this.#applySkips() : Promise.resolve();
  }

  isRuntime(script: Script | undefined): boolean {
    if (script === undefined) return false;
    return this.#runtime.has(script.url) || (script.path !== undefined && this.#runtime.has(script.path));
  }

  isInternal(script: Script | undefined): boolean {
    return script === undefined || script.url.startsWith("node:") || script.url === "";
  }

  /** Whether stepping passes over a script. */
  isSkipped(script: Script | undefined): boolean {
    if (this.isRuntime(script)) return true;
    if (this.isInternal(script)) return this.#skip.skipsInternals;
    return script?.path !== undefined && this.#skip.skips(script.path);
  }

  async #applySkips(): Promise<void> {
    const patterns: string[] = [];
    if (this.#skip.skipsInternals) patterns.push("^node:");
    for (const url of this.#runtime) {
      // A CommonJS script is known by its path; to V8 it has a URL.
      const name = isAbsolute(url) ? pathToFileURL(url).href : url;
      patterns.push(`^${name.replace(/[/\-\\^$*+?.()|[\]{}]/g, "\\$&")}$`);
    }
    patterns.push(...this.#skipPatterns());
    await this.#cdp.send("Debugger.setBlackboxPatterns", { patterns });
  }

  #skipPatterns(): string[] {
    return this.#config.skipFiles
      .filter((glob) => !glob.startsWith("!") && !glob.startsWith("<"))
      .map((glob) =>
        /^(\/|\*\*|[a-z]:)/i.test(glob) ? glob : `${this.#config.root}/${glob.replace(/^\.\//, "")}`,
      )
      .map((glob) => `^(?:file://)?${globPattern(glob)}$`);
  }

  /** The map of a script; undefined when it has none or it cannot be used (which is said once). */
  mapOf(script: Script): Promise<SourceMap | undefined> {
    let map = this.#maps.get(script.id);
    if (map === undefined) this.#maps.set(script.id, (map = this.#load(script)));
    return map;
  }

  async #load(script: Script): Promise<SourceMap | undefined> {
    if (!this.#config.sourceMaps || script.mapUrl === "" || script.url.startsWith("node:")) return undefined;
    if (this.isRuntime(script)) return undefined;
    if (this.#outFiles !== undefined && !script.mapUrl.startsWith("data:") && !isLoaderMap(script.mapUrl))
      if (script.path === undefined || !this.#outFiles.test(script.path.replaceAll("\\", "/")))
        return undefined;
    try {
      return await loadSourceMap(script.url, script.mapUrl, this.#config.sourceMapPathOverrides);
    } catch (error) {
      // Packages are often published without the maps they name; that is nobody's mistake here.
      if (!script.url.includes("/node_modules/"))
        this.#warn(`${script.path ?? script.url}: ${messageOf(error)}. The generated code is shown instead.`);
      return undefined;
    }
  }

  /**
   * Where a position is in a script that was never told of, because the program ended too soon: its file says what
   * its map is. Undefined when there is no such file.
   */
  async positionInFile(url: string, line: number, column: number): Promise<SourcePosition | undefined> {
    const path = urlToPath(url);
    if (path === undefined) return undefined;
    let script = this.#fromFiles.get(path);
    if (script === undefined) {
      const mapUrl = await mapUrlInFile(path);
      if (mapUrl === undefined) return undefined;
      script = { id: `file:${path}`, url, path, mapUrl, startLine: 0, endLine: 0 };
      this.#fromFiles.set(path, script);
    }
    return this.position(script, line, column);
  }

  /** Where a position of a script (1-based) is in the user's sources. */
  async position(
    script: Script | undefined,
    line: number,
    column: number,
  ): Promise<SourcePosition | undefined> {
    if (script === undefined) return undefined;
    const skipped = this.isSkipped(script);
    const map = await this.mapOf(script);
    const original = map?.original({ line, column });
    if (original !== undefined)
      return { ...original, script, skipped: skipped || this.#skip.skips(original.path) };
    return { path: script.path ?? script.url, line, column, script, skipped };
  }
}
