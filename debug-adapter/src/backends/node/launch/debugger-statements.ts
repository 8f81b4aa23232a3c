import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

const MAX_FILES = 300;
const MAX_BYTES = 512 * 1024;
const STATEMENT = /(?:^|[;{}\s])debugger\s*(?:;|$)/m;
const RELATIVE_IMPORT = /(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*["'](\.{1,2}\/[^"'\n]+)["']/g;
const ENDINGS = ["", ".js", ".ts", ".mjs", ".cjs", ".mts", ".cts", "/index.js", "/index.ts"];

/**
 * Whether a program, or a file it imports by a relative path, contains a `debugger` statement. Such a statement stops
 * only while V8's Debugger domain is on, and the domain is off unless something needs it: so we look before the
 * program starts. At most 300 files are looked at.
 */
export async function hasDebuggerStatement(program: string): Promise<boolean> {
  const seen = new Set<string>([program]);
  // A Set goes on with what is added while it is iterated.
  for (const path of seen) {
    const text = await read(path);
    if (STATEMENT.test(text)) return true;
    for (const [, specifier] of text.matchAll(RELATIVE_IMPORT)) {
      if (seen.size >= MAX_FILES) break;
      const imported = await find(resolve(dirname(path), specifier!));
      if (imported !== undefined) seen.add(imported);
    }
  }
  return false;
}

async function find(path: string): Promise<string | undefined> {
  // `./x.js` may stand for `./x.ts`.
  const sources = /\.[cm]?js$/.test(path) ? [path.replace(/js$/, "ts")] : [];
  for (const candidate of [
    ...ENDINGS.map((ending) => (ending.startsWith("/") ? join(path, ending) : path + ending)),
    ...sources,
  ])
    if ((await stat(candidate).catch(() => undefined))?.isFile() === true) return candidate;
  return undefined;
}

async function read(path: string): Promise<string> {
  try {
    return (await stat(path)).size > MAX_BYTES ? "" : await readFile(path, "utf8");
  } catch {
    return "";
  }
}
