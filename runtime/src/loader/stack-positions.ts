import type { Columns } from "./edits.js";

type Prepare = (error: Error, sites: NodeJS.CallSite[]) => unknown;
type ErrorWithPrepare = typeof Error & { prepareStackTrace?: Prepare | undefined };

/** Columns of the rewritten scripts, by the name that V8 knows them by. */
const scripts = new Map<string, () => Columns>();

/** From now on stack traces have the columns that a script had before it was rewritten. */
export function restorePositions(script: string, columns: () => Columns): void {
  let made: Columns | undefined;
  scripts.set(script, () => (made ??= columns()));
}

/**
 * Makes stack traces read as if nothing had been put in: in `error.stack`, and for a program that takes them apart
 * itself (`Error.prepareStackTrace`), whose tools find positions of the code as it was when they made it.
 *
 * @param ownScript Frames of this script are left out. @param refresh Adds scripts that another thread has told of.
 */
export function installStackPositions(ownScript: string, refresh: () => void): void {
  const error = Error as ErrorWithPrepare;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the `this` that V8 gives
  const present = error.prepareStackTrace;
  const wrappers = new WeakSet<Prepare>();
  const wrap = (prepare: Prepare): Prepare => {
    if (wrappers.has(prepare)) return prepare;
    const wrapper: Prepare = function (this: unknown, problem, sites) {
      return Reflect.apply(prepare, this, [problem, restored(sites, ownScript, refresh)]);
    };
    wrappers.add(wrapper);
    return wrapper;
  };
  const standard = wrap(present ?? format);
  let installed: unknown = standard;
  Object.defineProperty(error, "prepareStackTrace", {
    get: () => installed,
    set(value: unknown) {
      installed = typeof value === "function" ? wrap(value as Prepare) : standard;
    },
    enumerable: true,
    configurable: true,
  });
}

/** As Node does it where nobody else does. */
function format(error: Error, sites: NodeJS.CallSite[]): string {
  const title = isNodeError(error)
    ? `${error.name} [${String((error as NodeJS.ErrnoException).code)}]: ${error.message}`
    : Error.prototype.toString.call(error);
  return [title, ...sites.map(textOf)].join("\n    at ");
}

function isNodeError(error: object): boolean {
  return Object.getOwnPropertySymbols(error).some(({ description }) => description === "kIsNodeError");
}

function restored(sites: NodeJS.CallSite[], ownScript: string, refresh: () => void): NodeJS.CallSite[] {
  if (!Array.isArray(sites)) return sites;
  const out: NodeJS.CallSite[] = [];
  for (const site of sites) {
    const script = site.getFileName() ?? "";
    if (script === ownScript) continue;
    if (!scripts.has(script) && script.startsWith("file:")) refresh();
    const columns = scripts.get(script)?.();
    const line = site.getLineNumber();
    const column = site.getColumnNumber();
    if (columns === undefined || line === null || column === null || !columns.differs(line - 1))
      out.push(site);
    else out.push(moved(site, line, column, columns.original(line - 1, column - 1) + 1));
  }
  return out;
}

/** As V8 writes it. */
// eslint-disable-next-line @typescript-eslint/no-base-to-string -- a call site has a toString of its own
const textOf = (site: NodeJS.CallSite): string => String(site);

/** A call site with another column. */
function moved(site: NodeJS.CallSite, line: number, column: number, original: number): NodeJS.CallSite {
  const methods = site as unknown as Record<string, (...args: unknown[]) => unknown>;
  const result = {};
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(site))) {
    if (name === "constructor" || typeof methods[name] !== "function") continue;
    let value = (...args: unknown[]): unknown => Reflect.apply(methods[name]!, site, args);
    if (name === "getColumnNumber") value = () => original;
    if (name === "toString") value = () => textOf(site).replace(`:${line}:${column}`, `:${line}:${original}`);
    Object.defineProperty(result, name, { value, enumerable: false, configurable: true, writable: true });
  }
  return result as NodeJS.CallSite;
}
