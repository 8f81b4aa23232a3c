import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Specifiers the bundled copy of the runtime answers when the program has none installed. */
const OWN_SPECIFIERS = new Map([
  ["asyncscope", "index.js"],
  ["asyncscope/testing", "testing.js"],
]);

/** The file of the bundled runtime for a bare specifier, or undefined when the specifier is not ours. */
export function bundledRuntimeFile(
  bundledRuntime: string,
  specifier: string,
  format: "esm" | "cjs",
): string | undefined {
  const file = OWN_SPECIFIERS.get(specifier);
  if (file === undefined || bundledRuntime === "") return undefined;
  const path = join(bundledRuntime, format, file);
  return existsSync(path) ? path : undefined;
}

/** What TypeScript writes in an import, and the source file it may stand for. */
const SOURCE_OF = new Map([
  [".js", [".ts", ".tsx"]],
  [".mjs", [".mts"]],
  [".cjs", [".cts"]],
]);

/**
 * The TypeScript file that a relative import stands for when the file it names does not exist:
 * `./x.js` may mean `./x.ts`, and `./x` may mean `./x.ts` or `./x/index.ts`.
 */
export function typescriptFile(path: string): string | undefined {
  const extension = /\.[cm]?js$/.exec(path)?.[0];
  const candidates: string[] = [];
  if (extension !== undefined) {
    const stem = path.slice(0, -extension.length);
    for (const source of SOURCE_OF.get(extension) ?? []) candidates.push(stem + source);
  } else {
    candidates.push(`${path}.ts`, `${path}.mts`, `${path}.cts`, join(path, "index.ts"));
  }
  return candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

/** The URL to use after normal resolution of an import failed; undefined when there is no better answer. */
export function resolveAfterFailure(
  specifier: string,
  parentUrl: string | undefined,
  bundledRuntime: string,
  format: "esm" | "cjs",
): string | undefined {
  const own = bundledRuntimeFile(bundledRuntime, specifier, format);
  if (own !== undefined) return pathToFileURL(own).href;
  if (!/^(\.{1,2}\/|\/|file:)/.test(specifier)) return undefined;
  // A plain JavaScript program must not find files that Node alone would not find.
  if (parentUrl !== undefined && !/\.[cm]?tsx?$/.test(parentUrl)) return undefined;
  let path: string;
  try {
    path = fileURLToPath(new URL(specifier, parentUrl));
  } catch {
    return undefined;
  }
  const file = typescriptFile(path);
  return file === undefined ? undefined : pathToFileURL(file).href;
}

/** Whether an error says that a module was not found (and not that it failed to run). */
export function isNotFound(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return (
    code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT"
  );
}
