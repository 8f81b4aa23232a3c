import type { Site, SiteId, SourceLocation } from "@asyncscope/protocol";
import { urlToPath } from "./paths.js";
import { loadSourceMap } from "./source-maps/load.js";
import type { SourceMap } from "./source-maps/source-map.js";

/** Positions in the sources of a program that has ended, by what it has said of its scripts. */
export class ReportedSources {
  readonly #maps: Readonly<Record<string, string>>;
  readonly #sites: ReadonlyMap<SiteId, Site>;
  readonly #loaded = new Map<string, Promise<SourceMap | undefined>>();

  /** @param maps The source map of each script as the script names it, by URL; "" for none. */
  constructor(maps: Readonly<Record<string, string>>, sites: readonly Site[]) {
    this.#maps = maps;
    this.#sites = new Map(sites.map((site) => [site.id, site]));
  }

  site(id: SiteId): Site | undefined {
    return this.#sites.get(id);
  }

  async resolveSite({ url, line, column, functionName }: Omit<Site, "id">): Promise<SourceLocation> {
    const original = (await this.#map(url))?.original({ line, column });
    const { path, ...position } = original ?? { path: urlToPath(url) ?? url, line, column };
    return { path, line: position.line, column: position.column, functionName };
  }

  #map(url: string): Promise<SourceMap | undefined> {
    let map = this.#loaded.get(url);
    if (map === undefined) {
      const name = this.#maps[url] ?? "";
      // A map that cannot be read leaves the position in the code as it ran.
      map = name === "" ? Promise.resolve(undefined) : loadSourceMap(url, name, {}).catch(() => undefined);
      this.#loaded.set(url, map);
    }
    return map;
  }
}
