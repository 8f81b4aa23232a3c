import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

const MAX_FILES = 300;
const MAX_BYTES = 512 * 1024;
const STATEMENT = /(?:^|[;{}\s])debugger\s*(?:;|$)/m;

/**
 * Whether a program's own files contain a `debugger` statement. Such a statement stops only while V8's Debugger domain
 * is on, and the domain is off unless something needs it: so we look before the program starts. Packages are not
 * looked at, and not more than 300 files.
 */
export async function hasDebuggerStatement(program: string): Promise<boolean> {
  if (await contains(program)) return true;
  let left = MAX_FILES;
  const folders = [dirname(program)];
  for (let folder = folders.shift(); folder !== undefined && left > 0; folder = folders.shift()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (left-- <= 0) break;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && entry.name !== "node_modules") folders.push(path);
      } else if (/\.[cm]?[jt]sx?$/.test(entry.name) && path !== program && (await contains(path)))
        return true;
    }
  }
  return false;
}

async function contains(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).size > MAX_BYTES) return false;
    return STATEMENT.test(await readFile(path, "utf8"));
  } catch {
    return false;
  }
}
