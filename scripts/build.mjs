// Builds everything that ships or that a test runs:
//   dist/extension.cjs          the extension (loaded by the editor)
//   dist/debug-adapter.cjs      the debug adapter (its own process)
//   dist/language-server.cjs    the language server (its own process)
//   dist/timeline.{js,css}      the timeline (in a webview)
//   dist/preload*.cjs           what is loaded first into a debugged program
//   out/terminal-tree.js        what draws the tree for `npm start`
//   dist/runtime/{esm,cjs}      the runtime, for programs that have not installed it
//   dist/runtime/register*      the loader, for programs that are debugged
//   runtime/dist/{esm,cjs}      the npm package `asyncscope`, with types
//   runtime/dist/cli.cjs        its command `asyncscope`
//   runtime/dist/run-preload.cjs  what `asyncscope run` loads into a program
//   runtime/dist/dump*.cjs      its entries `asyncscope/dump` and `asyncscope/dump-on-timeout`
//   out/test/**                 the test suites
// Usage: node scripts/build.mjs [--watch] [--no-types]
import { build, context } from "esbuild";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const watch = process.argv.includes("--watch");

/** @satisfies {import("esbuild").BuildOptions} */
const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  sourcemap: "linked",
  sourcesContent: false,
  logLevel: "warning",
  conditions: ["asyncscope-source"],
  legalComments: "none",
  define: {
    ASYNCSCOPE_VERSION: JSON.stringify(JSON.parse(readFileSync("runtime/package.json", "utf8")).version),
  },
};

/** The loader leaves sources alone in which its prefix occurs. */
const OWN = { js: "/* __as: not rewritten */" };

/** Test files, and what is run by hand beside them, are bundled with code splitting, so that modules they share stay one instance. */
function testEntries(folder = "test") {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".test.ts") || basename(f) === "cli.ts")
    .filter((f) => !f.startsWith("fixtures"))
    .map((f) => join(folder, f));
}

/** @type {import("esbuild").BuildOptions[]} */
const bundles = [
  {
    ...common,
    entryPoints: { extension: "extension/src/extension.ts" },
    outdir: "dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
    minify: !watch,
  },
  {
    ...common,
    entryPoints: { "debug-adapter": "debug-adapter/src/main.ts" },
    outdir: "dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    external: ["bufferutil", "utf-8-validate"],
    minify: !watch,
  },
  {
    ...common,
    // What runs inside the timeline's webview.
    entryPoints: { timeline: "extension/src/timeline/webview/main.ts" },
    outdir: "dist",
    platform: "browser",
    target: "es2022",
    format: "iife",
    sourcemap: false,
    minify: !watch,
  },
  {
    ...common,
    entryPoints: { "language-server": "language-server/src/main.ts" },
    outdir: "dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    minify: !watch,
  },
  {
    ...common,
    entryPoints: {
      preload: "debug-adapter/src/preload/preload.ts",
      "preload-hooks": "debug-adapter/src/preload/module-hooks.ts",
      "preload-typescript": "debug-adapter/src/preload/strip-types.ts",
    },
    outdir: "dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    sourcemap: false,
  },
  {
    ...common,
    // The command of the npm package.
    entryPoints: { cli: "debug-adapter/src/cli/main.ts" },
    outdir: "runtime/dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    banner: { js: "#!/usr/bin/env node" },
    external: ["bufferutil", "utf-8-validate"],
    minify: !watch,
    sourcemap: false,
  },
  {
    ...common,
    // What `asyncscope run` loads behind the loader.
    entryPoints: { "run-preload": "debug-adapter/src/preload/run-preload.ts" },
    outdir: "runtime/dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    minify: !watch,
    sourcemap: false,
  },
  {
    ...common,
    // Dumps of the program that loads it; CommonJS, whose names ES modules can import as well.
    entryPoints: {
      dump: "debug-adapter/src/test-runs/dump-tasks.ts",
      "dump-on-timeout": "debug-adapter/src/test-runs/dump-on-timeout.ts",
    },
    outdir: "runtime/dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    external: ["bufferutil", "utf-8-validate"],
    minify: !watch,
    sourcemap: false,
  },
  {
    ...common,
    // The loader: alone in front of a program, before the runtime and everything else.
    entryPoints: { register: "runtime/src/register.ts" },
    outdir: "runtime/dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: false,
  },
  {
    ...common,
    entryPoints: { "register-hooks": "runtime/src/loader/hooks-thread.ts" },
    outdir: "runtime/dist",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: false,
  },
  {
    ...common,
    // Of scripts/start.mjs.
    entryPoints: { "terminal-tree": "debug-adapter/src/text/terminal-tree.ts" },
    outdir: "out",
    format: "esm",
  },
  {
    ...common,
    entryPoints: { index: "runtime/src/index.ts", testing: "runtime/src/testing.ts" },
    outdir: "runtime/dist/esm",
    format: "esm",
    splitting: true,
    banner: OWN,
  },
  {
    ...common,
    entryPoints: { index: "runtime/src/index.ts", testing: "runtime/src/testing.ts" },
    outdir: "runtime/dist/cjs",
    format: "cjs",
    banner: OWN,
  },
];

/** What runs inside the editor's extension host, which loads CommonJS. */
function editorEntries(folder = "test") {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".inside.ts") || f === join("support", "editor-suite.ts"))
    .map((f) => join(folder, f));
}

/** Tests find the workspaces' sources by package name; all other packages stay outside the bundle. */
/** @type {import("esbuild").Plugin} */
const workspacesFromSource = {
  name: "workspaces-from-source",
  setup(b) {
    b.onResolve({ filter: /^(asyncscope|@asyncscope\/)/ }, ({ path }) => {
      const [, folder, entry] = /^(?:@asyncscope\/([^/]+)|asyncscope)(?:\/(.+))?$/.exec(path) ?? [];
      // Named outright: `packages: "external"` would leave what esbuild resolves by itself outside.
      return { path: join(root, folder ?? "runtime", "src", `${entry ?? "index"}.ts`) };
    });
  },
};

/** Those of the loader take it apart; a runtime that is cut in pieces would not know its own frames. */
const takesLoaderApart = (/** @type {string} */ entry) => entry.startsWith(join("test", "loader"));

/** @param {string[]} entryPoints @returns {import("esbuild").BuildOptions} */
const testBundle = (entryPoints) => ({
  ...common,
  entryPoints,
  outdir: "out/test",
  outbase: "test",
  format: "esm",
  splitting: true,
  sourcesContent: true,
  packages: "external",
  // `vscode` exists only inside the editor.
  external: ["vscode"],
  plugins: [workspacesFromSource],
});

/** @type {import("esbuild").BuildOptions} */
const editorTestBundle = {
  ...common,
  entryPoints: editorEntries(),
  outdir: "out/test",
  outbase: "test",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  sourcesContent: true,
  packages: "external",
  plugins: [workspacesFromSource],
};

/** Types of the npm package: made once, and the same for both module formats. */
/** One set of declarations for both formats; the protocol's, which they mention inside, stay behind. */
function types() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "runtime", "--outDir", "out/types"], { stdio: "inherit" });
  for (const format of ["esm", "cjs"])
    cpSync("out/types/runtime/src", `runtime/dist/${format}`, { recursive: true });
}

/** The copy of the runtime that the extension lends to programs which have none installed. */
function packageRuntime() {
  chmodSync("runtime/dist/cli.cjs", 0o755);
  // Of what is bundled into the command.
  cpSync("THIRD-PARTY-NOTICES.md", "runtime/dist/THIRD-PARTY-NOTICES.md");
  for (const [format, type] of [
    ["esm", "module"],
    ["cjs", "commonjs"],
  ]) {
    const from = `runtime/dist/${format}`;
    writeFileSync(`${from}/package.json`, `{ "type": "${type}" }\n`);
    cpSync(from, `dist/runtime/${format}`, { recursive: true, filter: (file) => !file.endsWith(".map") });
  }
  for (const file of ["register.cjs", "register-hooks.mjs"])
    cpSync(`runtime/dist/${file}`, `dist/runtime/${file}`);
}

/** Nothing is emptied first (a test may be running from it), but a test whose source has gone must not run. */
function removeStaleTests() {
  if (!existsSync("out/test")) return;
  for (const file of readdirSync("out/test", { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".test.js") && !existsSync(join("test", file.replace(/\.js$/, ".ts"))))
      rmSync(join("out/test", file));
  }
}

removeStaleTests();
const tests = testEntries();
const all = [
  ...bundles,
  testBundle(tests.filter((entry) => !takesLoaderApart(entry))),
  testBundle(tests.filter(takesLoaderApart)),
  editorTestBundle,
];
if (watch) {
  for (const options of all) await (await context(options)).watch();
  console.log("watching; the first build is done");
} else {
  await Promise.all(all.map((options) => build(options)));
  packageRuntime();
  writeFileSync("out/package.json", '{ "type": "module" }\n');
  if (!process.argv.includes("--no-types")) types();
}
