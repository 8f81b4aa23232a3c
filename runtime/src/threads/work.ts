import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { given } from "../core/arguments.js";
import { isCoroutine, isCoroutineFunction } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";

/** A function of a module, to be run in a thread. */
export interface ModuleReference {
  /**
   * `new URL("./work.js", import.meta.url)`, an absolute path, or the name of a package, which is looked up from the
   * working directory.
   */
  readonly module: URL | string;
  /** Default: the module's default export. */
  readonly export?: string;
}

/**
 * What a thread can run. Threads share no code: a function travels as its source text, so it must do without
 * anything around it; what needs imports stands in a module. A URL means the default export of its module.
 */
export type Work<A extends unknown[], R> = ((...args: A) => R) | ModuleReference | URL;

/** @internal What a worker is told once of a function it has to run. */
export interface WorkSource {
  /** Identifies it in this process. */
  readonly key: number;
  /** For people. */
  readonly name: string;
  readonly source?: string;
  readonly module?: string;
  readonly exportName?: string;
}

/** A program that makes its functions out of text may make any number of them. */
const MOST_KNOWN = 1000;

let lastKey = 0;
const functions = new WeakMap<object, WorkSource>();
/** By name and text: a function that stands inside another one is made anew by each call of that. */
const texts = new Map<string, WorkSource>();
const exported = new Map<string, WorkSource>();

/** What a map holds for `id`; it starts again when it is full: threads then get what they know a second time. */
function remembered(map: Map<string, WorkSource>, id: string, make: () => WorkSource): WorkSource {
  let source = map.get(id);
  if (source !== undefined) return source;
  if (map.size >= MOST_KNOWN) map.clear();
  source = make();
  map.set(id, source);
  return source;
}

/**
 * @internal What is to be sent to a worker for `work`.
 * @throws TypeError when it cannot be run in a thread; ValueError for a relative path.
 */
export function sourceOfWork(work: unknown): WorkSource {
  if (typeof work === "function") return sourceOfFunction(work as (...args: never[]) => unknown);
  if (isCoroutine(work))
    throw new TypeError("a coroutine runs in its loop, not in a thread: give a plain or async function");
  if (work instanceof URL) return sourceOfModule({ module: work });
  if (typeof work === "object" && work !== null && "module" in work)
    return sourceOfModule(work as ModuleReference);
  throw new TypeError(
    `a thread runs a function or { module: new URL("./work.js", import.meta.url), export: "name" }, got ${given(work)}`,
  );
}

function sourceOfFunction(fn: (...args: never[]) => unknown): WorkSource {
  const known = functions.get(fn);
  if (known !== undefined) return known;
  // An async function is welcome: the thread waits for it, and `await import()` is its way to other modules.
  const isAsync = Object.prototype.toString.call(fn) === "[object AsyncFunction]";
  if (isCoroutineFunction(fn) && !isAsync)
    throw new TypeError(
      `${fn.name || "this coroutine function"} runs in a loop, not in a thread: createTask() it, or give a plain or async function`,
    );
  const text = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text))
    throw new TypeError(
      `${fn.name || "this function"} is bound or built in and has no source to send to a thread: wrap it in a function, (x) => ${
        fn.name.replace(/^bound /, "") || "fn"
      }(x)`,
    );
  if (/^class\b/.test(text)) throw new TypeError(`${fn.name || "this"} is a class: a thread runs functions`);
  const name = fn.name || "(anonymous)";
  const source = remembered(texts, `${name}\n${text}`, () => ({ key: ++lastKey, name, source: text }));
  functions.set(fn, source);
  return source;
}

function sourceOfModule({ module, export: exportName = "default" }: ModuleReference): WorkSource {
  const url = module instanceof URL ? module.href : urlOf(String(module));
  return remembered(exported, `${exportName} ${url}`, () => {
    const file = decodeURIComponentOrNot(url.slice(url.lastIndexOf("/") + 1));
    const name = exportName === "default" && !url.startsWith("data:") ? file : exportName;
    return { key: ++lastKey, name, module: url, exportName };
  });
}

function urlOf(module: string): string {
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (/^\.{0,2}[/\\]|^\.{1,2}$/.test(module))
    throw new ValueError(
      `the module ${module} is relative, and to what a thread cannot know: give new URL(${JSON.stringify(module)}, import.meta.url)`,
    );
  return module;
}

function decodeURIComponentOrNot(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
