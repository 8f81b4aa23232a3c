import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { withOwnInspector } from "./own-inspector.js";
import type { OwnInspector } from "./own-inspector.js";

/** A position in a script as V8 runs it: 1-based, before any source map. */
export interface Position {
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

/** What stands at the beginning of a function. */
export type FunctionKind = "function" | "async function" | "async generator";

/** CommonJS scripts call themselves by their path: a URL for all. */
export function asUrl(script: string): string {
  return isAbsolute(script) ? pathToFileURL(script).href : script;
}

/** Generators looked up at once: each costs V8 about 0.5 ms. */
const MOST = 500;
/** Functions whose kind is remembered. */
const MOST_KINDS = 10_000;
/** How much of a function's beginning tells what it is. */
const BEGINNING = 200;

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}
interface RemoteObject {
  readonly result: { readonly objectId?: string };
}
interface PropertyList {
  readonly result: readonly { readonly name: string; readonly value?: { readonly objectId?: string } }[];
  readonly internalProperties?: readonly {
    readonly name: string;
    readonly value?: { readonly value?: unknown };
  }[];
}

/** Scripts never change their URL, and ids are not used again. */
const urls = new Map<string, string>();
const kinds = new Map<string, FunctionKind>();

/** Where suspended generators stand; null for one that runs or has ended, and where V8 cannot be asked. */
export function generatorPositions(generators: readonly object[]): (Position | null)[] {
  const asked = generators.slice(0, MOST);
  const found =
    asked.length === 0
      ? null
      : withOwnInspector((inspector) => {
          const locations = locationsOf(inspector, asked);
          learnScripts(inspector, (known) =>
            locations.every((location) => location === null || known.has(location.scriptId)),
          );
          return locations.map((location) => {
            const url = location === null ? undefined : urls.get(location.scriptId);
            if (location === null || url === undefined) return null;
            return { url, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 };
          });
        });
  return generators.map((_, index) => found?.[index] ?? null);
}

function locationsOf(inspector: OwnInspector, generators: readonly object[]): (Location | null)[] {
  const none = generators.map(() => null);
  // The only way to hand objects over: under a name of their own, for as long as V8 needs to take them.
  const key = `asyncscope.generators.${Math.random()}`;
  try {
    Object.defineProperty(globalThis, Symbol.for(key), { value: generators, configurable: true });
  } catch {
    return none;
  }
  let list: RemoteObject | undefined;
  try {
    const expression = `globalThis[Symbol.for(${JSON.stringify(key)})]`;
    list = inspector.post("Runtime.evaluate", { expression, silent: true }) as RemoteObject | undefined;
  } finally {
    Reflect.deleteProperty(globalThis, Symbol.for(key));
  }
  const propertiesOf = (objectId: string | undefined): PropertyList | undefined =>
    objectId === undefined
      ? undefined
      : (inspector.post("Runtime.getProperties", { objectId, ownProperties: true }) as
          PropertyList | undefined);
  const elements = new Map(
    propertiesOf(list?.result.objectId)?.result.map(({ name, value }) => [name, value?.objectId]),
  );
  return generators.map((_, index) => {
    const internal = propertiesOf(elements.get(String(index)))?.internalProperties;
    const location = internal?.find(({ name }) => name === "[[GeneratorLocation]]");
    return (location?.value?.value as Location | undefined) ?? null;
  });
}

/** The URL of a script is told by V8's debugger alone: it is switched on for a moment when an unknown one turned up. */
function learnScripts(
  inspector: OwnInspector,
  enough: (known: ReadonlyMap<string, string>) => boolean,
): void {
  if (enough(urls)) return;
  scriptsOf(inspector);
  inspector.post("Debugger.disable");
}

function scriptsOf(inspector: OwnInspector): Map<string, string> {
  const ids = new Map<string, string>();
  inspector.on("Debugger.scriptParsed", ({ scriptId, url }: { scriptId: string; url: string }) => {
    urls.set(scriptId, url);
    // Of scripts with one name the newest counts.
    ids.set(url, scriptId);
  });
  inspector.post("Debugger.enable", { maxScriptsCacheSize: 0 });
  return ids;
}

/** What the functions are that begin at these positions, as their source says; "function" when it cannot be read. */
export function functionKinds(beginnings: readonly (Position | null)[]): FunctionKind[] {
  const keyOf = ({ url, line, column }: Position): string => `${line}:${column}:${url}`;
  const unknown = beginnings.filter((position) => position !== null && !kinds.has(keyOf(position)));
  if (unknown.length > 0)
    withOwnInspector((inspector) => {
      const ids = scriptsOf(inspector);
      const sources = new Map<string, readonly string[]>();
      for (const position of unknown as Position[]) {
        let lines = sources.get(position.url);
        if (lines === undefined) {
          const script = inspector.post("Debugger.getScriptSource", {
            scriptId: ids.get(position.url) ?? "",
          }) as { readonly scriptSource: string } | undefined;
          sources.set(position.url, (lines = script?.scriptSource.split("\n") ?? []));
        }
        if (kinds.size >= MOST_KINDS) kinds.clear();
        kinds.set(keyOf(position), kindOf(lines, position));
      }
      inspector.post("Debugger.disable");
    });
  return beginnings.map((position) =>
    position === null ? "function" : (kinds.get(keyOf(position)) ?? "function"),
  );
}

function kindOf(lines: readonly string[], { line, column }: Position): FunctionKind {
  const beginning = [lines[line - 1]?.slice(column - 1) ?? "", ...lines.slice(line, line + 3)]
    .join("\n")
    .slice(0, BEGINNING);
  if (/^async\s*(?:function\s*)?\*/.test(beginning)) return "async generator";
  return /^async\b/.test(beginning) ? "async function" : "function";
}
