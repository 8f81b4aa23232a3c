import { realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The path of a `file:` URL or of an absolute path; undefined for everything else (`node:fs`, `evalmachine…`). */
export function urlToPath(url: string): string | undefined {
  if (url.startsWith("file:")) {
    try {
      return normalizeDrive(fileURLToPath(url));
    } catch {
      return undefined;
    }
  }
  if (url.startsWith("/") || /^[a-z]:[\\/]/i.test(url)) return normalizeDrive(url);
  return undefined;
}

/** VS Code writes drive letters in lower case. */
function normalizeDrive(path: string): string {
  return /^[A-Z]:/.test(path) ? path[0]!.toLowerCase() + path.slice(1) : path;
}

/** The file behind symbolic links, as Node names it; the path itself when there is none. */
export function realPath(path: string): string {
  try {
    return normalizeDrive(realpathSync.native(path));
  } catch {
    return path;
  }
}

/**
 * A regular expression (as CDP wants it: source text) for every URL under which V8 may know a file. Node builds the
 * URLs of CommonJS and of ES modules in different ways, and they differ in what they percent-encode.
 */
export function urlPattern(path: string): string {
  const names = new Set<string>();
  for (const file of new Set([path, realPath(path)])) {
    const { href } = pathToFileURL(file);
    names.add(file);
    names.add(href);
    names.add(decodeURI(href));
    names.add(encodeURI(`file://${file.startsWith("/") ? "" : "/"}${file.replaceAll("\\", "/")}`));
  }
  const escaped = [...names].map((name) => name.replace(/[/\-\\^$*+?.()|[\]{}]/g, "\\$&"));
  // Loaders append a query to have a module loaded anew.
  return `^(?:${escaped.join("|")})(?:\\?[^/]*)?$`;
}
