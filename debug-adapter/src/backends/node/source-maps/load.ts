import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { urlToPath } from "../paths.js";
import { SourceMap } from "./source-map.js";

/** A map larger than this is not read: parsing it would take seconds and gigabytes. */
export const MAX_MAP_BYTES = 64 * 1024 * 1024;

/** Loads the map that a script names. Throws with a message for the user. */
export async function loadSourceMap(
  scriptUrl: string,
  mapUrl: string,
  overrides: Readonly<Record<string, string>>,
): Promise<SourceMap> {
  const scriptPath = urlToPath(scriptUrl);
  const base = scriptPath === undefined ? undefined : dirname(scriptPath);
  if (mapUrl.startsWith("data:")) return new SourceMap(inlineMap(mapUrl), resolver(base, overrides));
  const file = mapFile(base, mapUrl);
  if (file === undefined) throw new Error(`its source map ${mapUrl} is not a file`);
  const { size } = await stat(file);
  if (size > MAX_MAP_BYTES)
    throw new Error(
      `its source map has ${Math.round(size / 1048576)} MB; the limit is ${MAX_MAP_BYTES / 1048576} MB`,
    );
  return new SourceMap(await readFile(file, "utf8"), resolver(dirname(file), overrides));
}

/** The map that the last lines of a JavaScript file name, "" for none; undefined when the file cannot be read. */
export async function mapUrlInFile(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAX_MAP_BYTES) return "";
    const text = await readFile(path, "utf8");
    const at = text.lastIndexOf("//# sourceMappingURL=");
    return at < 0 ? "" : (/^\S+/.exec(text.slice(at + 21))?.[0] ?? "");
  } catch {
    return undefined;
  }
}

function inlineMap(url: string): string {
  const comma = url.indexOf(",");
  if (url.length > MAX_MAP_BYTES) throw new Error("its inline source map is too large");
  const body = url.slice(comma + 1);
  return /;base64/i.test(url.slice(0, comma))
    ? Buffer.from(body, "base64").toString("utf8")
    : decodeURIComponent(body);
}

function mapFile(base: string | undefined, mapUrl: string): string | undefined {
  if (mapUrl.startsWith("file:")) return fileURLToPath(mapUrl);
  if (/^[a-z][a-z0-9+.-]+:/i.test(mapUrl)) return undefined;
  if (isAbsolute(mapUrl)) return mapUrl;
  let relative = mapUrl;
  try {
    relative = decodeURIComponent(mapUrl);
  } catch {
    // A stray % in a file name.
  }
  return base === undefined ? undefined : resolve(base, relative);
}

/** How the names in `sources` become paths: overrides first (`*` matches the rest), then relative to the map. */
function resolver(
  base: string | undefined,
  overrides: Readonly<Record<string, string>>,
): (source: string) => string {
  return (source) => {
    for (const [pattern, target] of Object.entries(overrides)) {
      const star = pattern.indexOf("*");
      const prefix = star < 0 ? pattern : pattern.slice(0, star);
      if (star < 0 ? source === pattern : source.startsWith(prefix))
        return resolve(
          base ?? "/",
          target.replace("*", () => source.slice(prefix.length)),
        );
    }
    if (source.startsWith("file:")) return urlToPath(source) ?? source;
    const bundled = /^(?:webpack|rollup|vite):\/\/[^/]*\/(.*)$/.exec(source)?.[1];
    const name = bundled ?? source;
    if (/^[a-z][a-z0-9+.-]+:/i.test(name) && !/^[a-z]:[\\/]/i.test(name)) return name;
    return isAbsolute(name) || base === undefined ? name : resolve(base, name);
  };
}
