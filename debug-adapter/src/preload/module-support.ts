import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { HookData } from "./module-hooks.js";
import type { PreloadOptions } from "./options.js";
import { bundledRuntimeFile, isNotFound, resolveAfterFailure } from "./resolve-fallback.js";
import { formatOf, hasRuntimeSyntax, isTypeScript, loadStripper } from "./typescript.js";

/** The parts of `node:module` used here; some exist only in later versions, some are not typed. */
interface ModuleInternals {
  readonly Module: {
    _resolveFilename(request: string, parent: { filename?: string } | null, ...rest: unknown[]): string;
    readonly _extensions: Record<string, (module: CompilableModule, filename: string) => void>;
  };
  readonly registerHooks?: (hooks: { resolve?: SyncResolve; load?: SyncLoad }) => unknown;
}
interface CompilableModule {
  _compile(code: string, filename: string): void;
}
interface SyncContext {
  readonly conditions?: readonly string[];
  readonly parentURL?: string;
}
interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit?: boolean;
}
type SyncResolve = (
  specifier: string,
  context: SyncContext,
  next: (specifier: string, context: SyncContext) => Resolved,
) => Resolved;
type SyncLoad = (url: string, context: object, next: (url: string, context: object) => Loaded) => Loaded;

/** Makes the bundled runtime and TypeScript sources loadable. Normal resolution always goes first. */
export function installModuleSupport(options: PreloadOptions): void {
  if (options.bundledRuntime === "" && options.typeStripper === "") return;
  const internals = nodeModule as unknown as ModuleInternals;
  if (internals.registerHooks !== undefined) {
    installSyncHooks(options, internals.registerHooks);
    return;
  }
  patchRequire(options, internals);
  const data: HookData = { bundledRuntime: options.bundledRuntime, typeStripper: options.typeStripper };
  nodeModule.register(pathToFileURL(options.hooksModule).href, { data });
}

/** Whether this Node runs TypeScript by itself. */
const nodeStripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);

function installSyncHooks(
  options: PreloadOptions,
  registerHooks: NonNullable<ModuleInternals["registerHooks"]>,
): void {
  const resolve: SyncResolve = (specifier, context, next) => {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const format = context.conditions?.includes("require") === true ? "cjs" : "esm";
      const url = resolveAfterFailure(specifier, context.parentURL, options.bundledRuntime, format);
      if (url === undefined) throw error;
      return { url, shortCircuit: true };
    }
  };
  const load: SyncLoad = (url, context, next) => {
    if (!url.startsWith("file:")) return next(url, context);
    const path = fileURLToPath(url);
    if (!isTypeScript(path)) return next(url, context);
    const text = readFileSync(path, "utf8");
    if (nodeStripsTypes && !hasRuntimeSyntax(text)) return next(url, context);
    const source = loadStripper(options.typeStripper).stripTypes(text, path);
    return { format: formatOf(path, source), source, shortCircuit: true };
  };
  registerHooks(options.typeStripper === "" ? { resolve } : { resolve, load });
}

function patchRequire(options: PreloadOptions, { Module }: ModuleInternals): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const original = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, ...rest) {
    try {
      return original.call(this, request, parent, ...rest);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const own = bundledRuntimeFile(options.bundledRuntime, request, "cjs");
      if (own !== undefined) return own;
      const parentUrl = parent?.filename === undefined ? undefined : pathToFileURL(parent.filename).href;
      const url = resolveAfterFailure(request, parentUrl, "", "cjs");
      if (url === undefined) throw error;
      return fileURLToPath(url);
    }
  };
  if (options.typeStripper === "") return;
  for (const extension of [".ts", ".cts", ".mts"])
    Module._extensions[extension] = (module, filename) => {
      const source = readFileSync(filename, "utf8");
      module._compile(loadStripper(options.typeStripper).stripTypes(source, filename), filename);
    };
}
