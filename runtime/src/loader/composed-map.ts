import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Columns } from "./edits.js";
import type { Segment } from "./vlq.js";
import { decodeMappings, encodeMappings } from "./vlq.js";

interface SourceMapJson {
  readonly version: number;
  readonly sources?: readonly (string | null)[];
  readonly sourceRoot?: string;
  readonly sourcesContent?: readonly (string | null)[];
  readonly names?: readonly string[];
  readonly mappings?: string;
}

const COMMENT = "//# sourceMappingURL=";

/**
 * The source map of rewritten code, as JSON: from there to what the user wrote, through the map that the source has
 * already. Undefined when that map cannot be read.
 *
 * @param path Absolute path of the source.
 */
export function composedMap(source: string, path: string, columns: Columns): string | undefined {
  const at = source.lastIndexOf(COMMENT);
  const url = at < 0 ? "" : (/^\S+/.exec(source.slice(at + COMMENT.length))?.[0] ?? "");
  try {
    const map = url === "" ? undefined : readMap(url, path);
    return JSON.stringify(map === undefined ? ownMap(source, path, columns) : shifted(map, path, columns));
  } catch {
    return undefined;
  }
}

function readMap(url: string, path: string): SourceMapJson {
  const text = url.startsWith("data:") ? inlineText(url) : readFileSync(fileOf(url, path), "utf8");
  const map = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, "")) as SourceMapJson;
  if (map.version !== 3 || typeof map.mappings !== "string") throw new Error("not a plain source map");
  return map;
}

function inlineText(url: string): string {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  return url.slice(0, comma).endsWith(";base64")
    ? Buffer.from(body, "base64").toString("utf8")
    : decodeURIComponent(body);
}

function fileOf(url: string, path: string): string {
  if (url.startsWith("file:")) return fileURLToPath(url);
  return isAbsolute(url) ? url : resolve(dirname(path), decodeURIComponent(url));
}

/** A map with the columns of its code moved. */
function shifted(map: SourceMapJson, path: string, columns: Columns): object {
  const lines = decodeMappings(map.mappings!).map((segments, line) =>
    columns.differs(line) ? segments.flatMap((segment) => moved(segment, line, columns)) : segments,
  );
  const root = map.sourceRoot ?? "";
  return {
    version: 3,
    sources: (map.sources ?? []).map((source) =>
      source === null
        ? null
        : absolute(`${root}${root === "" || root.endsWith("/") ? "" : "/"}${source}`, path),
    ),
    names: map.names ?? [],
    ...(map.sourcesContent === undefined ? {} : { sourcesContent: map.sourcesContent }),
    mappings: encodeMappings(lines),
  };
}

/** What was put in before a token belongs to that token. */
function moved(segment: Segment, line: number, columns: Columns): Segment[] {
  const [column = 0, ...rest] = segment;
  const end = columns.generated(line, column);
  const start = column === 0 ? 0 : columns.generated(line, column - 1) + 1;
  return start === end
    ? [[end, ...rest]]
    : [
        [start, ...rest],
        [end, ...rest],
      ];
}

const WORDS = /[\w$]+|[^\w\s$]/g;

/** Of a source that nothing made: each word is mapped to itself. */
function ownMap(source: string, path: string, columns: Columns): object {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/).map((text, line) => {
    const segments: Segment[] = [];
    for (const { index } of text.matchAll(WORDS))
      segments.push(...moved([index, 0, line, index], line, columns));
    return segments;
  });
  return { version: 3, sources: [pathToFileURL(path).href], names: [], mappings: encodeMappings(lines) };
}

function absolute(source: string, path: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(source)) return source;
  return pathToFileURL(isAbsolute(source) ? source : resolve(dirname(path), source)).href;
}
