import * as nodeModule from "node:module";
import { isAbsolute } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { SourceType } from "./rewrite.js";
import type { LoadedSource } from "./source-text.js";
import { textOf } from "./source-text.js";

/** The module for Node's loader thread, where `registerHooks` does not exist. */
export interface ThreadHooks {
  readonly url: string;
  /** Given the port on which that thread tells what it has rewritten. */
  connected(port: MessagePort): void;
}

/** Gives rewritten code, or undefined when a source is to run as it is. `script`: as V8 will name it. */
export type TransformSource = (
  source: string,
  path: string,
  script: string,
  sourceType: SourceType,
) => string | undefined;

interface Loaded {
  readonly format?: string | null;
  readonly source?: LoadedSource;
}
type Load = (url: string, context: object, next: (url: string, context: object) => Loaded) => Loaded;
type Compile = (this: unknown, content: unknown, filename: string, ...rest: unknown[]) => unknown;

/** The parts of `node:module` used here; some exist only in later versions, some are not typed. */
interface ModuleApi {
  readonly Module: { readonly prototype: { _compile: Compile } };
  register: (...args: unknown[]) => unknown;
  registerHooks?: (hooks: { load: Load }) => { deregister(): void };
  readonly stripTypeScriptTypes?: (code: string, options: object) => string;
  syncBuiltinESMExports(): void;
}

const api = nodeModule as unknown as ModuleApi;
// The object that `require("node:module")` gives: what is replaced there is what programs get.
const mutable = nodeModule.createRequire(__filename)("node:module") as ModuleApi;

/**
 * Rewrites every module on its way to V8, behind the program's own loaders (tsx, ts-node, Babel, Node's type
 * stripping): they all end in one of the places that are caught here.
 */
export function installHooks(transform: TransformSource, threadHooks: ThreadHooks): void {
  catchCompile(transform);
  if (api.registerHooks !== undefined) catchSyncLoads(transform);
  else catchThreadLoads(threadHooks);
  api.syncBuiltinESMExports();
}

function catchCompile(transform: TransformSource): void {
  const { prototype } = api.Module;
  const original = prototype._compile;
  prototype._compile = function _compile(content, filename, ...rest) {
    const format = rest[0];
    if (typeof content !== "string" || !isAbsolute(filename))
      return Reflect.apply(original, this, [content, filename, ...rest]);
    if (
      typeof format === "string" &&
      format.endsWith("-typescript") &&
      api.stripTypeScriptTypes !== undefined
    ) {
      // Node strips types behind this place: done here, in the same way, which keeps every position.
      const isModule = format.startsWith("module");
      const stripped = strip(content);
      if (stripped !== undefined) {
        const code = transform(
          stripped,
          filename,
          scriptOf(filename, isModule),
          isModule ? "module" : "commonjs",
        );
        const plain = isModule ? "module" : "commonjs";
        if (code !== undefined) return Reflect.apply(original, this, [code, filename, plain]);
      }
      return Reflect.apply(original, this, [content, filename, ...rest]);
    }
    const code =
      format === "module"
        ? transform(content, filename, scriptOf(filename, true), "module")
        : (transform(content, filename, filename, "commonjs") ??
          // Node finds out by itself that a file without a declared format is an ES module.
          (format === undefined
            ? transform(content, filename, scriptOf(filename, true), "module")
            : undefined));
    return Reflect.apply(original, this, [code ?? content, filename, ...rest]);
  };
}

const scriptOf = (filename: string, isModule: boolean): string =>
  isModule ? pathToFileURL(filename).href : filename;

function strip(content: string): string | undefined {
  const emitWarning: unknown = Reflect.get(process, "emitWarning");
  try {
    // That the function is experimental is nothing to tell the program's users: the program does not call it.
    process.emitWarning = () => undefined;
    return api.stripTypeScriptTypes!(content, { mode: "strip" });
  } catch {
    // Node says what is wrong.
    return undefined;
  } finally {
    Reflect.set(process, "emitWarning", emitWarning);
  }
}

function catchSyncLoads(transform: TransformSource): void {
  const registerHooks = api.registerHooks!;
  const load: Load = (url, context, next) => {
    const loaded = next(url, context);
    const source = textOf(loaded.source);
    if (source === undefined || !url.startsWith("file:")) return loaded;
    const { format } = loaded;
    // CommonJS is caught when it is compiled.
    if (format !== "module" && format !== "module-typescript") return loaded;
    const javascript = format === "module" ? source : strip(source);
    if (javascript === undefined) return loaded;
    const script = url.split(/[?#]/)[0]!;
    const code = transform(javascript, fileURLToPath(script), url, "module");
    return code === undefined ? loaded : { ...loaded, format: "module", source: code };
  };
  let handle = registerHooks({ load });
  // Hooks that are registered later run before earlier ones: ours must see what the others made.
  mutable.registerHooks = function (this: unknown, hooks) {
    const registered = Reflect.apply(registerHooks, this, [hooks]);
    handle.deregister();
    handle = registerHooks({ load });
    return registered;
  };
}

/** Each registration is a module of its own in the loader thread, of which only the last one rewrites. */
function catchThreadLoads(hooks: ThreadHooks): void {
  const { register } = api;
  let count = 0;
  const registerOurs = (): void => {
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    hooks.connected(port1);
    const data = { order: ++count, port: port2 };
    register(`${hooks.url}?${count}`, { data, transferList: [port2] });
  };
  registerOurs();
  mutable.register = function (this: unknown, ...args) {
    const result = Reflect.apply(register, this, args);
    registerOurs();
    return result;
  };
}
