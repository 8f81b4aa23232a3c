import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The project's folder. Found by walking up, because this module also runs bundled into the tests, where its
 * own place says little.
 */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** @param {string} from @returns {string} */
function findRoot(from) {
  const manifest = join(from, "package.json");
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "asyncscope-vscode")
    return from;
  const parent = dirname(from);
  if (parent === from) throw new Error("Not inside the Asyncscope folder: run this from a clone of it.");
  return findRoot(parent);
}

/** The manifest of the extension. @returns {{ name: string, version: string, publisher: string }} */
export function manifest() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}
