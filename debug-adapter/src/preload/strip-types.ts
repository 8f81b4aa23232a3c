/**
 * Turns TypeScript into JavaScript for a Node that cannot do it itself. Built into a file of its own, because the
 * parser weighs 3.5 MB and only TypeScript programs on Node 20 to 22.17 need it.
 */
import { transformSync } from "amaro";

/**
 * Types become blanks, so that every line and column stays where it was and no map is needed. Syntax that has a
 * run-time meaning (enum, namespace, parameter property) is compiled, and an inline map says what moved.
 * Throws a SyntaxError naming the file when the source cannot be parsed.
 */
export function stripTypes(source: string, filename: string): string {
  try {
    return transformSync(source, { mode: "strip-only" }).code;
  } catch (error) {
    if (!/not supported in strip-only mode/.test(textOf(error))) throw asSyntaxError(error, filename);
  }
  try {
    const { code, map } = transformSync(source, { mode: "transform", sourceMap: true, filename });
    if (map === undefined || map === "") return code;
    const inline = Buffer.from(withSource(map, filename, source)).toString("base64");
    return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}`;
  } catch (error) {
    throw asSyntaxError(error, filename);
  }
}

function withSource(map: string, filename: string, source: string): string {
  const parsed = JSON.parse(map) as { sources: string[]; sourcesContent: string[] };
  return JSON.stringify({ ...parsed, sources: [filename], sourcesContent: [source] });
}

function textOf(error: unknown): string {
  const detail = error as { message?: unknown; snippet?: unknown } | string | null;
  return typeof detail === "string" ? detail : [detail?.message, detail?.snippet].filter(Boolean).join("\n");
}

function asSyntaxError(error: unknown, filename: string): Error {
  return new SyntaxError(`${filename}: ${textOf(error)}`);
}
