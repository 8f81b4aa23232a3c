import assert from "node:assert/strict";
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The package as a user gets it: packed, unpacked into an empty folder, used from every kind of module. */
describe("npm package asyncscope [slow]", function () {
  this.timeout(120_000);
  const runtime = resolve("runtime");
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc", { paths: [resolve(".")] });
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "asyncscope-package-"));
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: runtime });
    const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))!;
    const target = join(folder, "node_modules", "asyncscope");
    mkdirSync(target, { recursive: true });
    execFileSync("tar", ["-xzf", join(folder, tarball), "--strip-components=1", "-C", target]);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const node = (file: string, source: string): string => {
    writeFileSync(join(folder, file), source);
    return execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
  };

  it("is imported by an ES module", () => {
    assert.equal(
      node(
        "esm.mjs",
        'import { run, sleep } from "asyncscope"; console.log(await run(async () => await sleep(1, "slept")));',
      ),
      "slept\n",
    );
  });

  it("is required by a CommonJS module", () => {
    assert.equal(
      node(
        "cjs.cjs",
        'const { run, sleep } = require("asyncscope"); run(async () => sleep(1, "slept")).then(console.log);',
      ),
      "slept\n",
    );
  });

  it("brings the loader, and `asyncscope run`, under which a program does as without", () => {
    const source = "const f = async (x) => await x;\nconsole.log(await f(1), String(f));\n";
    const expected = node("plain.mjs", source);
    const command = join(folder, "node_modules", "asyncscope", "dist", "cli.cjs");
    for (const args of [
      ["--import", "asyncscope/register", "plain.mjs"],
      [command, "run", "plain.mjs"],
    ])
      assert.equal(execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }), expected);
  });

  it("brings the command asyncscope", () => {
    const home = join(folder, "node_modules", "asyncscope");
    const { bin, version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    const command = join(home, bin.asyncscope);
    assert.equal(execFileSync(command, ["--version"], { encoding: "utf8" }), `${version}\n`);
    assert.match(execFileSync(command, ["--help"], { encoding: "utf8" }), /asyncscope tree PID/);
  });

  it("brings the virtual clock for tests, which works with both builds", () => {
    const use = (load: string): string =>
      `${load}; const clock = new VirtualClock(); run(async () => { await sleep(3_600_000); return "an hour"; }, { loopFactory: () => new EventLoop({ clock }) }).then(console.log);`;
    assert.equal(
      node(
        "clock.mjs",
        use(
          'import { run, sleep, EventLoop } from "asyncscope"; import { VirtualClock } from "asyncscope/testing"',
        ),
      ),
      "an hour\n",
    );
    assert.equal(
      node(
        "clock.cjs",
        use(
          'const { run, sleep, EventLoop } = require("asyncscope"); const { VirtualClock } = require("asyncscope/testing")',
        ),
      ),
      "an hour\n",
    );
  });

  const THREADS = `
    const outer = (n) => { function inner(m) { return m * 2; } return inner(n) + 1; };
    run(async () => {
      const name = { module: "node:path", export: "basename" };
      console.log(await toThread(outer, 20), await toThread(name, "/a/b.txt"));
      await toThread(() => process.exit(7)).then(null, (error) => console.log(error instanceof BrokenWorkerError));
    });`;

  it("runs functions in threads, with both builds", () => {
    const names = "{ BrokenWorkerError, run, toThread }";
    const expected = "41 b.txt\ntrue\n";
    assert.equal(node("threads.mjs", `import ${names} from "asyncscope";${THREADS}`), expected);
    assert.equal(node("threads.cjs", `const ${names} = require("asyncscope");${THREADS}`), expected);
    const flags = ["--input-type=module", "-e", `import ${names} from "asyncscope";${THREADS}`];
    assert.equal(execFileSync(process.execPath, flags, { cwd: folder, encoding: "utf8" }), expected);
  });

  it("runs functions in threads from one file, minified, or with names kept", async () => {
    const source = `import { BrokenWorkerError, run, toThread } from "asyncscope";${THREADS}`;
    for (const format of ["esm", "cjs"] as const)
      for (const how of [{ minify: true }, { keepNames: true }]) {
        const file = join(folder, `bundled.${format === "esm" ? "mjs" : "cjs"}`);
        const stdin = { contents: source, resolveDir: folder };
        await build({ stdin, outfile: file, bundle: true, platform: "node", format, ...how });
        const elsewhere = { cwd: tmpdir(), encoding: "utf8" } as const;
        assert.equal(execFileSync(process.execPath, [file], elsewhere), "41 b.txt\ntrue\n");
      }
  });

  it("brings dumps of hung tests and of a program by itself, for both kinds of modules", () => {
    const program = "dumpTasks().then((dump) => console.log(dump))";
    assert.equal(node("dump.mjs", `import { dumpTasks } from "asyncscope/dump"; ${program}`), "undefined\n");
    assert.equal(
      node("dump.cjs", `const { dumpTasks } = require("asyncscope/dump"); ${program}`),
      "undefined\n",
    );
    assert.equal(
      node(
        "hooks.mjs",
        'import { mochaHooks } from "asyncscope/dump-on-timeout"; console.log(typeof mochaHooks.afterEach);',
      ),
      "function\n",
    );
  });

  it("lets the process end at once when nothing runs", () => {
    assert.equal(
      node("end.mjs", 'import "asyncscope"; process.on("exit", () => console.log("ended"));'),
      "ended\n",
    );
  });

  it("is typed for both module systems", () => {
    const program = `import { coro, run, sleep, Queue } from "asyncscope";
import { dumpTasks } from "asyncscope/dump";
export const dump: Promise<string | undefined> = dumpTasks({ name: "a" }).then((written) => written?.file);
const queue = new Queue<number>(3);
const main = coro(function* () { yield* sleep(1); yield* queue.put(1); return yield* queue.get(); });
export const result: Promise<number> = run(main());
// @ts-expect-error a string is no number
export const wrong: Promise<string> = run(main());
`;
    for (const file of ["types.mts", "types.cts"]) writeFileSync(join(folder, file), program);
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          module: "nodenext",
          target: "es2022",
          lib: ["es2023", "esnext.disposable"],
          strict: true,
          noEmit: true,
          types: ["node"],
          typeRoots: [resolve("node_modules/@types")],
          skipLibCheck: false,
        },
        files: ["types.mts", "types.cts"],
      }),
    );
    try {
      execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    } catch (error) {
      assert.fail((error as { stdout: string }).stdout);
    }
  });

  it("ships its licence, and nothing but what is needed", () => {
    const shipped = readdirSync(join(folder, "node_modules", "asyncscope")).sort();
    assert.deepEqual(shipped, ["LICENSE", "README.md", "dist", "package.json", "src"]);
    const manifest = JSON.parse(
      readFileSync(join(folder, "node_modules", "asyncscope", "package.json"), "utf8"),
    ) as Record<string, unknown>;
    assert.equal(manifest["dependencies"], undefined);
  });
});
