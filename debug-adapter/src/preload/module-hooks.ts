/**
 * The hooks that `module.register` runs in Node's loader thread (Node 20, where `module.registerHooks` is missing).
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isNotFound, resolveAfterFailure } from "./resolve-fallback.js";
import { formatOf, isTypeScript, loadStripper } from "./typescript.js";

export interface HookData {
  readonly bundledRuntime: string;
  readonly typeStripper: string;
}

interface ResolveContext {
  readonly conditions?: readonly string[];
  readonly parentURL?: string;
}
interface ResolveResult {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}
interface LoadResult {
  readonly format: string;
  readonly source: string | null;
  readonly shortCircuit?: boolean;
}

let data: HookData = { bundledRuntime: "", typeStripper: "" };

export function initialize(given: HookData): void {
  data = given;
}

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Promise<ResolveResult>,
): Promise<ResolveResult> {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const format = context.conditions?.includes("require") === true ? "cjs" : "esm";
    const url = resolveAfterFailure(specifier, context.parentURL, data.bundledRuntime, format);
    if (url === undefined) throw error;
    return { url, shortCircuit: true };
  }
}

export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<LoadResult>,
): Promise<LoadResult> {
  if (data.typeStripper === "" || !url.startsWith("file:")) return next(url, context);
  const path = fileURLToPath(url);
  if (!isTypeScript(path)) return next(url, context);
  const source = loadStripper(data.typeStripper).stripTypes(readFileSync(path, "utf8"), path);
  const format = formatOf(path, source);
  // CommonJS is compiled by require() in the main thread, which strips on its own.
  return { format, source: format === "commonjs" ? null : source, shortCircuit: true };
}
