import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compileFunction } from "node:vm";

/** What the module built from `strip-types.ts` offers. */
export interface TypeStripper {
  stripTypes(source: string, filename: string): string;
}

/** Formats as Node's module hooks name them. */
export type ModuleFormat = "module" | "commonjs";

let stripper: TypeStripper | undefined;

/** Loads the stripper once; it is 3.5 MB, so only a program that has TypeScript pays for it. */
export function loadStripper(path: string): TypeStripper {
  stripper ??= createRequire(path)(path) as TypeStripper;
  return stripper;
}

export const isTypeScript = (path: string): boolean => /\.[cm]?ts$/.test(path);

const RUNTIME_SYNTAX =
  /\benum\s+[\w$]+\s*\{|\b(?:namespace|module)\s+[\w$.]+\s*\{|\bconstructor\s*\([^)]*\b(?:public|private|protected|readonly)\b|\bimport\s+[\w$]+\s*=/;

/**
 * Whether a source may have TypeScript syntax that is more than types, which Node itself refuses. A false alarm (in a
 * comment, say) costs a few milliseconds and nothing else.
 */
export const hasRuntimeSyntax = (source: string): boolean => RUNTIME_SYNTAX.test(source);

/** Node's own rules: the extension decides, then the nearest package.json, then the syntax of the file. */
export function formatOf(path: string, javascript: string): ModuleFormat {
  if (path.endsWith(".mts")) return "module";
  if (path.endsWith(".cts")) return "commonjs";
  return nearestPackageType(dirname(path)) ?? (hasModuleSyntax(javascript) ? "module" : "commonjs");
}

function nearestPackageType(from: string): ModuleFormat | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const file = join(directory, "package.json");
    if (existsSync(file)) {
      try {
        const type = (JSON.parse(readFileSync(file, "utf8")) as { type?: unknown }).type;
        return type === "module" || type === "commonjs" ? type : undefined;
      } catch {
        return undefined;
      }
    }
    if (dirname(directory) === directory) return undefined;
  }
}

const MODULE_SYNTAX_ERRORS = [
  "Cannot use import statement outside a module",
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
  "await is only valid in async functions and the top level bodies of modules",
];

function hasModuleSyntax(javascript: string): boolean {
  try {
    compileFunction(javascript, ["exports", "require", "module", "__filename", "__dirname"]);
    return false;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    return MODULE_SYNTAX_ERRORS.some((known) => message.includes(known));
  }
}
