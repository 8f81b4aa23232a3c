// Makes asyncscope-<version>.vsix of what is built (npm run build first). Needs no network.
// Usage: node scripts/package.mjs [--out FILE]
import { existsSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { createVSIX, listFiles } from "@vscode/vsce";
import { manifest, root } from "./lib/root.mjs";

const LIMIT = 5 * 1024 * 1024;

const at = process.argv.indexOf("--out");
const out = resolve(
  at > 0 ? (process.argv[at + 1] ?? "") : join(root, `asyncscope-${manifest().version}.vsix`),
);
const parts = [
  "dist/extension.cjs",
  "dist/debug-adapter.cjs",
  "dist/language-server.cjs",
  "dist/preload.cjs",
  "dist/runtime/esm/index.js",
];
const missing = parts.filter((file) => !existsSync(join(root, file)));
if (missing.length > 0) throw new Error(`Not built: ${missing.join(", ")}. Run npm run build first.`);

await createVSIX({
  cwd: root,
  packagePath: out,
  // Everything is bundled.
  dependencies: false,
  // Links of the README stay as they are: a copy that nobody has published has no address to point at.
  rewriteRelativeLinks: false,
  skipLicense: !existsSync(join(root, "LICENSE")),
});
const size = statSync(out).size;
const files = await listFiles({ cwd: root, packageManager: 0 });
console.log(
  `${relative(process.cwd(), out) || out}: ${files.length} files, ${(size / 1024 / 1024).toFixed(2)} MB`,
);
if (size > LIMIT) {
  console.error(`The package is larger than ${LIMIT / 1024 / 1024} MB: what has been bundled by mistake?`);
  process.exit(1);
}
